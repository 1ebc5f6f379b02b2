import { afterEach, expect, test } from 'vitest';
import { createLab } from './create-lab.ts';
import type { TestLab } from './lab.ts';
import { type LinkLed, linkLed } from './link-led-under-test.ts';

const open: TestLab[] = [];
afterEach(async () => {
  for (const lab of open.splice(0)) await lab.close();
});
const lit = async (of: LinkLed = {}): Promise<TestLab> => {
  const lab = await createLab({ drivers: { phy0: linkLed(of) } });
  open.push(lab);
  await lab.expect({ driver: 'phy0', link: 'up' }, 1000);
  return lab;
};
const failure = (work: () => void): Error & { expected?: unknown; actual?: unknown } => {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
  }
  throw new Error('it held');
};

test('accesses in order hold with more reads between', async () => {
  const { trace } = await lit();
  trace.expectAccesses(['write LED0 MODE=off', 'write LED0 0005h']);
  trace.expectAccesses(['read PMA_RXDET', 'write LED0', 'read PMA_RXDET GLOBAL=1', 'write LED0'], { complete: true });
  trace.expectInOrder(['write LED0 0004h', 'read PMA_RXDET', 'write LED0 0005h']);
});

test('a write between fails with the row, and the difference line by line', async () => {
  const { trace } = await lit({
    show: async (phy, light) => {
      await phy.port.write(0x1d007, 4);
      await phy.port.write(0x1d006, light ? 5 : 4);
    },
  });
  const { message, expected, actual } = failure(() => trace.expectAccesses(['write LED0 0004h', 'write LED0 0005h']));
  expect(message).toMatch(
    /^Expected 2 accesses of phy0 in this order; access 1 of 2: expected `write LED0 0004h`, but it was #\d+ at .*: link_led write LED1 of phy0 = 0004h/,
  );
  expect(expected).toEqual(['write LED0 0004h', 'write LED0 0005h']);
  expect(actual).toEqual(['write LED1 0004h', 'write LED0 0004h', 'write LED1 0004h', 'write LED0 0005h']);
  trace.expectAccesses(['write LED0 0004h', 'write LED0 0005h'], { besides: ['LED1'], complete: true });
});

test('an access that never came fails with the last one that did', async () => {
  const { trace } = await lit();
  const { message, actual } = failure(() => trace.expectAccesses(['write LED0', 'write LED0', 'write LED0']));
  expect(message).toMatch(/access 3 of 3: expected `write LED0`; the last access was #\d+/);
  expect(actual).toEqual(['write LED0 0004h', 'write LED0 0005h']);
});

test('a write after the last one wanted fails only where none may follow', async () => {
  const { trace } = await lit();
  trace.expectAccesses(['write LED0 0004h']);
  const { message } = failure(() => trace.expectAccesses(['write LED0 0004h'], { complete: true }));
  expect(message).toMatch(
    /^Expected no write after the last access wanted to phy0, found #\d+ .* write LED0 of phy0 = 0005h/,
  );
});

test('no accesses at all means no write, from a mark on', async () => {
  const lab = await lit();
  const since = lab.trace.mark();
  await lab.run(500);
  lab.trace.expectAccesses([], { since });
  await lab.fault('phy0', 'rx-loss');
  await lab.run(200);
  expect(failure(() => lab.trace.expectAccesses([], { since })).message).toMatch(
    /^Expected no write at all to phy0, found/,
  );
});

test('accesses the test makes itself are nobody else’s', async () => {
  const lab = await lit();
  const since = lab.trace.mark();
  await lab.device('phy0').write('LED1', { MODE: 'on' });
  lab.trace.expectAccesses([], { since });
  expect(lab.trace.rows({ by: 'scenario', op: 'write' })).toMatchObject([
    { register: 'LED1', value: 5, device: 'phy0' },
  ]);
});

test('in order fails with what is missing', async () => {
  const { trace } = await lit();
  const { message } = failure(() => trace.expectInOrder(['write LED0 0005h', 'write LED0 0004h']));
  expect(message).toMatch(/found 1 of 2; no write of LED0 after that/);
});

test('rows are found by device, requester, operation, register, outcome and place', async () => {
  const lab = await lit();
  const { trace } = lab;
  const writes = trace.rows({ device: 'phy0', by: 'link_led', op: 'write', register: 'LED0', outcome: 'ok' });
  expect(writes.map(({ value }) => value)).toEqual([4, 5]);
  expect(writes[0]?.text).toMatch(
    /^#\d+ at .*: link_led write LED0 of phy0 = 0004h \(PATH rx → tx, MODE activity → off\)$/,
  );
  expect(trace.accesses({ register: 'PMA_RXDET' }).every(({ op }) => op === 'read')).toBe(true);
  const since = trace.mark();
  await lab.fault('phy0', 'rx-loss');
  expect(trace.rows({ since })).toMatchObject([{ op: 'fault', outcome: 'on', register: null }]);
  expect(trace.accesses({ since })).toEqual([]);
});

test('with several devices the question names one', async () => {
  const lab = await createLab({ bench: { phy0: { device: 'qt2025' }, nullb0: { device: 'nullb' } } });
  open.push(lab);
  expect(failure(() => lab.trace.expectAccesses(['write LED0'])).message).toBe(
    'the bench has phy0, nullb0: say which with { device }',
  );
  expect(failure(() => lab.trace.expectAccesses(['flush'], { device: 'nullb1' })).message).toMatch(
    /did you mean 'nullb0'/,
  );
  expect(lab.devices).toEqual(['phy0', 'nullb0']);
});

test('an upload is one line of the difference', async () => {
  const lab = await createLab({ drivers: { phy0: 'qt2025' } });
  open.push(lab);
  const { actual } = failure(() => lab.trace.expectAccesses(['write MICRO_RESETN', 'write OP_MODE']));
  expect(actual).toContain('write SRAM x20011');
  lab.trace.expectInOrder(['write MICRO_RESETN 0000h', 'write MICRO_RESETN 0002h']);
});
