/** `createLab`: a bench in this process, in virtual time, with the drivers a test is about. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { FIRMWARE_DIRS } from '#cli/paths.ts';
import type { DriverLike } from '#drivers/driver-file.ts';
import { type BenchSpec, checkBench, loadBench } from '#server/bench-spec.ts';
import type { StrictClass, Values } from '#server/scenario/model.ts';
import { STRICT_CLASSES, strictClasses } from '#server/scenario/strict-classes.ts';
import { virtualEnv } from '#server/scenario/virtual-env.ts';
import { TestLab } from './lab.ts';
import { checkNode } from './node-version.ts';
import { TestRecording } from './test-recording.ts';

export interface LabOptions {
  /** Devices by name, or the path of a bench file; one QT2025 as `phy0` unless given. */
  readonly bench?: BenchSpec | string;
  /** Of all chance in the lab; default 1. */
  readonly seed?: number;
  /** Drivers by device, loaded in this order before `createLab` resolves; those the bench names are loaded besides. */
  readonly drivers?: Readonly<Record<string, DriverLike | { readonly driver: DriverLike; readonly params?: Values }>>;
  /** No access against a datasheet: true for all kinds, or some of them. The step in which one happens fails. */
  readonly strict?: boolean | readonly StrictClass[];
  /** Firmware files by name, instead of those on disk. */
  readonly firmware?: Readonly<Record<string, Uint8Array>>;
  /** Where firmware files are looked for, before the ones the lab ships. */
  readonly firmwareDirs?: readonly string[];
  /** Where a recording of the lab is written, for `ferrolab open`. */
  readonly record?: string;
  /** Lab time one test may take; default 10 minutes. */
  readonly limitMs?: number;
}

const PHY: BenchSpec = { phy0: { device: 'qt2025' } };
const LIMIT_MS = 600_000;
/** The oldest that has all a lab in one process uses. */
const NODE = 22;
const MOST_SEED = 0xffffffff;

/** Rejects with the error of the first driver that does not take its device. */
export const createLab = async (options: LabOptions = {}): Promise<TestLab> => {
  checkNode(NODE);
  const { seed = 1, drivers = {}, limitMs = LIMIT_MS } = options;
  const bench = benchOf(options.bench);
  if (!Number.isInteger(seed) || seed < 0 || seed > MOST_SEED)
    throw new LabError('EINVAL', `seed is ${seed}; it takes a whole number, 0 to ${MOST_SEED}`);
  if (!(limitMs > 0 && limitMs < 1e9)) throw new LabError('EINVAL', `limitMs is ${limitMs}; it takes 1 to 1e9`);
  const modules = new Map<string, DriverModule>();
  const scenario = { bench: undriven(bench), seed, limitNs: ms(limitMs), strict: strictOf(options.strict) };
  const recording = options.record === undefined ? undefined : new TestRecording({ path: options.record, bench, seed });
  const find = firmwareOf(options);
  const own = virtualEnv(scenario, {
    seed,
    loadDriver: (name) => modules.get(name),
    firmware: (name) => {
      const bytes = find(name);
      if (bytes !== undefined) recording?.firmware(name, bytes);
      return bytes;
    },
    onDriver: (device, status, time) => recording?.driver(device, status, time),
  });
  const lab = new TestLab({ scenario, env: recording?.watch(own) ?? own, modules, recording });
  try {
    for (const [device, { driver, params }] of Object.entries(bench))
      if (driver != null && !Object.hasOwn(drivers, device)) await lab.insmod(driver, device, params);
    for (const [device, given] of Object.entries(drivers)) {
      const { driver, params = {} } = typeof given === 'object' && 'driver' in given ? given : { driver: given };
      await lab.insmod(driver, device, params);
    }
  } catch (thrown) {
    await lab.close();
    throw thrown;
  }
  return lab;
};

const benchOf = (given: LabOptions['bench']): BenchSpec => {
  if (given === undefined) return PHY;
  return typeof given === 'string' ? loadBench(given) : checkBench(given);
};

/** Drivers are loaded by the lab, not by the bench. */
const undriven = (bench: BenchSpec): BenchSpec =>
  Object.fromEntries(
    Object.entries(bench).map(([name, { driver: _driver, params: _params, ...spec }]) => [name, spec]),
  );

const strictOf = (given: LabOptions['strict']): readonly StrictClass[] => {
  const wrong = typeof given === 'object' ? given.find((one) => !STRICT_CLASSES.includes(one)) : undefined;
  if (wrong === undefined) return strictClasses(given);
  throw new LabError('EINVAL', `strict has '${String(wrong)}'; it takes true or some of ${STRICT_CLASSES.join(', ')}`);
};

/** A bare name is looked for as the kernel does; one with a slash is a path. */
const firmwareOf =
  ({ firmware = {}, firmwareDirs = [] }: LabOptions) =>
  (name: string): Uint8Array | undefined => {
    if (Object.hasOwn(firmware, name)) return firmware[name];
    const files = name.includes('/')
      ? [resolve(name)]
      : [...firmwareDirs, ...FIRMWARE_DIRS].map((dir) => join(dir, name));
    const found = files.find((file) => existsSync(file));
    return found === undefined ? undefined : new Uint8Array(readFileSync(found));
  };
