/** Devices as the API and the feed show them: panel, lamp, owner, link and since when. */
import { createHash } from 'node:crypto';
import type { DeviceView, LampState, ModuleView, OwnerView, RegisterView } from '#bus/api.ts';
import type { Clock } from '#bus/clock.ts';
import type { VirtualDevice } from '#bus/device.ts';
import type { ServedDevice } from '#bus/device-serve.ts';
import { printC45 } from '#datasheets/c45.ts';
import { describe } from '#regmap/codec.ts';
import type { Bench, BenchDevice } from './bench.ts';
import type { DeviceKind } from './bench-spec.ts';
import { LINKS, portsOf } from './device-kinds.ts';
import type { Presences } from './presences.ts';
import { PARTS, type Part } from './scenario/parts.ts';

export interface DeviceViewsOptions {
  readonly lab: string;
  readonly clock: Clock;
  readonly bench: Bench;
  readonly presences: Presences;
  /** The device's end of the bus; undefined while it is not on the bus. */
  readonly served: (device: string) => ServedDevice | undefined;
}

export class DeviceViews {
  readonly #options: DeviceViewsOptions;
  readonly #links = new Map<string, { link: 'up' | 'down' | null; since: number }>();

  constructor(options: DeviceViewsOptions) {
    this.#options = options;
  }

  /** Every device of this lab, then those of other labs on the same broker. */
  all(): readonly DeviceView[] {
    const { bench, presences } = this.#options;
    return [...[...bench.devices.values()].map((device) => this.#local(device)), ...presences.foreign.map(remoteView)];
  }

  /** One device of this lab; ENOENT when there is none. */
  one(name: string): DeviceView {
    return this.#local(this.#options.bench.device(name));
  }

  /** Notes changes of link state, so that `linkSince` is right though nobody looks. */
  watch(): void {
    for (const { name, device } of this.#options.bench.devices.values())
      this.#link(name, LINKS[device.kind]?.(device.inspect()) ?? null);
  }

  #local({ name, device }: BenchDevice): DeviceView {
    const { lab, served, presences } = this.#options;
    const panel = device.inspect();
    const link = LINKS[device.kind]?.(panel) ?? null;
    const faults = device.activeFaults;
    const port = served(name);
    const owner = ownerView(port?.owner() ?? null, presences.modules);
    // a driver that panicked is failed and keeps its device
    const failed = presences.modules.some(
      ({ device: of, state, client }) =>
        of === name && state === 'failed' && (owner === null || client === owner.client),
    );
    return {
      name,
      lab,
      remote: false,
      kind: device.kind,
      ports: portsOf(device.kind),
      datasheet: datasheetHash(device),
      session: port?.session ?? '',
      lamp: lampOf({ link, owner, faulty: faults.length > 0 || failed }),
      link,
      linkSince: this.#link(name, link),
      owner,
      faults,
      panel,
    };
  }

  #link(name: string, link: 'up' | 'down' | null): number {
    const known = this.#links.get(name);
    if (known?.link === link) return known.since;
    const since = this.#options.clock.now();
    this.#links.set(name, { link, since });
    return since;
  }
}

/** Every declared register of a device: level, what the next bus read returns, and that in words. */
export const registerViews = ({ device }: BenchDevice): readonly RegisterView[] =>
  Object.keys(device.registers).flatMap((name) => registerView(device, name) ?? []);

/** One declared register; undefined when the table has none of that name. */
export const registerView = (device: BenchDevice['device'], name: string): RegisterView | undefined => {
  const register = device.registers[name];
  if (register === undefined) return undefined;
  const { at } = register;
  const next = device.look(at);
  return { name, at, address: printAddress(device, at), level: device.peek(at), next, text: describe(register, next) };
};

/** As the datasheet prints it: `3.0001h`; a byte offset, `1010h`, for a device without management registers. */
export const printAddress = ({ kind }: Pick<VirtualDevice, 'kind'>, at: number): string =>
  portsOf(kind).includes('mdio') ? printC45(at) : `${at.toString(16).toUpperCase().padStart(4, '0')}h`;

/** Twelve hexadecimal digits that change when the datasheet does: its registers, or its attributes where it has no registers. */
export const datasheetHash = ({ kind, registers }: Pick<VirtualDevice, 'kind' | 'registers'>): string => {
  const declared = Object.keys(registers).length > 0 ? registers : partOf(kind)?.attributes;
  if (declared === undefined) return '';
  const known = hashes.get(declared);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(JSON.stringify(declared)).digest('hex').slice(0, 12);
  hashes.set(declared, hash);
  return hash;
};
const hashes = new WeakMap<object, string>();

const partOf = (kind: string): Part | undefined => (Object.hasOwn(PARTS, kind) ? PARTS[kind as DeviceKind] : undefined);

const lampOf = (of: { link: DeviceView['link']; owner: OwnerView | null; faulty: boolean }): LampState => {
  if (of.faulty) return 'fault';
  if (of.owner === null) return 'off';
  return of.link === 'down' ? 'wait' : 'ok';
};

type Lease = NonNullable<ReturnType<ServedDevice['owner']>>;

const ownerView = (lease: Lease | null, modules: readonly ModuleView[]): OwnerView | null => {
  if (lease === null) return null;
  const { client, module, leaseMs, leaseOfMs } = lease;
  const presence = modules.find((known) => known.client === client);
  return { client, module, pid: presence?.pid ?? null, leaseMs, leaseOfMs, link: presence?.link ?? null };
};

const remoteView = (notice: Presences['foreign'][number]): DeviceView => ({
  name: notice.device,
  lab: notice.lab,
  remote: true,
  kind: notice.kind,
  ports: notice.ports,
  datasheet: notice.datasheet,
  session: notice.session,
  lamp: notice.owner === null ? 'off' : 'ok',
  link: null,
  linkSince: 0,
  owner: notice.owner === null ? null : { ...notice.owner, pid: null, leaseMs: 0, leaseOfMs: 0, link: null },
  faults: [],
  panel: null,
});
