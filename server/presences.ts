/** Who is on the bus: drivers of this lab by their presence, devices of other labs by their announcements. */
import { type DeviceNotice, parseNotice, parsePresence } from '#bus/announce.ts';
import type { ModuleView } from '#bus/api.ts';
import type { BusClient } from '#bus/client.ts';
import { parseTopic, ROOT, topics } from '#bus/topics.ts';
import { driverSaid, linesSaid } from './driver-words.ts';
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
    const said = driverSaid(presence);
    if (said === undefined) return;
    this.put({
      client,
      session: said.session,
      module: said.module,
      device: said.device,
      params: said.params ?? known?.params ?? {},
      pid: said.pid ?? known?.pid ?? null,
      state: said.state,
      error: said.error ?? null,
      link: said.link ?? null,
      since: said.since ?? known?.since ?? new Date().toISOString(),
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
    const lines = linesSaid(payload);
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
