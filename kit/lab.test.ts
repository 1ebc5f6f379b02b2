import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { DRIVERS } from '#drivers/registry.ts';
import { readRecording } from '#recording/decode.ts';
import { createLab, type LabOptions } from './create-lab.ts';
import type { TestLab } from './lab.ts';
import { linkLed, refusing } from './link-led-under-test.ts';
import type { LabStep } from './step-source.ts';

const open: TestLab[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const lab of open.splice(0)) await lab.close();
});
const lab = async (options: LabOptions = { drivers: { phy0: linkLed() } }): Promise<TestLab> => {
  const made = await createLab(options);
  open.push(made);
  return made;
};
const lit = async (options?: LabOptions): Promise<TestLab> => {
  const made = await lab(options);
  await made.expect({ driver: 'phy0', link: 'up' }, 1000);
  return made;
};
const failureOf = (work: () => void): string => {
  try {
    work();
    return 'nothing';
  } catch (thrown) {
    return (thrown as Error).message;
  }
};
const said = (work: () => unknown): Promise<string> =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'nothing',
      (thrown: Error & { code?: string }) => `${thrown.code}: ${thrown.message}`,
    );

test('time passes only when the test says so, and exactly as far', async () => {
  const bench = await lab();
  const began = bench.nowMs;
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.nowMs).toBe(began);
  await bench.run(12.5);
  expect(bench.nowMs).toBeCloseTo(began + 12.5, 9);
});

test('a driver is live when insmod resolves, and its error is what insmod rejects with', async () => {
  const bench = await lab({});
  expect(await said(() => bench.insmod(refusing, 'phy0'))).toBe('ENODEV: link_led on phy0: not mine');
  expect(await bench.insmod(linkLed(), 'phy0', { poll_ms: 20 })).toMatchObject({ module: 'link_led', state: 'live' });
  await bench.rmmod('phy0');
  expect(bench.driver('phy0')).toBeUndefined();
});

test('a step of a scenario loads a driver too, by name or by path', async () => {
  const bench = await lab({ bench: { phy0: { device: 'qt2025' }, phy1: { device: 'qt2025' } } });
  await bench.do(
    { insmod: { driver: 'qt202x', device: 'phy0' } },
    { insmod: { driver: './drivers/examples/blink.ts', device: 'phy1', params: { half_ms: 50 } }, after: '1ms' },
    { expect: { driver: 'phy1', state: 'live', within: '1s' } },
  );
  expect([bench.driver('phy0')?.module, bench.driver('phy1')?.module]).toEqual(['qt202x', 'blink']);
  expect(await said(() => bench.do({ insmod: { driver: 'qt2O25', device: 'phy0' } }))).toMatch(/did you mean 'qt2025'/);
});

test('createLab rejects with the error of a driver that does not take its device', async () => {
  expect(await said(() => createLab({ drivers: { phy0: refusing } }))).toBe('ENODEV: link_led on phy0: not mine');
});

test('a bench may name its drivers, and the test may put another in their place', async () => {
  const bench = { phy0: { device: 'qt2025', driver: 'qt2025' } } as const;
  const made = await lab({ bench, drivers: { phy0: { driver: linkLed(), params: { poll_ms: 20 } } } });
  expect(made.driver('phy0')?.module).toBe('link_led');
});

test('a fault, its effect, and the way back', async () => {
  const bench = await lit();
  await bench.fault('phy0', 'rx-loss');
  expect(bench.device('phy0').faults.map(({ name }) => name)).toEqual(['rx-loss']);
  await bench.expect({ driver: 'phy0', link: 'down' }, 150);
  await bench.never({ driver: 'phy0', link: 'up' }, 150);
  await bench.clear('phy0');
  await bench.until(() => bench.driver('phy0')?.link === 'up', { withinMs: 2000 });
});

test('a bus fault fires once, is counted, and goes', async () => {
  const bench = await lit();
  const name = await bench.busFault('phy0', { effect: 'bit-flip', when: 'read PMA_RXDET', params: { bit: 0 }, nth: 1 });
  await bench.expect({ driver: 'phy0', link: 'down' }, 150);
  await bench.expect({ driver: 'phy0', link: 'up' }, 150);
  expect(bench.busFaults).toMatchObject([{ name, firings: 1 }]);
  await bench.clearBusFault(name);
  expect(bench.busFaults).toEqual([]);
});

test('a breakpoint holds an access before it takes effect', async () => {
  const bench = await lab({});
  const first = bench.breakpoint('phy0', 'write LED0');
  await bench.begin(linkLed(), 'phy0');
  const held = await first.hit(100);
  expect(held).toMatchObject({ register: 'LED0', decoded: 'PATH rx → tx, MODE activity → off' });
  expect(bench.device('phy0').peek('LED0').fields.MODE).toBe('activity');
  first.continue();
  await bench.run(1);
  expect(bench.device('phy0').peek('LED0').fields.MODE).toBe('off');
  expect(first.hits).toBe(1);
  first.remove();
  first.remove();
});

test('a step lets one access go and holds the next', async () => {
  const bench = await lab({});
  const all = bench.breakpoint('phy0', 'read PMA_RXDET', { nth: 1 });
  await bench.begin(linkLed(), 'phy0');
  await all.hit();
  all.step();
  await bench.expect({ held: 'phy0.LED0' }, 100);
  expect(bench.device('phy0').peek('LED0').fields.MODE).toBe('activity');
  all.continue();
  await bench.run(1);
  expect(bench.device('phy0').peek('LED0').fields.MODE).toBe('off');
});

test('a breakpoint that is not hit is a failure that says which', async () => {
  const bench = await lab({});
  expect(await said(() => bench.breakpoint('phy0', 'write LED0').hit(5))).toMatch(
    /^ERR_ASSERTION: Expected an access of phy0 to be held at 'write LED0'; it had not come within 5 ms\n/,
  );
});

test('a look that does not hold names the driver, the time, its accesses and the log', async () => {
  const bench = await lit();
  const text = await said(() => bench.expect({ driver: 'phy0', link: 'down' }, 20));
  expect(text).toMatch(
    /^ERR_ASSERTION: Expected the driver of phy0 link down within 20 ms, found link_led live, link up; it is link_led's\./,
  );
  expect(text).toMatch(/link_led write LED0 of phy0 = 0005h \(MODE off → on\)/);
  expect(text).toMatch(/link_led: light seen/);
});

test('strict mode ends the step in which a driver goes against the datasheet', async () => {
  const stray = linkLed({ show: (phy) => phy.port.write(0x10002, 1) });
  const bench = await lab({ drivers: { phy0: stray }, strict: true });
  expect(await said(() => bench.run(1))).toMatch(
    /^ERR_ASSERTION: Expected no access against the datasheet \(strict\), found read-only/,
  );
  const lax = await lab({ drivers: { phy0: stray } });
  await lax.run(1);
  expect(lax.findings()).toMatchObject([expect.stringContaining('[read-only]')]);
  expect(await said(() => lax.trace.noFindings())).toMatch(
    /^ERR_ASSERTION: Expected no findings; there is one:\n {2}link_led wrote/,
  );
});

test('a driver that throws in its work does not take the test with it', async () => {
  const bench = await lab({
    drivers: {
      phy0: linkLed({
        show: async () => {
          throw new TypeError('oops');
        },
      }),
    },
  });
  await bench.run(500);
  expect(bench.log.some(({ text }) => text.includes('oops'))).toBe(true);
});

test('the same seed gives the same trace, byte for byte, another driver another', async () => {
  const hash = async (options: LabOptions) => (await lit(options)).trace.hash();
  const drivers = { phy0: linkLed() };
  const one = await hash({ drivers, seed: 7 });
  expect(await hash({ drivers, seed: 7 })).toBe(one);
  expect(await hash({ drivers: { phy0: { driver: linkLed(), params: { poll_ms: 99 } } }, seed: 7 })).not.toBe(one);
});

test('firmware may come from the test', async () => {
  let found = 0;
  const asks = linkLed({
    before: async (_phy, kernel) => {
      found = (await kernel.requestFirmware('mine.fw')).length;
    },
  });
  await lab({ drivers: { phy0: asks }, firmware: { 'mine.fw': new Uint8Array(12) } });
  expect(found).toBe(12);
  expect(await said(() => createLab({ drivers: { phy0: asks } }))).toBe(
    'ENOENT: link_led on phy0: no firmware file mine.fw',
  );
});

test('registers from the silicon, over the bus, and by the datasheet', async () => {
  const bench = await lab({});
  const phy = bench.device('phy0');
  expect(phy.kind).toBe('qt2025');
  expect(phy.peek('HW_REV')).toEqual({ value: 0xb300, fields: { LOW: 0, REV: 0xb3 } });
  await phy.write('LED0', { MODE: 'on' });
  expect(await phy.read('LED0')).toEqual({ value: 5, fields: { MODE: 'on', PATH: 'tx' } });
  expect(await phy.read('1.D006')).toMatchObject({ value: 5 });
  await phy.poke('HW_REV', { REV: 0xa1 });
  expect((await phy.read('HW_REV')).value).toBe(0xa100);
  await phy.control('remove');
  expect(phy.inspect()).toMatchObject({ cage: { module: null } });
});

test('a block device: work for the driver on it, attributes, and its requests in the trace', async () => {
  const bench = await lab({
    bench: { nullb0: { device: 'nullb', attributes: { memory_backed: true, size: 4 } } },
    drivers: { nullb0: 'null_blk' },
  });
  await bench.do({ io: { nullb0: { op: 'write', sector: 8, sectors: 8, pattern: '5a' } } });
  await bench.do(
    { io: { nullb0: { op: 'read', sector: 8, sectors: 8, pattern: '5a' } } },
    { io: { nullb0: { op: 'flush' } } },
  );
  bench.trace.expectAccesses(['write @8+8', 'read @8+8']);
  expect(bench.device('nullb0').attribute('memory_backed')).toBe('1');
  await expect(bench.device('nullb0').setAttribute('memory_backed', '2')).rejects.toThrow();
});

test('a driver that completes twice is a finding', async () => {
  const twice = DRIVERS['bad-completes-twice'];
  if (twice === undefined) throw new Error('no such driver');
  const bench = await lab({ bench: { nullb0: { device: 'nullb' } }, drivers: { nullb0: twice } });
  await bench.do({ io: { nullb0: { op: 'read', sector: 0, sectors: 8, status: 'any' } } });
  expect(bench.findings().join()).toMatch(/completion|twice|ended/);
});

test.each<[string, (bench: TestLab) => unknown, RegExp]>([
  [
    'a fault',
    (l) => l.fault('phy0', 'weak-lite'),
    /^EINVAL: step\.fault\.phy0: no fault 'weak-lite'; did you mean 'weak-light'\?$/,
  ],
  ['a device', (l) => l.device('phy1'), /^ENOENT: no device 'phy1'; did you mean 'phy0'\?$/],
  ['a word of a look', (l) => l.expect({ driver: 'phy0', linkk: 'up' }), /^EINVAL: .*did you mean 'link'\?$/],
  ['a field', (l) => l.expect({ register: 'phy0.LED0', MOD: 'on' }), /no field of LED0 'MOD'; did you mean 'MODE'\?$/],
  [
    'a register',
    (l) => l.device('phy0').peek('LED9'),
    /^EINVAL: register: no register 'LED9'; did you mean 'LED\d'\?$/,
  ],
  ['a register of a breakpoint', (l) => l.breakpoint('phy0', 'write LED9'), /^EINVAL: there is no register 'LED9'/],
  ['a driver', (l) => l.insmod('qt2O25', 'phy0'), /^ENOENT: no driver 'qt2O25'; did you mean 'qt2025'\?$/],
  ['a driver file', (l) => l.insmod('./no/such.ts', 'phy0'), /^ENOENT: no driver file .*no\/such\.ts$/],
  ['what is no driver', (l) => l.insmod({} as never, 'phy0'), /^EINVAL: this is no driver module: defineModule/],
  ['a parameter', (l) => l.insmod(linkLed(), 'phy0', { poll: 1 }), /^EINVAL: .*no parameter 'poll'/],
  ['a time', (l) => l.run(-1), /^EINVAL: run\(-1\): it takes milliseconds/],
  ['an access', (l) => l.trace.expectAccesses(['wrote LED0']), /^EINVAL: look\.sequence\.0: 'wrote LED0' is no access/],
  ['nothing to do', (l) => l.do({}), /^EINVAL: step: this step does nothing; it takes one of insmod/],
  ['more than the limit', (l) => l.run(700_000), /^ERR_ASSERTION: Waited for time to pass: the lab's limit of 600 s/],
])('%s that is wrong is one clear line', async (_what, ask, words) => {
  expect((await said(async () => ask(await lab({})))).split('\n')[0]).toMatch(words);
});

test('whatever a step is made of, it is done or refused, and the lab lives on', async () => {
  const bench = await lab({});
  const word = fc.constantFrom(
    'phy0',
    'phy1',
    'LED0',
    'PMA_STAT1',
    'rx-loss',
    'write',
    'bit-flip',
    '5ms',
    '',
    'device',
    '0',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      word,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.dictionary(word, tie('any'), { maxKeys: 3 }),
      fc.array(tie('any'), { maxLength: 2 }),
    ),
  })).any;
  const deed = fc.constantFrom(
    'fault',
    'clear',
    'control',
    'poke',
    'write',
    'read',
    'flip',
    'bus-fault',
    'break',
    'wait',
    'expect',
    'io',
    'attr',
    'insmod',
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(deed, value, { minKeys: 1, maxKeys: 2 }), async (step) => {
      const text = await said(() => bench.do(step as LabStep));
      expect(text).toMatch(/^(nothing$|E[A-Z]+: |ERR_ASSERTION: )/);
      await bench.clearBusFault();
    }),
    { numRuns: 60 },
  );
  expect(bench.device('phy0').peek('HW_REV').value >> 8).toBeGreaterThan(0);
}, 20_000);

test('two parts of a test cannot both let time pass', async () => {
  const bench = await lab({});
  const first = bench.run(5);
  expect(await said(() => bench.run(5))).toBe(
    "EBUSY: 'wait' takes lab time, and 'wait' has not ended: await one before the next",
  );
  await first;
});

test('fake timers are refused, they would stop the lab', async () => {
  const bench = await lab({});
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  expect(await said(() => bench.run(5))).toMatch(
    /^EBUSY: 'wait' takes lab time, and the timers of this process are fake/,
  );
});

test('a recording of a test opens, with its accesses, its log and what failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrolab-kit-'));
  const record = join(folder, 'new/probe.pcapng');
  try {
    const bench = await lit({ drivers: { phy0: linkLed() }, record });
    expect(failureOf(() => bench.trace.expectAccesses(['write LED1']))).toMatch(/^Expected 1 access of phy0/);
    const rows = bench.trace.rows().length;
    await bench.close();
    const [section] = readRecording(new Uint8Array(readFileSync(record))).sections;
    expect(section).toMatchObject({ complete: true, count: rows, header: { seed: 1, mode: 'virtual' } });
    const events = section?.events.map(({ event }) => event);
    expect(events).toContainEqual(expect.objectContaining({ event: 'log', facility: 'link_led', text: 'light seen' }));
    expect(events?.find(({ event }) => event === 'run')).toMatchObject({
      run: { verdict: 'driver-bug', reason: expect.stringMatching(/^Expected 1 access of phy0/) },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a recording of a test in which nothing failed says so, and opens', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrolab-kit-'));
  const record = join(folder, 'probe.pcapng');
  try {
    const bench = await lab({ record });
    await bench.close();
    const { sections } = readRecording(new Uint8Array(readFileSync(record)));
    expect(sections[0]?.events.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ event: 'run', run: expect.objectContaining({ verdict: 'pass', scenario: 'test' }) }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a lab is closed once, and then does nothing more', async () => {
  const listening = process.listenerCount('unhandledRejection');
  let kept: TestLab;
  {
    await using bench = await createLab();
    kept = bench;
  }
  await kept.close();
  expect(await said(() => kept.run(1))).toBe('ECANCELED: this lab is closed');
  expect(process.listenerCount('unhandledRejection')).toBe(listening);
});

test.each([
  [{ seed: -1 }, /^EINVAL: seed is -1/],
  [{ limitMs: 0 }, /^EINVAL: limitMs is 0/],
  [{ strict: ['odd'] as never }, /^EINVAL: strict has 'odd'; it takes true or some of reserved/],
  [{ bench: { phy0: { device: 'qt2026' } } as never }, /^EINVAL: phy0\.device/],
  [{ bench: './no/bench.yaml' }, /^ENOENT: bench \.\/no\/bench\.yaml cannot be read/],
  [{ drivers: { phy9: 'qt2025' } }, /^ENOENT: no device 'phy9'/],
])('createLab(%j) is refused in one line', async (options, words) => {
  expect(await said(() => createLab(options))).toMatch(words);
});
