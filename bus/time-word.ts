/** What a lab says of its time on the bus: one retained word that every clock of the bench follows, and how a driver is led. */
import { LabError } from './errors.ts';

/** Slowest and fastest steady rate; beyond there is `max`. */
export const RATES = { min: 0.1, max: 100 } as const;

/** Retained at `ferrolab/1/{lab}/time`. */
export interface TimeWord {
  /** `led`: time stands but where the lab asks its drivers on, from event to event; `paused` is that without anybody asking. */
  readonly state: 'running' | 'paused' | 'led';
  /** Lab seconds a wall second while it runs; `max`: as fast as possible, which is always led. */
  readonly rate: number | 'max';
  /** Nanoseconds since the lab began, when this was said. */
  readonly now: number;
  /** That moment on the lab's wall clock, ISO 8601. */
  readonly at: string;
  /** Counts the words of one session of the lab. */
  readonly epoch: number;
  readonly session: string;
}

export const encodeTimeWord = (word: TimeWord): string => JSON.stringify(word);

/** Undefined when the payload is empty (a lab that said goodbye) or says something else. */
export const parseTimeWord = (payload: Uint8Array): TimeWord | undefined => {
  const said = parseObject(payload);
  if (said === undefined) return undefined;
  const { state, rate, now, at, epoch, session } = said;
  if (state !== 'running' && state !== 'paused' && state !== 'led') return undefined;
  if (rate !== 'max' && !isRate(rate)) return undefined;
  if (!isTime(now) || typeof at !== 'string' || !isTime(epoch) || typeof session !== 'string') return undefined;
  return { state, rate, now, at, epoch, session };
};

export const isRate = (rate: unknown): rate is number =>
  typeof rate === 'number' && rate >= RATES.min && rate <= RATES.max;

/** Body of a `time` request, lab to driver: go on to `at`, fire what is due by then, and say when nothing is left to do. */
export interface TimeAsk {
  readonly at: number;
}

/** The answer: nothing happens in the driver any more before `next`, unless it hears something. */
export interface TimeAnswer {
  /** Where its clock stands: a word takes a while to arrive, so this may be a little past what was asked. */
  readonly now: number;
  /** Its clock's next deadline; null when it has none. */
  readonly next: number | null;
  /** Number of its latest request to a device; null before the first. */
  readonly last: number | null;
  /** Requests of its that have no answer yet, by number. */
  readonly waiting: readonly number[];
  /** Number of the latest event it heard from its device… */
  readonly told: number;
  /** …and of the latest interrupt; null when it has heard none since it listens. */
  readonly interrupts: number | null;
}

export const encodeTimeAsk = (ask: TimeAsk): Uint8Array => new TextEncoder().encode(JSON.stringify(ask));
export const encodeTimeAnswer = (answer: TimeAnswer): Uint8Array => new TextEncoder().encode(JSON.stringify(answer));

/** Throws EPROTO for anything else. */
export const parseTimeAsk = (body: Uint8Array): TimeAsk => {
  const at = parseObject(body)?.at;
  if (!isTime(at)) throw new LabError('EPROTO', 'a time request takes at, in whole nanoseconds of the lab');
  return { at };
};

/** Throws EPROTO for anything else. */
export const parseTimeAnswer = (body: Uint8Array): TimeAnswer => {
  const { now, next, last, waiting, told, interrupts } = parseObject(body) ?? {};
  if (
    isTime(now) &&
    isTimeOrNone(next) &&
    isTimeOrNone(last) &&
    isTime(told) &&
    isTimeOrNone(interrupts) &&
    Array.isArray(waiting) &&
    waiting.every(isTime)
  )
    return { now, next, last, waiting, told, interrupts };
  throw new LabError('EPROTO', 'the answer to a time request takes now, next, last, waiting, told and interrupts');
};

/** Far more than either says. */
const MAX_BYTES = 64 * 1024;

const parseObject = (payload: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  if (payload.length === 0 || payload.length > MAX_BYTES) return undefined;
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof said === 'object' && said !== null ? (said as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
};

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTimeOrNone = (value: unknown): value is number | null => value === null || isTime(value);
