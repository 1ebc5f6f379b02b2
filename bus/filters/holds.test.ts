/** Held accesses: nothing takes effect before somebody says so, or before the limit. */
import { expect, test } from 'vitest';
import { c45, Mmd } from '#datasheets/c45.ts';
import { filterRig } from './filter-rig.ts';

const CONTROL = c45(Mmd.PMAPMD, 0);
const ID = c45(Mmd.PMAPMD, 2);

test('a write is held before it takes effect, shown decoded, and goes on when told', async () => {
  const { instruments, regs, silicon, clock, trace, log } = filterRig();
  silicon.write(CONTROL, 0xc0);
  instruments.addBreakpoint({ when: 'write CONTROL == 0x40' });
  const writing = regs.write(CONTROL, 0x40);
  await clock.run(clock.now());
  expect(silicon.peek(CONTROL)).toBe(0xc0);
  expect(instruments.held).toMatchObject([
    {
      device: 'phy0',
      breakpoint: 1,
      op: 'write',
      address: '1.0000h',
      register: 'CONTROL',
      value: 0x40,
      old: 0xc0,
      decoded: 'VALUE C0h → 40h',
      requester: 'drv',
    },
  ]);
  const [{ seq } = { seq: 0 }] = instruments.held;
  expect(trace.at(seq)).toMatchObject({ op: 'note', outcome: 'held', at: CONTROL, value: 0x40, old: 0xc0 });
  expect(log.at(-1)).toMatch(/phy0 is held by breakpoint 1: write 1.0000h CONTROL 00C0h → 0040h by drv, .* after 60 s/);
  expect(instruments.continue()).toEqual(['phy0']);
  await writing;
  expect(silicon.peek(CONTROL)).toBe(0x40);
  expect(() => instruments.continue()).toThrow(/no access is held/);
});

test('a read is held by the value it is going to return, with no side effect before', async () => {
  const { instruments, regs, silicon, clock, trace } = filterRig();
  instruments.addBreakpoint({ when: 'read CONTROL == 7' });
  silicon.write(CONTROL, 7);
  const reading = regs.read(CONTROL);
  await clock.run(clock.now());
  expect(instruments.held).toMatchObject([{ op: 'read', value: 7 }]);
  expect(trace.last).toBe(1); // the note alone: the silicon has not been read
  silicon.write(CONTROL, 9); // it lives on meanwhile
  instruments.continue('phy0');
  expect(await reading).toBe(9);
});

test('a held access goes on by itself after its limit, which the log says', async () => {
  const { instruments, regs, clock, log, during } = filterRig();
  instruments.addBreakpoint({ when: 'write CONTROL', limitMs: 250 });
  await during(regs.write(CONTROL, 1));
  expect(clock.now()).toBe(250e6);
  expect(instruments.held).toEqual([]);
  expect(log.some((line) => /breakpoint 1 lets go by itself after 0.25 s/.test(line))).toBe(true);
});

test('a step lets one access by and holds the next of the same device, whatever it is', async () => {
  const { instruments, regs, clock } = filterRig();
  instruments.addBreakpoint({ when: 'write CONTROL', nth: 1 });
  const work = regs.writeAll([
    [CONTROL, 1],
    [c45(3, 0x8000), 2],
    [c45(3, 0x8001), 3],
  ]);
  const seen: string[] = [];
  for (let i = 0; i < 2; i++) {
    await clock.run(clock.now());
    seen.push(`${instruments.held[0]?.address} ${instruments.held[0]?.breakpoint}`);
    instruments.step('phy0');
  }
  await clock.run(clock.now());
  seen.push(instruments.held[0]?.register ?? '');
  instruments.continue();
  await work;
  expect(seen).toEqual(['1.0000h 1', '3.8000h null', 'SRAM+0001h']);
});

test('run until lets go what is held and holds once; wait for holds nothing and tells', async () => {
  const { instruments, regs, clock, during } = filterRig();
  instruments.addBreakpoint({ when: 'write CONTROL' });
  const work = (async () => {
    await regs.write(CONTROL, 1);
    await regs.read(ID);
    await regs.read(ID);
  })();
  await clock.run(clock.now());
  const until = instruments.addBreakpoint({ verb: 'run-until', when: 'read ID' });
  await clock.run(clock.now());
  expect(instruments.held).toMatchObject([{ op: 'read', breakpoint: until.id }]);
  instruments.continue();
  await during(work);
  expect(instruments.breakpoints.find(({ id }) => id === until.id)).toMatchObject({ on: false, hits: 1 });
  const waited = instruments.addBreakpoint({ verb: 'wait-for', when: 'read ID' });
  let told = 0;
  instruments.onHit(waited.id, () => told++);
  await during(regs.read(ID));
  await during(regs.read(ID));
  expect(told).toBe(1);
});

test('others wait behind a held vector; nothing of it is undone when the breakpoint goes', async () => {
  const { instruments, phy, regs, silicon, clock, during } = filterRig();
  const point = instruments.addBreakpoint({ when: 'write CONTROL == 1' });
  const first = regs.write(CONTROL, 1);
  await clock.run(clock.now());
  const second = phy.port('other').transfer(new Uint32Array(0));
  const third = regs.write(CONTROL, 2);
  await clock.run(clock.now());
  expect(silicon.peek(CONTROL)).toBe(0);
  instruments.removeBreakpoint(point.id);
  await during(Promise.all([first, second, third]));
  expect(silicon.peek(CONTROL)).toBe(2);
});

test('what is wrong is refused with a hint', () => {
  const { instruments } = filterRig();
  expect(() => instruments.addBreakpoint({ when: ' ' })).toThrow(/takes the accesses it is about/);
  expect(() => instruments.addBreakpoint({ when: 'write CONTROL', limitMs: 0 })).toThrow(/1 to 3600000/);
  expect(() => instruments.addBreakpoint({ when: 'write CONTROL', verb: 'brake' as 'break' })).toThrow(/did you mean/);
  expect(() => instruments.switchBreakpoint(3, true)).toThrow(/no breakpoint '3'/);
  expect(() => instruments.continue('phy9')).toThrow(/did you mean 'phy0'/);
});
