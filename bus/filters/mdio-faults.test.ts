/** Bus faults on the management wires: what each effect does to drivers, silicon and trace. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { c45, Mmd } from '#datasheets/c45.ts';
import { addressFrame, driven, readFrame } from '../mdio.ts';
import { filterRig } from './filter-rig.ts';
import type { BusFaultSpec } from './views.ts';

const CONTROL = c45(Mmd.PMAPMD, 0);
const ID = c45(Mmd.PMAPMD, 2);
const SRAM = c45(Mmd.PCS, 0x8000);
const NAMES = [
  'drop',
  'duplicate',
  'bit-flip',
  'stuck-bit',
  'all-ones',
  'wrong-value',
  'reorder',
  'error',
  'delay',
] as const;

test('a dropped write changes nothing and a dropped read finds nobody; both have their rows', async () => {
  const { instruments, regs, silicon, phy, rows, during } = filterRig();
  instruments.addFault({ effect: 'drop', when: 'access CONTROL' });
  await during(regs.write(CONTROL, 5));
  const [frame = 0] = await during(phy.port('drv').transfer(Uint32Array.of(addressFrame(1, CONTROL), readFrame(1, 1))));
  expect([silicon.peek(CONTROL), frame & 0xffff, driven(frame)]).toEqual([0, 0xffff, false]);
  const accesses = rows().filter(({ op }) => op === 'read' || op === 'write');
  expect(accesses.map(({ op, outcome, value }) => [op, outcome, value])).toEqual([
    ['write', 'undriven', 5],
    ['read', 'undriven', 0xffff],
  ]);
  expect(instruments.faults[0]).toMatchObject({ name: 'drop-1', matches: 2, firings: 2 });
});

test('each change to the value happens on the wire: before the silicon sees a write, before the driver sees a read', async () => {
  for (const [effect, params, sent, seen] of [
    ['all-ones', {}, 0x1234, 0xffff],
    ['wrong-value', { value: 0x0bad }, 0x1234, 0x0bad],
    ['stuck-bit', { bit: 2, level: 0 }, 0xffff, 0xfffb],
    ['stuck-bit', { bit: 2, level: 1 }, 0, 4],
    ['bit-flip', { bit: 15 }, 1, 0x8001],
  ] as const) {
    const written = filterRig();
    written.instruments.addFault({ effect, params, when: 'write CONTROL' });
    await written.during(written.regs.write(CONTROL, sent));
    expect([effect, written.silicon.peek(CONTROL)]).toEqual([effect, seen]);
    const read = filterRig();
    read.silicon.write(SRAM, sent);
    read.instruments.addFault({ effect, params, when: 'read SRAM' });
    expect([effect, await read.during(read.regs.read(SRAM))]).toEqual([effect, seen]);
    expect(read.silicon.peek(SRAM)).toBe(sent);
    expect(read.rows().at(-1)).toMatchObject({ op: 'fault', outcome: 'ok', at: SRAM, old: sent, value: seen });
  }
});

test('a duplicated read has its side effects twice and gives the first answer', async () => {
  const { instruments, regs, silicon, rows, during } = filterRig();
  const status = c45(Mmd.PCS, 1);
  silicon.regs.poke('STATUS', { LSTATUS: false });
  silicon.regs.poke('STATUS', { LSTATUS: true });
  instruments.addFault({ effect: 'duplicate', when: 'read STATUS', nth: 1 });
  expect([await during(regs.read(status)), await during(regs.read(status))]).toEqual([0, 4]);
  expect(
    rows()
      .filter(({ op }) => op === 'read')
      .map(({ value }) => value),
  ).toEqual([0, 4, 4]);
});

test('a reordered write is overtaken by the next access, or comes by itself when there is none', async () => {
  const { instruments, regs, silicon, clock, during } = filterRig();
  instruments.addFault({ effect: 'reorder', params: { wait_us: 500 }, when: 'write SRAM && value == 1' });
  await during(regs.write(SRAM, 1));
  expect(silicon.peek(SRAM)).toBe(0);
  await during(regs.write(SRAM, 2));
  expect(silicon.peek(SRAM)).toBe(1);
  await during(regs.write(SRAM, 1));
  await clock.run(clock.now() + 1e6);
  expect(silicon.peek(SRAM)).toBe(1);
});

test('an error reaches the driver, the silicon sees nothing, and the next access works', async () => {
  const { instruments, regs, silicon, during } = filterRig();
  instruments.addFault({ effect: 'error', name: 'cut', when: 'write CONTROL', times: 1 });
  await expect(during(regs.write(CONTROL, 7))).rejects.toMatchObject({ code: 'EIO', message: /cut/ });
  expect(silicon.peek(CONTROL)).toBe(0);
  await during(regs.write(CONTROL, 8));
  expect(silicon.peek(CONTROL)).toBe(8);
});

test('a lost address frame makes the access hit what the address register held before', async () => {
  const { instruments, regs, silicon, during } = filterRig();
  instruments.addFault({ effect: 'lost-address', when: 'write 3.8001', nth: 1 });
  await during(regs.write(SRAM, 0x11));
  await during(regs.write(SRAM + 1, 0x22));
  expect([silicon.peek(SRAM), silicon.peek(SRAM + 1)]).toEqual([0x22, 0]);
});

test('a turnaround error leaves the data and takes the sign that somebody is there', async () => {
  const { instruments, phy, during } = filterRig();
  instruments.addFault({ effect: 'turnaround', when: 'read ID' });
  const [frame = 0] = await during(phy.port('drv').transfer(Uint32Array.of(addressFrame(1, ID), readFrame(1, 1))));
  expect([frame & 0xffff, driven(frame)]).toEqual([0x0043, false]);
});

test('disconnected, nobody answers anything until the time is over', async () => {
  const { instruments, regs, clock, during } = filterRig();
  instruments.addFault({ effect: 'disconnect', params: { ms: 5 }, when: 'write CONTROL', times: 1 });
  expect(await during(regs.read(ID))).toBe(0x0043);
  await during(regs.write(CONTROL, 1));
  expect(await during(regs.read(ID))).toBe(0xffff);
  await clock.run(clock.now() + 5e6);
  expect(await during(regs.read(ID))).toBe(0x0043);
});

test('a delay holds the bus for exactly so long, and varies as it says with the same seed', async () => {
  const { instruments, regs, clock, during } = filterRig();
  instruments.addFault({ effect: 'delay', params: { us: 250 }, when: 'read ID' });
  await during(regs.read(ID));
  expect(clock.now()).toBe(250_000);
  const times = async (seed: number): Promise<number[]> => {
    const rig = filterRig({ seed });
    rig.instruments.addFault({ effect: 'delay', params: { us: 100, spread_us: 50, distribution: 'uniform' } });
    const all: number[] = [];
    for (let i = 0; i < 20; i++) {
      const before = rig.clock.now();
      await rig.during(rig.regs.read(ID));
      all.push(rig.clock.now() - before);
    }
    return all;
  };
  const [one, same, other] = [await times(1), await times(1), await times(2)];
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  expect(new Set(one).size).toBeGreaterThan(10);
  for (const ns of one) expect(ns >= 50_000 && ns <= 150_000).toBe(true);
});

test('faults compound in the order they were added; off, an access passes as if none were there', async () => {
  const { instruments, regs, silicon, during, trace } = filterRig();
  instruments.addFault({ name: 'first', effect: 'wrong-value', params: { value: 0x00f0 }, when: 'write CONTROL' });
  instruments.addFault({ name: 'then', effect: 'bit-flip', params: { bit: 0 }, when: 'write CONTROL' });
  await during(regs.write(CONTROL, 0x1111));
  expect(silicon.peek(CONTROL)).toBe(0x00f1);
  instruments.switchFault('first', false);
  await during(regs.write(CONTROL, 0x1110));
  expect(silicon.peek(CONTROL)).toBe(0x1111);
  instruments.removeFault('then');
  const rows = trace.last;
  await during(regs.write(CONTROL, 0x2222));
  expect([silicon.peek(CONTROL), trace.last - rows]).toEqual([0x2222, 1]);
});

test('what is wrong is refused by name, and nothing is added', () => {
  const { instruments } = filterRig();
  const add = (spec: Partial<BusFaultSpec>) => () => instruments.addFault({ effect: 'drop', ...spec });
  expect(add({ device: 'phy1' })).toThrow(/did you mean 'phy0'/);
  expect(add({ effect: 'delay', params: { uss: 1 } })).toThrow(/no parameter 'uss'/);
  expect(add({ effect: 'lost-address', device: 'card0' })).toThrow(/card0 is on a mmio bus/);
  expect(add({ when: 'write CONTROLL' })).toThrow(/did you mean CONTROL/);
  expect(add({ nth: 0 })).toThrow(/nth is 0/);
  expect(add({ nth: 1, every: 2 })).toThrow(/nth and every/);
  expect(add({ probability: 1.5 })).toThrow(/probability is 1.5/);
  expect(add({ name: 'a b' })).toThrow(/1 to 32/);
  expect(instruments.faults).toEqual([]);
  add({ name: 'x' })();
  expect(add({ name: 'x' })).toThrow(/already/);
});

test('the same seed and the same faults give the same trace, byte for byte', async () => {
  const spec = fc.record({
    effect: fc.constantFrom(...NAMES),
    probability: fc.double({ min: 0.1, max: 1, noNaN: true }),
    when: fc.constantFrom('', 'write', 'read SRAM', 'write SRAM', 'access 3.8000..3.8002'),
  });
  const work = fc.array(fc.tuple(fc.boolean(), fc.nat(3), fc.nat(0xffff)), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(spec, { maxLength: 4 }), work, fc.nat(1000), async (specs, steps, seed) => {
      const run = async (): Promise<string> => {
        const { instruments, regs, trace, during } = filterRig({ seed, mdcHz: 2_500_000 });
        for (const one of specs) instruments.addFault(one);
        for (const [writes, offset, value] of steps)
          await during<unknown>(writes ? regs.write(SRAM + offset, value) : regs.read(SRAM + offset)).catch(() => {});
        return Buffer.from(trace.slice(1)).toString('hex') + trace.names.texts.join();
      };
      expect(await run()).toBe(await run());
    }),
    { numRuns: 25 },
  );
});
