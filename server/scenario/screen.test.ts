import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DriverModule } from '#bus/kernel-port.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { DRIVERS } from '#drivers/registry.ts';
import { parseScenario } from './parse.ts';
import { runScenario } from './runner.ts';
import { virtualEnv } from './virtual-env.ts';

const text = (steps: readonly string[], bench = 'card0: { device: display, monitor: xga }'): string =>
  `title: T\nteaches: F\nbench: { ${bench} }\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;

const run = async (...steps: string[]) => {
  const scenario = parseScenario(text([...LOADED, ...steps]), 't.yaml');
  const open = () => virtualEnv(scenario, { seed: 1, loadDriver: (name) => DRIVERS[name], firmware: () => undefined });
  return (await runScenario(scenario, open, { seed: 1 })).view;
};
const LOADED = [
  'insmod: { driver: ferro_drm, device: card0, params: { client: none } }',
  'expect: { driver: card0, state: live, within: 1s }',
];
const INFO = { ...DRIVERS.ferro_drm!.info, params: {} }; // it is there
const BARS = 'draw: { card0: { picture: bars, mode: 640x480 } }';

const refusal = (step: string, bench?: string): string => {
  try {
    parseScenario(text([step], bench), 't.yaml');
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : '';
  }
  return '';
};

test('a frame is looked at by picture, size, CRC, and by one that was kept', async () => {
  const view = await run(
    'expect: { frame: card0, size: "off" }',
    BARS,
    'expect: { frame: card0, shows: bars }',
    'expect: { frame: card0, size: 640x480 }',
    'keep: { card0: one }',
    'expect: { frame: card0, like: one }',
    'draw: { card0: { picture: checker } }',
    'expect: { frame: card0, unlike: one }',
    'never: { frame: card0, shows: bars, for: 50ms }',
  );
  expect(view.reason).toBe('All 11 steps held.');
});

test('a wrong CRC is not the picture, and the reason names both', async () => {
  const view = await run(BARS, 'fault: { card0: wrong-crc }', 'expect: { frame: card0, shows: bars }');
  expect(view.verdict).toBe('driver-bug');
  expect(view.steps.at(-1)?.found).toMatch(/^a frame of 640x480 with CRC [0-9A-F]{8}h, bars has [0-9A-F]{8}h$/);
});

test('frames and missed blanks of drawing under a name, vertical blanks of the device, fields of its panel', async () => {
  const view = await run(
    BARS,
    'draw: { card0: { picture: moving, frames: 5, takes: 20ms, as: slow } }',
    'never: { draw: slow, for: 20ms }',
    'expect: { draw: slow, within: 2s }',
    'expect: { frames: slow, count: 5 }',
    'expect: { missed: slow, at_least: 4, at_most: 4 }',
    'wait: 100ms',
    'expect: { vblanks: card0, at_least: 5, at_most: 7 }',
    'expect: { panel: card0.mode.width, is: 640 }',
    'expect: { panel: card0.half, is: ferro }',
  );
  expect(view.reason).toBe('All 12 steps held.');
});

test('drawing that is refused must be expected to be', async () => {
  expect((await run('draw: { card0: { picture: bars, mode: 641x480, refused: EINVAL } }')).verdict).toBe('pass');
  const view = await run('draw: { card0: { picture: bars, mode: 641x480 } }');
  expect(view.verdict).toBe('driver-bug');
  expect(view.reason).toMatch(/found 0 frames, EINVAL: no mode '641x480'; did you mean '640x480'/);
  expect((await run('draw: { card0: { picture: bars, refused: EBUSY } }')).verdict).toBe('driver-bug');
});

test('without a driver there is no screen to draw on, and a driver that came back has none of the old pictures', async () => {
  const view = await run(
    BARS,
    'rmmod: card0',
    'draw: { card0: { picture: bars, refused: ENODEV } }',
    ...LOADED,
    'expect: { frame: card0, size: "off" }',
    BARS,
    'expect: { frame: card0, shows: bars }',
  );
  expect(view.verdict).toBe('pass');
});

test('a scenario reads and writes registers of a display over its bus, and acts inside an access to one', async () => {
  const view = await run(
    BARS,
    'draw: { card0: { picture: moving, frames: 4, as: player } }',
    'on: { device: card0, register: FLIP, nth: 2 }\n    control: { card0: unplug }',
    'expect: { driver: card0, link: down, within: 1s }',
    'write: { card0: { CRTC_CTRL: { ENABLE: false } } }',
    'expect: { frame: card0, size: "off" }',
    'read: { card0: VBLANK_COUNT_LO }',
  );
  expect(view.reason).toBe('All 9 steps held.');
});

test('a finding names the register of a display as its datasheet does', async () => {
  const reckless: DriverModule = {
    info: { ...INFO, name: 'reckless' },
    async load(kernel) {
      await kernel.ports.mmio?.write(DISPLAY.VRAM_BYTES.at, 1);
      return { exit: async () => {} };
    },
  };
  const scenario = parseScenario(text(['insmod: { driver: reckless, device: card0 }', 'wait: 1ms']), 't.yaml');
  const open = () => virtualEnv(scenario, { seed: 1, loadDriver: () => reckless, firmware: () => undefined });
  const { findings } = (await runScenario(scenario, open, { seed: 1 })).view;
  expect(findings).toEqual([
    expect.stringMatching(/^reckless wrote VRAM_BYTES of card0, which is read-only: nothing changed/),
  ]);
});

test('the same file and seed give the same trace', async () => {
  const steps = [BARS, 'draw: { card0: { picture: moving, frames: 20 } }'];
  const [one, two] = [await run(...steps), await run(...steps)];
  expect(one.traceHash).toBe(two.traceHash);
  expect(one.verdict).toBe('pass');
});

test('what a scenario says of a screen is checked before it runs', () => {
  expect(refusal('draw: { card0: { picture: bar } }')).toMatch(/^t\.yaml:5:\d+: no picture 'bar'; did you mean 'bars'/);
  expect(refusal('draw: { card0: { picture: bars, mode: wide } }')).toMatch(/mode is "wide"; it takes: One of/);
  expect(refusal('draw: { card0: { picture: bars, frame: 3 } }')).toMatch(
    /'frame' is unknown here; did you mean 'frames'/,
  );
  expect(refusal('draw: { card9: { picture: bars } }')).toMatch(/no device 'card9'; did you mean 'card0'/);
  expect(refusal('draw: { phy0: { picture: bars } }', 'phy0: { device: qt2025 }')).toMatch(
    /phy0 is a qt2025; it takes a display/,
  );
  expect(refusal('flip: { card0: { register: FLIP, bit: 0 } }')).toMatch(/card0 is a display without a management bus/);
  expect(refusal('expect: { frame: card0 }')).toMatch(/takes one of 'shows', crc, size, like, unlike/);
  expect(refusal('expect: { frame: card0, shows: bars, crc: 1 }')).toMatch(/takes one of/);
  expect(refusal('expect: { frame: card0, like: first }')).toMatch(/no frame kept of card0 'first'/);
  expect(refusal('expect: { draw: player }')).toMatch(/no drawing 'player'/);
  expect(refusal('expect: { vblanks: card0 }')).toMatch(/takes count, at_least or at_most/);
  expect(refusal('expect: { panel: card0.conector.linkBad, is: true }')).toMatch(/did you mean 'connector/);
  expect(refusal('expect: { panel: card0, is: true }')).toMatch(/names no field/);
  expect(refusal('expect: { finding: "(" }')).toMatch(/Invalid regular expression/);
  expect(refusal('expect: { frame: card0, shows: bars, is: 3 }')).toMatch(/'is' does not go with 'frame'/);
});

test('whatever is written about screens, it is a scenario or EINVAL with its place', () => {
  const word = fc.constantFrom(
    ...[
      'picture',
      'mode',
      'frames',
      'takes',
      'paced',
      'row_bytes',
      'modeset',
      'refused',
      'as',
      'frame',
      'shows',
      'crc',
    ],
    ...['size', 'like', 'unlike', 'vblanks', 'draw', 'missed', 'panel', 'finding', 'is', 'count', 'at_least', 'error'],
  );
  const value = fc.oneof(
    fc.constantFrom(
      'card0',
      'bars',
      'moving:3',
      '640x480',
      '640x480@24',
      'off',
      'player',
      'card0.vblank.count',
      'EBUSY',
    ),
    fc.string({ maxLength: 12 }),
    fc.integer(),
    fc.boolean(),
  );
  const words = fc.dictionary(word, value, { maxKeys: 4 }).map((given) => JSON.stringify(given));
  const step = fc.oneof(
    fc.constant('draw: { card0: { picture: bars } }'),
    words.map((given) => `draw: { card0: ${given} }`),
    words.map((given) => `expect: ${given}`),
    fc.string({ maxLength: 12 }).map((name) => `keep: { card0: ${JSON.stringify(name)} }`),
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 3 }), (steps) => {
      try {
        parseScenario(text(steps), 't.yaml');
        taken++;
      } catch (thrown) {
        expect(thrown).toMatchObject({
          name: 'LabError',
          code: 'EINVAL',
          message: expect.stringMatching(/^t\.yaml:\d+:\d+: /),
        });
      }
    }),
    { numRuns: 300 },
  );
  expect(taken).toBeGreaterThan(0);
});
