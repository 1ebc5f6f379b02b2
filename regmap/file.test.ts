/** Each access rule, once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bits, flag, reg, table } from './declare.ts';
import { RegisterFile } from './file.ts';

const from = { source: 'a test', evidence: 'choice' } as const;
const T = table('T', {
  RO: reg(0, 'read-only', { BITS: bits(7, 0, 'ro', '', 0x5a) }, from),
  RW: reg(1, 'read/write', { HI: bits(15, 8, 'rw', '', 0x12), LO: bits(3, 0, 'rw', '') }, from),
  SC: reg(2, 'self-clearing', { RESET: flag(15, 'sc', ''), KEEP: flag(0, 'rw', '') }, from),
  LL: reg(3, 'latching low', { LINK: flag(2, 'll', '', 1), ABLE: flag(1, 'ro', '', 1) }, from),
  LH: reg(4, 'latching high', { FAULT: flag(10, 'lh', '') }, from),
  NR: reg(5, 'counter', { COUNT: bits(13, 8, 'nr', ''), LOCK: flag(15, 'll', '', 1) }, from),
  W1C: reg(6, 'write one to clear', { EVENTS: bits(3, 0, 'w1c', '') }, from),
});
const file = () => new RegisterFile(T);

test('ro keeps its value when the bus writes, and takes what the silicon pokes', () => {
  const f = file();
  expect(f.write(0, 0xffff)).toBe(false);
  expect(f.read(0)).toBe(0x5a);
  f.poke('RO', { BITS: 0x33 });
  expect(f.read(0)).toBe(0x33);
});

test('rw takes what the bus writes in its own bits only', () => {
  const f = file();
  expect(f.read(1)).toBe(0x1200);
  expect(f.write(1, 0xabcd)).toBe(true);
  expect(f.read(1)).toBe(0xab0d);
});

test('sc stays set until the silicon clears it', () => {
  const f = file();
  f.write(2, 0x8001);
  expect(f.read(2)).toBe(0x8001);
  f.write(2, 0x0001);
  expect(f.read(2)).toBe(0x8001);
  f.poke('SC', { RESET: false });
  expect(f.read(2)).toBe(0x0001);
});

test('ll shows a drop to exactly one read, then the truth', () => {
  const f = file();
  f.poke('LL', { LINK: false });
  f.poke('LL', { LINK: true });
  expect([f.read(3), f.read(3)]).toEqual([0b010, 0b110]);
});

test('ll keeps reading 0 while the level is 0', () => {
  const f = file();
  f.poke('LL', { LINK: false });
  expect([f.read(3), f.read(3)]).toEqual([0b010, 0b010]);
  f.poke('LL', { LINK: true });
  expect([f.read(3), f.read(3)]).toEqual([0b010, 0b110]);
});

test('lh shows a pulse to exactly one read', () => {
  const f = file();
  f.poke('LH', { FAULT: true });
  f.poke('LH', { FAULT: false });
  expect([f.read(4), f.read(4)]).toEqual([0x400, 0]);
});

test('nr saturates and clears on read, its neighbours stay', () => {
  const f = file();
  f.count('NR', 'COUNT', 60);
  f.count('NR', 'COUNT', 60);
  expect(f.read(5)).toBe(0x8000 | (63 << 8));
  expect(f.read(5)).toBe(0x8000);
});

test('w1c clears the bits written 1', () => {
  const f = file();
  f.poke('W1C', { EVENTS: 0b1111 });
  f.write(6, 0b0101);
  expect(f.read(6)).toBe(0b1010);
});

test('peek shows levels and look shows the next read; neither has side effects', () => {
  const f = file();
  f.poke('LL', { LINK: false });
  f.poke('LL', { LINK: true });
  f.count('NR', 'COUNT', 5);
  for (let i = 0; i < 3; i++) {
    expect(f.peek('LL').LINK).toBe(true);
    expect(f.level(3)).toBe(0b110);
    expect(f.look(3)).toBe(0b010);
    expect(f.look(5)).toBe(0x8500);
  }
});

test('a live hook gives the level at every look, and trips latches', () => {
  let link = true;
  const f = new RegisterFile(T, { LL: { live: (stored) => (link ? stored | 4 : stored & ~4) } });
  expect(f.read(3)).toBe(0b110);
  link = false;
  expect(f.look(3)).toBe(0b010);
  link = true;
  expect([f.read(3), f.read(3)]).toEqual([0b010, 0b110]);
});

test('hooks hear of writes with the value before, and of reads', () => {
  const heard: unknown[] = [];
  const f = new RegisterFile(T, {
    RW: { written: (now, old) => heard.push([now.LO, old.LO]), read: () => heard.push('read') },
  });
  f.write(1, 5);
  f.read(1);
  f.look(1);
  expect(heard).toEqual([[5, 0], 'read']);
});

test('reads 0 and takes nothing where the table has no register', () => {
  const f = file();
  expect([f.has(99), f.writable(99), f.read(99), f.look(99), f.level(99), f.write(99, 1)]).toEqual([
    false,
    false,
    0,
    0,
    0,
    false,
  ]);
  f.pokeRaw(99, 1);
  expect(f.writable(0)).toBe(false);
  expect(f.writable(1)).toBe(true);
});

test('reset puts everything, or some addresses, back to the table', () => {
  const f = file();
  f.write(1, 0xffff);
  f.write(2, 1);
  f.poke('LH', { FAULT: true });
  f.reset((at) => at === 1);
  expect([f.read(1), f.read(2)]).toEqual([0x1200, 1]);
  f.reset();
  expect([f.read(2), f.read(4)]).toEqual([0, 0]);
});

test('a restored file answers as the one it was taken from', () => {
  const access = fc.oneof(
    fc.record({ write: fc.integer({ min: 0, max: 6 }), value: fc.integer({ min: 0, max: 0xffff }) }),
    fc.record({ poke: fc.integer({ min: 0, max: 6 }), value: fc.integer({ min: 0, max: 0xffff }) }),
    fc.record({ read: fc.integer({ min: 0, max: 6 }) }),
  );
  const act = (f: ReturnType<typeof file>, a: { write?: number; poke?: number; read?: number; value?: number }) => {
    if (a.write !== undefined) f.write(a.write, a.value ?? 0);
    else if (a.poke !== undefined) f.pokeRaw(a.poke, a.value ?? 0);
    else return f.read(a.read ?? 0);
    return undefined;
  };
  fc.assert(
    fc.property(fc.array(access), fc.array(access), (before, after) => {
      const one = file();
      for (const a of before) act(one, a);
      const two = file();
      two.restore(JSON.parse(JSON.stringify(one.snapshot())) as ReturnType<typeof one.snapshot>);
      for (const a of after) expect(act(two, a)).toEqual(act(one, a));
    }),
  );
});
