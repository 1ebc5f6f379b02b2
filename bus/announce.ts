/** What devices and clients say of themselves, retained: JSON on the topic of the thing, with the session that says it. */
import { isName } from './topics.ts';

/** Retained at `device/{device}`: birth, state and, as the connection's last will, death. */
export interface DeviceNotice {
  readonly device: string;
  readonly lab: string;
  readonly kind: string;
  readonly ports: readonly string[];
  /** Hash of the datasheet's table. */
  readonly datasheet: string;
  /** Of the connection that serves the device; a death of another session is stale. */
  readonly session: string;
  readonly state: 'here' | 'gone';
  readonly owner: { readonly client: string; readonly module: string } | null;
  /** Counts changes of owner within the session, so that an old notice is told from a new one. */
  readonly change: number;
}

/** Retained at `client/{client}`: a driver's is a ModuleView with `role` besides. */
export interface Presence {
  readonly client: string;
  readonly session: string;
  readonly role: string;
  /** `gone` when it is dead; a driver's others are those of ModuleState. */
  readonly state: string;
  readonly [field: string]: unknown;
}

export const encodeNotice = (notice: DeviceNotice): string => JSON.stringify(notice);

/** Undefined when the payload is empty (a thing that said goodbye) or says something else. */
export const parseNotice = (payload: Uint8Array): DeviceNotice | undefined => {
  const said = parseObject(payload);
  if (said === undefined) return undefined;
  const { device, lab, kind, ports, datasheet, session, state, owner, change } = said;
  if (!isText(device) || !isName(device) || !isText(lab) || !isName(lab)) return undefined;
  if (!isText(kind) || !isText(session) || (state !== 'here' && state !== 'gone')) return undefined;
  return {
    device,
    lab,
    kind,
    ports: Array.isArray(ports) ? ports.filter(isText) : [],
    datasheet: isText(datasheet) ? datasheet : '',
    session,
    state,
    owner: parseOwner(owner),
    change: typeof change === 'number' ? change : 0,
  };
};

/** Undefined when the payload is empty (a client that said goodbye) or says something else. */
export const parsePresence = (payload: Uint8Array): Presence | undefined => {
  const said = parseObject(payload);
  if (said === undefined) return undefined;
  const { client, session, role, state } = said;
  if (!isText(client) || !isName(client) || !isText(session) || !isText(state)) return undefined;
  return { ...said, client, session, role: isText(role) ? role : 'watcher', state };
};

/** The name a client's accesses go by in the trace: its module, else itself. */
export const moduleOf = (client: string, presence: Presence | undefined): string => {
  const module = presence?.module;
  return isText(module) && isName(module) ? module : client;
};

const parseOwner = (owner: unknown): DeviceNotice['owner'] => {
  if (!isObject(owner)) return null;
  const { client, module } = owner;
  return isText(client) && isText(module) ? { client, module } : null;
};

/** Nothing the lab says of itself is larger; what is, is not read. */
const MAX_BYTES = 64 * 1024;

const parseObject = (payload: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  if (payload.length === 0 || payload.length > MAX_BYTES) return undefined;
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(payload));
    return isObject(said) ? said : undefined;
  } catch {
    return undefined;
  }
};

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
