/** One bus fault: which accesses it is about, when it acts on them, and what it does to the ruling. */
import { settle } from '#regmap/params.ts';
import type { Clock } from '../clock.ts';
import { LabError, unknownName } from '../errors.ts';
import { Random, seedOf } from '../random.ts';
import { BUS_FAULT_KINDS, BUS_FAULTS, type BusFaultKind, type Effect } from './effects.ts';
import type { Ruling } from './ruling.ts';
import { Schedule, scheduleText } from './schedule.ts';
import type { Touch } from './touch.ts';
import type { BusFaultSpec, BusFaultView } from './views.ts';

/** Writes the row of one firing. */
export type Fire = (text: string, old: number, value: number) => void;

export class BusFault {
  readonly name: string;
  readonly spec: BusFaultSpec;
  readonly effect: Effect;
  readonly #clock: Clock;
  readonly #random: Random;
  #schedule: Schedule;
  #on = false;
  /** Of a disconnection, by device: until when. */
  readonly #out = new Map<string, number>();

  /** Throws EINVAL for a parameter or a schedule that is none, ENOENT for an effect nobody knows. */
  constructor(name: string, spec: BusFaultSpec, { clock, seed }: { clock: Clock; seed: number }) {
    this.name = name;
    this.spec = spec;
    this.effect = effectOf(spec);
    this.#clock = clock;
    this.#random = new Random(spec.seed ?? seedOf(seed, name));
    this.#schedule = new Schedule(spec, this.#random);
  }

  get on(): boolean {
    return this.#on;
  }

  switch(on: boolean): void {
    if (on && !this.#on) this.#schedule.begin(this.#clock);
    if (!on) this.#out.clear();
    this.#on = on;
  }

  view(): BusFaultView {
    const { matches, firings, spent } = this.#schedule;
    const { name, spec, effect } = this;
    return { ...spec, name, on: this.#on, params: effect.params, text: this.text, matches, firings, spent };
  }

  /** `bit-flip bit=3 of write SRAM, number 3`. */
  get text(): string {
    const { device, when = '' } = this.spec;
    const given = Object.entries(this.spec.params ?? {}).map(([name, value]) => `${name}=${String(value)}`);
    const what = [this.effect.kind, ...given].join(' ');
    const where = [when.trim() === '' ? 'every access' : when.trim(), device === undefined ? '' : `of ${device}`];
    const schedule = scheduleText(this.spec);
    return `${what}: ${where.filter((part) => part !== '').join(' ')}${schedule === '' ? '' : `, ${schedule}`}`;
  }

  /** Adds to the ruling what this fault does to the access; `fits` is asked once. */
  rule(touch: Touch, fits: (touch: Touch) => boolean, ruling: Ruling, fire: Fire): void {
    if (!this.#on) return;
    const now = this.#clock.now();
    const out = this.#out.get(touch.device);
    if (out !== undefined && now < out) {
      ruling.fate = 'lost';
      ruling.disconnected = true;
      return;
    }
    if (!applies(this.effect.kind, touch) || !fits(touch) || !this.#schedule.take(now)) return;
    this.#act(touch, ruling, fire, now);
  }

  #act(touch: Touch, ruling: Ruling, fire: Fire, now: number): void {
    const { effect } = this;
    const random = this.#random;
    ruling.by = this.name;
    switch (effect.kind) {
      case 'delay': {
        const ns = drawDelay(effect.params, random);
        ruling.delayNs += ns;
        fire(`${this.name} delay`, 0, Math.min(0xffffffff, ns));
        return;
      }
      case 'all-ones':
      case 'wrong-value':
      case 'stuck-bit':
      case 'bit-flip':
        ruling.changes.push({
          alter: alteration(effect, random),
          once: effect.kind === 'bit-flip',
          pick: (words) => random.below(words),
          fired: (was, value) => fire(`${this.name} ${effect.kind}`, was, value),
        });
        return;
      case 'drop':
        if (ruling.fate !== 'failed') ruling.fate = 'lost';
        break;
      case 'error':
        ruling.fate = 'failed';
        ruling.status = effect.params.status;
        break;
      case 'disconnect':
        ruling.fate = 'lost';
        ruling.disconnected = true;
        this.#out.set(touch.device, effect.params.ms === 0 ? Number.POSITIVE_INFINITY : now + effect.params.ms * 1e6);
        break;
      case 'duplicate':
        ruling.twice = true;
        break;
      case 'reorder':
        if (ruling.fate === 'pass') ruling.fate = 'later';
        ruling.waitNs = effect.params.wait_us * 1e3;
        break;
      case 'lost-address':
        ruling.lostAddress = true;
        break;
      case 'turnaround':
        ruling.badTurnaround = true;
    }
    fire(`${this.name} ${effect.kind}`, touch.old, touch.value);
  }
}

/** The effect by its name, its parameters checked. */
const effectOf = ({ effect, params = {} }: BusFaultSpec): Effect => {
  if (!Object.hasOwn(BUS_FAULTS, effect)) throw unknownName('bus fault', effect, BUS_FAULT_KINDS);
  try {
    const checked = { kind: effect, params: settle(BUS_FAULTS[effect].params, params) };
    return checked as Effect; // settled by the very declaration of this kind
  } catch (error) {
    throw new LabError('EINVAL', `bus fault ${effect}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const READS: ReadonlySet<string> = new Set(['read', 'span_read']);
const ALTERING: ReadonlySet<BusFaultKind> = new Set(['all-ones', 'wrong-value', 'stuck-bit', 'bit-flip']);
const BLOCK_DATA: ReadonlySet<string> = new Set(['read', 'write', 'zone']);

/** What cannot happen to an access is no firing: a read is not overtaken, a flush carries no bits. */
const applies = (kind: BusFaultKind, { op, slot }: Touch): boolean => {
  if (kind === 'turnaround') return op === 'read';
  if (kind === 'reorder') return slot === undefined ? !READS.has(op) : op !== 'done';
  if (ALTERING.has(kind)) return slot === undefined || BLOCK_DATA.has(op);
  return true;
};

const drawDelay = (
  { us, spread_us: spread, distribution }: { us: number; spread_us: number; distribution: string },
  random: Random,
): number => {
  if (distribution === 'uniform') return Math.max(0, Math.round((us + (2 * random.next() - 1) * spread) * 1e3));
  if (distribution === 'fixed') return Math.round(us * 1e3);
  // Box-Muller: two uniform numbers make one of a normal distribution
  const gauss = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Math.max(0, Math.round((us + gauss * spread) * 1e3));
};

const alteration = (effect: Effect, random: Random): ((value: number, widthBits: number) => number) => {
  const all = (widthBits: number): number => 2 ** widthBits - 1;
  switch (effect.kind) {
    case 'all-ones':
      return (_, bits) => all(bits);
    case 'wrong-value': {
      const { value, random: draws } = effect.params;
      return (_, bits) => ((draws ? Math.floor(random.next() * 2 ** 32) : value) & all(bits)) >>> 0;
    }
    case 'stuck-bit': {
      const { bit, level } = effect.params;
      return (value, bits) => (bit >= bits ? value : (level === 1 ? value | (1 << bit) : value & ~(1 << bit)) >>> 0);
    }
    case 'bit-flip': {
      const { bit } = effect.params;
      return (value, bits) => (value ^ (1 << (bit < 0 ? random.below(bits) : bit % bits))) >>> 0;
    }
    default:
      return (value) => value;
  }
};
