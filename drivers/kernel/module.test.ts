/** The life of a module: parameters, init, exit, and everything it leaves behind. */
import { expect, test } from 'vitest';
import { ms, VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { number, text } from '#regmap/params.ts';
import { inProcess } from './in-process.ts';
import { defineModule, type Kernel, type ModuleDeclaration } from './module.ts';

const about = { name: 'lamp', description: 'A lamp', author: 'A', license: 'MIT', drives: ['qt2025'] } as const;
const bench = (rest: Partial<ModuleDeclaration> & Pick<ModuleDeclaration, 'init'>) => {
  const clock = new VirtualClock();
  return { clock, kernel: inProcess(clock), module: defineModule({ ...about, ...rest }) };
};

test('gives init the parameters as values, defaults filled in', async () => {
  let seen: unknown;
  const module = defineModule({
    ...about,
    params: { watts: number('Power', { min: 1, max: 9, default: 4 }), colour: text('Colour', 'red') },
    init({ params }) {
      seen = params;
    },
  });
  const kernel = inProcess(new VirtualClock());
  await module.load(kernel, { watts: '0x8' });
  expect(seen).toEqual({ watts: 8, colour: 'red' });
  expect(kernel.status).toMatchObject({ state: 'live', error: null });
});

test('refuses a parameter that does not exist or does not fit, without running init', async () => {
  let ran = false;
  const module = defineModule({
    ...about,
    params: { watts: number('Power', { min: 1, max: 9, default: 4 }) },
    init() {
      ran = true;
    },
  });
  const kernel = inProcess(new VirtualClock());
  await expect(module.load(kernel, { wats: 3 })).rejects.toMatchObject({
    code: 'EINVAL',
    message: expect.stringContaining('watts'),
  });
  await expect(module.load(kernel, { watts: 10 })).rejects.toMatchObject({ code: 'EINVAL' });
  expect(ran).toBe(false);
  expect(kernel.status).toMatchObject({ state: 'failed', error: { code: 'EINVAL' } });
});

test('undoes in reverse order on exit, once, exit of the module first', async () => {
  const said: string[] = [];
  const { kernel, module } = bench({
    init({ onExit }) {
      onExit(() => void said.push('first'));
      onExit(() => void said.push('second'));
    },
    exit: () => void said.push('exit'),
  });
  const loaded = await module.load(kernel, {});
  await Promise.all([loaded.exit(), loaded.exit()]);
  expect(said).toEqual(['exit', 'second', 'first']);
});

test('undoes what a failed init began and reports the errno', async () => {
  const said: string[] = [];
  const { kernel, module, clock } = bench({
    async init({ onExit, hrtimer }) {
      onExit(() => void said.push('undone'));
      hrtimer(() => {
        said.push('fired');
        return 'norestart';
      }).start(ms(1));
      throw new LabError('ENODEV', 'no lamp here');
    },
  });
  await expect(module.load(kernel, {})).rejects.toMatchObject({ code: 'ENODEV' });
  await clock.run(ms(10));
  expect(said).toEqual(['undone']);
  expect(kernel.status).toEqual({ state: 'failed', link: null, error: { code: 'ENODEV', message: 'no lamp here' } });
  expect(kernel.lines).toEqual(['err: probe failed with ENODEV: no lamp here']);
});

test('leaves no timer and no work behind', async () => {
  let ticks = 0;
  const { kernel, module, clock } = bench({
    init({ hrtimer, delayedWork }) {
      const work = delayedWork(async () => {
        ticks++;
        work.schedule(ms(1));
      });
      work.schedule();
      hrtimer((timer) => {
        ticks++;
        timer.forwardNow(ms(1));
        return 'restart';
      }).start(ms(1));
    },
  });
  const loaded = await module.load(kernel, {});
  await clock.run(ms(5));
  expect(ticks).toBeGreaterThan(6);
  await loaded.exit();
  const before = ticks;
  await clock.run(ms(50));
  expect(ticks).toBe(before);
  expect(clock.nextAt()).toBe(Number.POSITIVE_INFINITY);
});

test('wakes work that sleeps, so that unloading does not wait for it', async () => {
  let kernelOfModule: Kernel | undefined;
  const { kernel, module, clock } = bench({
    init(given) {
      kernelOfModule = given;
      given.delayedWork(() => given.sleep(ms(60_000))).schedule();
    },
  });
  const loaded = await module.load(kernel, {});
  await clock.run(ms(1));
  await loaded.exit();
  expect(clock.now()).toBe(ms(1));
  await expect(kernelOfModule?.sleep(1)).rejects.toMatchObject({ code: 'ECANCELED' });
  expect(kernel.lines).toEqual([]);
});

test('unloads to the end when one step of it fails, and says which', async () => {
  const said: string[] = [];
  const { kernel, module } = bench({
    init({ onExit }) {
      onExit(() => void said.push('reached'));
      onExit(() => Promise.reject(new LabError('EIO', 'stuck lamp')));
    },
  });
  await (await module.load(kernel, {})).exit();
  expect(said).toEqual(['reached']);
  expect(kernel.lines).toEqual(['warning: while unloading: EIO: stuck lamp']);
});

test('says ENODEV when a device without a management port is asked for one', async () => {
  const { kernel, module } = bench({ init: ({ registers }) => void registers(1) });
  await expect(module.load(kernel, {})).rejects.toMatchObject({ code: 'ENODEV' });
});
