/** The names of everything on the bus: `ferrolab/1/{lab}/…`, built and parsed in one place. */
import { LabError } from './errors.ts';

export const ROOT = 'ferrolab/1';

/** Lab, device and client names: what every broker, file system and shell takes as it is. */
const NAME = /^[A-Za-z0-9_-]{1,23}$/;

export const isName = (name: string): boolean => NAME.test(name);

/** The name itself; throws EINVAL when it is not one. */
export const checkName = (what: string, name: string): string => {
  if (isName(name)) return name;
  throw new LabError('EINVAL', `${what} ${JSON.stringify(name.slice(0, 40))} takes 1 to 23 of A-Z a-z 0-9 _ -`);
};

/** Topics of one lab; `'+'` in place of a name makes a subscription to all of them. */
export const topics = (lab: string) => {
  const at = `${ROOT}/${lab}`;
  return {
    device: (device: string) => `${at}/device/${device}`,
    request: (device: string) => `${at}/device/${device}/request`,
    interrupt: (device: string) => `${at}/device/${device}/interrupt`,
    trace: (device: string) => `${at}/device/${device}/trace`,
    client: (client: string) => `${at}/client/${client}`,
    reply: (client: string) => `${at}/client/${client}/reply`,
    log: (client: string) => `${at}/client/${client}/log`,
    /** The lab asks a driver for what it offers, its disk or its screen… */
    diskRequest: (client: string) => `${at}/client/${client}/request`,
    /** …and the driver answers. */
    diskAnswer: (client: string) => `${at}/client/${client}/answer`,
    run: (run: string) => `${at}/run/${run}`,
    /** The lab's time, retained: see `TimeWord`. */
    time: () => `${at}/time`,
  } as const;
};

/** What a topic is about: `thing` is `device`, `client` or `run`; `leaf` is null for the retained topic of the thing itself. */
export interface Topic {
  readonly lab: string;
  readonly thing: 'device' | 'client' | 'run';
  readonly name: string;
  readonly leaf: string | null;
}

const LEAVES = {
  device: ['request', 'interrupt', 'trace'],
  client: ['reply', 'log', 'request', 'answer'],
  run: [],
} as const;

/** Undefined for a topic that is none of ours. */
export const parseTopic = (topic: string): Topic | undefined => {
  const [root, version, lab, thing, name, leaf, ...more] = topic.split('/');
  if (`${root}/${version}` !== ROOT || more.length > 0 || lab === undefined || name === undefined) return undefined;
  if (!isName(lab) || !isName(name)) return undefined;
  if (thing !== 'device' && thing !== 'client' && thing !== 'run') return undefined;
  if (leaf !== undefined && !(LEAVES[thing] as readonly string[]).includes(leaf)) return undefined;
  return { lab, thing, name, leaf: leaf ?? null };
};

/** True for a subscription that more than one topic may fall under. */
export const isPattern = (filter: string): boolean => filter.includes('+') || filter.includes('#');

/** True when a topic falls under a subscription: `+` is one level, a closing `#` the rest. */
export const matches = (filter: string, topic: string): boolean => {
  if (filter === topic) return true;
  const want = filter.split('/');
  const levels = topic.split('/');
  for (let i = 0; i < want.length; i++) {
    if (want[i] === '#') return true;
    if (i >= levels.length || (want[i] !== '+' && want[i] !== levels[i])) return false;
  }
  return want.length === levels.length;
};
