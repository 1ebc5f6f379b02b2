/** Who is on the bus: drivers of this lab by their presence, devices of other labs by their announcements. */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type DeviceNotice, parseNotice, parsePresence } from '#bus/announce.ts';
import { LOG_LEVELS, type ModuleView } from '#bus/api.ts';
import type { BusClient } from '#bus/client.ts';
import { parseTopic, ROOT, topics } from '#bus/topics.ts';
import type { KernelLog } from './kernel-log.ts';

/** Most modules and foreign devices remembered; beyond that newcomers are not listed. */
const LIMIT = 1000;

/** Follows the retained topics; forgets what says goodbye in order, keeps what died until it is replaced. */
export class Presences {
  readonly #lab: string;
  readonly #log: KernelLog;
  readonly #modules = new Map<string, ModuleView>();
  readonly #foreign = new Map<string, DeviceNotice>();
  readonly #listeners = new Set<() => void>();

  constructor(lab: string, log: KernelLog) {
    this.#lab = lab;
    this.#log = log;
  }

  /** Subscribes; resolves when the broker has taken it. */
  async follow(client: BusClient): Promise<void> {
    const mine = topics(this.#lab);
    await client.link.subscribe(mine.client('+'), (topic, payload, retained) => {
      const name = parseTopic(topic)?.name;
      if (name !== undefined) this.#presence(name, payload, retained);
    });
    await client.link.subscribe(mine.log('+'), (topic, payload) => {
      const name = parseTopic(topic)?.name;
      if (name !== undefined) this.#lines(name, payload);
    });
    await client.link.subscribe(`${ROOT}/+/device/+`, (topic, payload) => {
      const about = parseTopic(topic);
      if (about !== undefined && about.lab !== this.#lab)
        this.#device(`${about.lab}/${about.name}`, about.lab, payload);
    });
  }

  /** Modules of this lab, in the order they came. */
  get modules(): readonly ModuleView[] {
    return [...this.#modules.values()];
  }

  /** Devices that other labs announce on the same broker. */
  get foreign(): readonly DeviceNotice[] {
    return [...this.#foreign.values()];
  }

  /** Enters or changes a module; what failed or died before on the same device is forgotten. */
  put(view: ModuleView): void {
    if (!this.#modules.has(view.client)) {
      if (this.#modules.size >= LIMIT) return;
      for (const { client, device, state } of this.#modules.values())
        if (device === view.device && (state === 'failed' || state === 'gone')) this.#modules.delete(client);
    }
    this.#modules.set(view.client, view);
    this.#changed();
  }

  forget(client: string): void {
    if (this.#modules.delete(client)) this.#changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #presence(client: string, payload: Uint8Array, retained: boolean): void {
    const presence = parsePresence(payload);
    if (presence === undefined) {
      // a goodbye; why it failed stays to be read
      if (payload.length === 0 && this.#modules.get(client)?.state !== 'failed') this.forget(client);
      return;
    }
    const known = this.#modules.get(client);
    if (presence.role !== 'driver' && known === undefined) return;
    if (presence.state === 'gone') {
      if (known === undefined || retained || known.state === 'failed') return;
      // the death of an older session of the same client says nothing of the one that is there
      if (known.session !== '' && known.session !== presence.session) return;
      this.put({ ...known, state: 'gone', link: null });
      return;
    }
    if (!Value.Check(DriverPresence, presence)) return;
    this.put({
      client,
      session: presence.session,
      module: presence.module,
      device: presence.device,
      params: presence.params ?? known?.params ?? {},
      pid: presence.pid ?? known?.pid ?? null,
      state: presence.state,
      error: presence.error ?? null,
      link: presence.link ?? null,
      since: presence.since ?? known?.since ?? new Date().toISOString(),
    });
  }

  #device(key: string, lab: string, payload: Uint8Array): void {
    const notice = parseNotice(payload);
    const gone = notice === undefined || notice.state === 'gone' || notice.lab !== lab;
    if (gone) this.#foreign.delete(key);
    else if (this.#foreign.size < LIMIT) this.#foreign.set(key, notice);
    this.#changed();
  }

  #lines(client: string, payload: Uint8Array): void {
    const lines = parseLines(payload);
    if (lines === undefined) {
      this.#log.add('warning', 'lab', `${client} sent a log message that is none (${payload.length} bytes)`);
      return;
    }
    for (const { level, facility, text } of lines) this.#log.add(level, facility, text);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

const text = (maxLength: number) => Type.String({ maxLength });
const optional = <T extends Parameters<typeof Type.Optional>[0]>(type: T) =>
  Type.Optional(Type.Union([type, Type.Null()]));

const DriverPresence = Type.Object({
  session: text(64),
  module: text(64),
  device: text(64),
  state: Type.Enum(['loading', 'probing', 'live', 'failed', 'waiting']),
  params: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  pid: optional(Type.Integer({ minimum: 1 })),
  error: optional(Type.Object({ code: text(16), message: text(2000) })),
  link: optional(Type.Enum(['up', 'down'])),
  since: Type.Optional(text(40)),
});

const Lines = Type.Array(Type.Object({ level: Type.Enum([...LOG_LEVELS]), facility: text(64), text: text(10_000) }), {
  maxItems: 1000,
});

const parseLines = (payload: Uint8Array): Static<typeof Lines> | undefined => {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(payload));
    return Value.Check(Lines, parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};
