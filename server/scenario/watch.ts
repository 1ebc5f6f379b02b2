/** Looking for a condition while a run goes on: each look reads only what is new. */
import { printC45 } from '#datasheets/c45.ts';
import { describe } from '#regmap/codec.ts';
import { nameAt } from '#regmap/names.ts';
import { LINKS } from '#server/device-kinds.ts';
import type { DriverStatus, ScenarioEnv } from './env.ts';
import type { IoWork } from './io-work.ts';
import type { Bits, Condition } from './model.ts';
import type { Recording } from './recording.ts';
import { type ScreenMarks, watchScreen } from './screen-watch.ts';
import { watchSequence } from './sequence-watch.ts';

/** Where looks into the past begin: record indexes and a log line number. */
export interface Marks extends ScreenMarks {
  /** The last action of the scenario, or what a look after it has already used. */
  readonly record: number;
  readonly log: number;
  /** When the driver of each device was loaded. */
  readonly loaded: ReadonlyMap<string, number>;
  /** Work that was begun under a name. */
  readonly io: ReadonlyMap<string, IoWork>;
}

export interface Watch {
  /** True when the condition holds now. */
  holds(): boolean;
  /** What is there instead, in words. */
  found(): string;
  /** True when it cannot hold any more. */
  broken?(): boolean;
  /** The record that settled it, by sequence number. */
  evidence?(): number | null;
  /** After it held: where the next look begins. */
  readonly used: { readonly record?: number; readonly log?: number };
}

export const watch = (that: Condition, env: ScenarioEnv, recording: Recording, marks: Marks): Watch => {
  switch (that.kind) {
    case 'driver':
      return watchDriver(that, env);
    case 'register': {
      const level = () => env.device(that.device).device.peek(that.at);
      return {
        holds: () => fits(level(), that.bits),
        found: () => `${registerName(env, that.device, that.at)} ${printLevel(env, that.device, that.at, level())}`,
        used: {},
      };
    }
    case 'read':
      return watchRead(that, env, recording, marks.record);
    case 'io': {
      const work = marks.io.get(that.name);
      return {
        holds: () => work?.over === true && work.held(that.status),
        found: () => work?.found ?? 'not begun',
        used: {},
      };
    }
    case 'attr': {
      const text = () => env.device(that.device).readAttribute(that.name);
      return { holds: () => text() === that.text, found: () => `${that.name} is '${text()}'`, used: {} };
    }
    case 'log':
      return watchLog(that, env, marks.log);
    case 'accesses':
      return watchAccesses(that, env, recording, marks.record);
    case 'held':
      return watchHeld(that, env);
    case 'sequence':
      return watchSequence(that, env, recording, marks.record);
    case 'frame':
    case 'vblanks':
    case 'draw':
    case 'frames':
    case 'missed':
    case 'panel':
    case 'finding':
      return watchScreen(that, env, recording, marks);
    case 'writes':
      return watchWrites(that, recording, marks.loaded.get(that.device) ?? 0);
  }
};

type Of<K extends Condition['kind']> = Extract<Condition, { kind: K }>;

const SETTLED: ReadonlySet<string> = new Set(['live', 'failed', 'gone']);

/** Of a driver that is not live nothing is asked, nor of a device without a link. */
const linkIsTrue = ({ state, link }: DriverStatus, env: ScenarioEnv, name: string): boolean => {
  const { device } = env.device(name);
  const tell = LINKS[device.kind];
  return state !== 'live' || tell === undefined || link === tell(device.inspect());
};

const watchDriver = (that: Of<'driver'>, env: ScenarioEnv): Watch => {
  const status = () => env.driver(that.device);
  return {
    holds() {
      const now = status();
      return (
        now !== undefined &&
        (that.state === null || now.state === that.state || (that.state === 'settled' && SETTLED.has(now.state))) &&
        (that.link === null ||
          now.link === that.link ||
          (that.link === 'actual' && linkIsTrue(now, env, that.device))) &&
        (that.error === null || now.error?.code === that.error)
      );
    },
    found() {
      const now = status();
      if (now === undefined) return 'no driver loaded';
      const error = now.error === null ? '' : ` with ${now.error.code} (${now.error.message})`;
      return `${now.module} ${now.state}${error}${now.link === null ? '' : `, link ${now.link}`}`;
    },
    used: {},
  };
};

const watchHeld = ({ device, spans }: Of<'held'>, env: ScenarioEnv): Watch => {
  const held = () => env.instruments.held.filter((one) => one.device === device);
  return {
    holds: () => held().some(({ at }) => spans?.some(([first, last]) => at >= first && at <= last) ?? true),
    found() {
      const all = held().map(({ op, address, register }) => `${op} ${register ?? address}`);
      return all.length === 0 ? `no access of ${device} is held` : `held: ${all.join(', ')}`;
    },
    used: {},
  };
};

const watchRead = (that: Of<'read'>, env: ScenarioEnv, recording: Recording, from: number): Watch => {
  const used: { record?: number } = {};
  let next = from;
  let last: number | undefined;
  return {
    holds() {
      for (; next < recording.count; next++) {
        const record = recording.at(next);
        if (record.op !== 'read' || record.at !== that.at || recording.device(record) !== that.device) continue;
        if (!recording.byDriver(record)) continue;
        last = record.value;
        if (!fits(record.value, that.bits)) continue;
        used.record = next + 1;
        return true;
      }
      return false;
    },
    found() {
      const name = registerName(env, that.device, that.at);
      return last === undefined ? `${name} not read` : `${name} read ${printLevel(env, that.device, that.at, last)}`;
    },
    used,
  };
};

const watchLog = (that: Of<'log'>, env: ScenarioEnv, from: number): Watch => {
  const used: { log?: number } = {};
  let after = from;
  let last: string | undefined;
  return {
    holds() {
      for (const { seq, facility, text } of env.log(after)) {
        after = seq;
        last = `${facility}: ${text}`;
        if (!that.pattern.test(last.slice(0, 500))) continue;
        used.log = seq;
        return true;
      }
      return false;
    },
    found: () => (last === undefined ? 'no log line' : `'${last}' as the last line`),
    used,
  };
};

const watchAccesses = (that: Of<'accesses'>, env: ScenarioEnv, recording: Recording, from: number): Watch => {
  const used: { record?: number } = {};
  let next = from;
  let matched = 0;
  return {
    holds() {
      for (; next < recording.count && matched < that.wanted.length; next++) {
        const record = recording.at(next);
        const wanted = that.wanted[matched];
        if (wanted === undefined || record.op !== wanted.op || record.at !== wanted.at) continue;
        if (wanted.value !== null && record.value !== wanted.value) continue;
        if (!recording.byDriver(record) || recording.device(record) !== that.device) continue;
        matched++;
      }
      if (matched < that.wanted.length) return false;
      used.record ??= next;
      return true;
    },
    found() {
      const missing = that.wanted[matched];
      if (missing === undefined) return 'all of them';
      return `${matched} of ${that.wanted.length}; no ${missing.op} of ${registerName(env, that.device, missing.at)} after that`;
    },
    used,
  };
};

const watchWrites = (that: Of<'writes'>, recording: Recording, from: number): Watch => {
  let next = from;
  let count = 0;
  return {
    holds() {
      for (; next < recording.count; next++) {
        const record = recording.at(next);
        if (record.op !== 'write' || !recording.byDriver(record) || recording.device(record) !== that.device) continue;
        if (that.spans?.some(([first, last]) => record.at >= first && record.at <= last) ?? true) count++;
      }
      return count >= that.min && count <= that.max;
    },
    found: () => `${count} writes`,
    used: {},
  };
};

const fits = (raw: number, { mask, value }: Bits): boolean => ((raw ^ value) & mask) === 0;

/** `PCS_STAT1`, or `3.9A2Ch` where there is no name. */
export const registerName = (env: ScenarioEnv, device: string, at: number): string =>
  nameAt(env.device(device).device.registers, at) ?? printC45(at);

/** `0006h (LSTATUS, LPABLE)`. */
const printLevel = (env: ScenarioEnv, device: string, at: number, raw: number): string => {
  const { registers } = env.device(device).device;
  const register = registers[nameAt(registers, at) ?? ''];
  const text = register === undefined ? '' : describe(register, raw);
  return `${raw.toString(16).toUpperCase().padStart(4, '0')}h${text && ` (${text})`}`;
};
