/** Events of a recording, checked as they are read: what a reader acts upon has the shape it says. */
import { LabError } from '#bus/errors.ts';
import { FORMAT, type RecordingEvent } from './format.ts';
import { damaged } from './pcapng.ts';

type Raw = Readonly<Record<string, unknown>>;

const WORDS = new TextDecoder('utf-8', { fatal: true });

/** An EINVAL names the byte and what is wrong there. */
export const parseEvent = (payload: Uint8Array, at: number): RecordingEvent => {
  const given = json(payload, at);
  if (!isObject(given) || typeof given.event !== 'string') throw damaged(at, 'an event without a name');
  if (!isTime(given.time)) throw damaged(at, `event '${given.event.slice(0, 40)}' without a time`);
  const check = Object.hasOwn(SHAPES, given.event) ? SHAPES[given.event] : undefined;
  const wrong = check?.(given);
  if (wrong !== undefined) throw damaged(at, `event '${given.event}': ${wrong}`);
  return given as Raw as unknown as RecordingEvent; // the shape was looked at just above
};

const json = (payload: Uint8Array, at: number): unknown => {
  try {
    return JSON.parse(WORDS.decode(payload));
  } catch {
    throw damaged(at, 'an event that is no JSON');
  }
};

const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isScenario = (value: unknown): boolean =>
  isObject(value) && isText(value.name) && isText(value.file) && isText(value.yaml);
const isLink = (value: unknown): boolean => value === null || value === 'up' || value === 'down';

const SIZES = ['capacitySectors', 'blockBytes', 'submitQueues', 'pollQueues', 'queueDepth', 'maxSectors'] as const;
const FLAGS = ['readOnly', 'rotational', 'sharedTags', 'virtBoundary'] as const;
const ZONES = ['zoneSectors', 'zones', 'conventional', 'maxOpen', 'maxActive', 'maxAppendSectors'] as const;
/** More queues or deeper ones has no device: a driver makes room for each. */
const QUEUES_LIMIT = 1024;
const DEPTH_LIMIT = 65_536;
const isIdentity = (given: unknown): boolean => {
  if (!isObject(given) || !SIZES.every((size) => isCount(given[size])) || !isTexts(given.features)) return false;
  if (!FLAGS.every((flag) => typeof given[flag] === 'boolean')) return false;
  if (Number(given.submitQueues) + Number(given.pollQueues) > QUEUES_LIMIT) return false;
  if (Number(given.queueDepth) > DEPTH_LIMIT || Number(given.blockBytes) > 1 << 20) return false;
  const { zoned } = given;
  return zoned === null || (isObject(zoned) && ZONES.every((size) => isCount(zoned[size])));
};

const LISTS = ['devices', 'requesters', 'texts'] as const;

/** What is wrong with an event, or undefined. */
const SHAPES: Readonly<Record<string, (event: Raw) => string | undefined>> = {
  recording(event) {
    const { format } = event;
    if (!isCount(format) || format === 0) return `format is ${String(format)}`;
    if (format > FORMAT)
      throw new LabError(
        'EINVAL',
        `was written by a newer Ferrolab (${String(event.ferrolab).slice(0, 40)}): format ${format}; this one reads up to ${FORMAT}`,
      );
    if (event.mode !== 'virtual' && event.mode !== 'live') return `mode is ${String(event.mode).slice(0, 40)}`;
    if (!isText(event.ferrolab) || !isCount(event.seed)) return 'version or seed is missing';
    if (event.startedAt !== null && (!isText(event.startedAt) || Number.isNaN(Date.parse(event.startedAt))))
      return 'startedAt is no time';
    if (!isObject(event.bench) || !isObject(event.datasheets)) return 'bench or datasheets is missing';
    return event.scenario === null || isScenario(event.scenario) ? undefined : 'scenario is none';
  },
  names(event) {
    const { from } = event;
    if (!isObject(from) || !LISTS.every((list) => isCount(from[list]))) return 'from is missing';
    return LISTS.every((list) => isTexts(event[list])) ? undefined : 'a list is missing';
  },
  log: ({ level, facility, text }) => (isText(level) && isText(facility) && isText(text) ? undefined : 'no line'),
  driver: ({ device, module, state, link }) =>
    isText(device) && isText(module) && isText(state) && isLink(link) ? undefined : 'no state of a driver',
  link: ({ device, link }) => (isText(device) && isLink(link) ? undefined : 'no link'),
  scenario: ({ scenario, seed }) => (isScenario(scenario) && isCount(seed) ? undefined : 'no scenario'),
  step: ({ index, title, state }) => (isCount(index) && isText(title) && isText(state) ? undefined : 'no step'),
  firmware: ({ name, sha256 }) => (isText(name) && isText(sha256) ? undefined : 'no file'),
  identity: ({ device, identity }) => {
    if (!isText(device)) return 'no device';
    return identity === null || isIdentity(identity) ? undefined : 'no identity of a block device';
  },
  frame: ({ device, width, height, crc, picture }) =>
    isText(device) && [width, height, crc].every(isCount) && (picture === null || isCount(picture))
      ? undefined
      : 'no frame',
  gap: ({ missing }) => (isCount(missing) ? undefined : `${String(missing)} missing`),
  mark: ({ seq }) => (isCount(seq) ? undefined : 'no sequence number'),
  run: ({ run }) => (isObject(run) && isText(run.verdict) && isCount(run.seed) ? undefined : 'no run'),
};
