/** A disk: takes work of any size, cuts it into requests, and answers each piece of work exactly once. */
import type { BlockOp, BlockStatus } from '#bus/block.ts';
import { SECTOR_BYTES } from '#bus/block.ts';
import type { Bio, BioResult, Disk } from '#bus/disk.ts';
import { ZONE_DESCRIPTOR_BYTES } from '#datasheets/null-blk.ts';
import type { Kernel } from '../kernel/module.ts';
import { type Fragment, refuse, type SegmentedBio, split } from './bio.ts';
import { type DiskStat, DiskStats } from './disk-stats.ts';
import { FlushMachine } from './flush-machine.ts';
import { checkLimits, type QueueLimits } from './limits.ts';
import type { Misuse } from './misuse.ts';
import type { Operations } from './operations.ts';
import type { StartedRequest } from './request.ts';
import { RequestQueue } from './request-queue.ts';
import type { TagSet } from './tag-set.ts';
import type { WitnessedPort } from './witnessed-port.ts';
import { GONE, type Work, type WorkResult } from './work.ts';
import { ZonePlugs } from './zone-plugs.ts';

/** What of the kernel a disk stands on. */
export type DiskGround = Pick<Kernel, 'clock' | 'pr' | 'finding' | 'addDisk' | 'onExit'>;

export interface GenDiskOptions<H> {
  readonly capacity: number;
  readonly limits: QueueLimits;
  readonly drainNs: number;
  readonly pollEveryNs: number;
  readonly port: WitnessedPort | undefined;
  readonly tagSet: TagSet;
  readonly operations: Operations<H>;
  readonly kernel: DiskGround;
}

export class GenDisk<H = undefined> implements Disk {
  readonly name: string;
  readonly #options: GenDiskOptions<H>;
  readonly #queue: RequestQueue<H>;
  readonly #stats: DiskStats;
  readonly #flushes: FlushMachine;
  readonly #plugs = new ZonePlugs();
  #capacity: number;
  #limits: QueueLimits;
  #lane = 0;
  #refused = 0;
  #dead = false;

  /** Only for the builder. */
  constructor(name: string, options: GenDiskOptions<H>) {
    const { kernel, tagSet, operations, port, limits, pollEveryNs } = options;
    this.name = name;
    this.#options = options;
    this.#capacity = options.capacity;
    this.#limits = limits;
    this.#stats = new DiskStats(kernel.clock);
    this.#flushes = new FlushMachine(async () => (await this.#request({ ...FLUSH, lane: this.#lane++ })).status);
    this.#queue = new RequestQueue({
      clock: kernel.clock,
      pr: kernel.pr,
      finding: kernel.finding,
      tagSet,
      operations,
      stats: this.#stats,
      zoned: (sector) => this.#sequentialZone(sector) !== undefined,
      reportBytes: (limits.zones?.zones ?? 0) * ZONE_DESCRIPTOR_BYTES,
      pollEveryNs,
      watched: port !== undefined,
    });
    port?.watch(this.#queue.watcher);
  }

  get capacitySectors(): number {
    return this.#capacity;
  }

  get blockBytes(): number {
    return this.#limits.logicalBlockBytes;
  }

  get limits(): QueueLimits {
    return this.#limits;
  }

  get inflight(): number {
    return this.#queue.inflight;
  }

  /** Misuses of the driver so far, by kind. */
  get misuses(): ReadonlyMap<Misuse, number> {
    return this.#queue.misuses;
  }

  stat(): DiskStat {
    return this.#stats.view();
  }

  /** Bios no device has seen: beyond the end, misaligned, not supported. */
  get refused(): number {
    return this.#refused;
  }

  /** The device has another size now. */
  setCapacity(sectors: number): void {
    if (sectors === this.#capacity) return;
    this.#options.kernel.pr.info(`${this.name}: capacity ${this.#capacity} -> ${sectors} sectors`);
    this.#capacity = sectors;
  }

  /** The device is away: nothing new reaches it. What the driver has, the driver ends: `busyIter`. */
  markDead(dead = true): void {
    this.#dead = dead;
  }

  /** Each request that the driver has now. */
  busyIter(each: (rq: StartedRequest) => void): void {
    this.#queue.busyIter(each);
  }

  /** The device can do other things now. */
  setLimits(limits: Partial<QueueLimits>): void {
    const all = { ...this.#limits, ...limits };
    checkLimits(all);
    this.#limits = all;
  }

  /** The request in flight with a tag, or with one use of it. */
  tagToRq(hctx: number, tag: number, generation?: number): StartedRequest | undefined {
    return this.#queue.tagToRq(hctx, tag, generation);
  }

  async submit(bio: SegmentedBio): Promise<BioResult> {
    if (this.#dead) return GONE;
    const refusal = refuse(bio, this.#capacity, this.#limits);
    if (refusal !== undefined) {
      if (this.#refused++ === 0) this.#options.kernel.pr.notice(`${this.name}: refused: ${refusal.why}`);
      return { status: refusal.status };
    }
    const { volatileCache, fua: hasFua } = this.#limits;
    if (bio.op === 'flush') return { status: volatileCache ? await this.#flushes.flush() : 'OK' };
    if (bio.preflush === true && volatileCache) {
      const status = await this.#flushes.flush();
      if (status !== 'OK') return { status };
    }
    const fua = bio.fua === true && volatileCache && bio.op !== 'read';
    const result = await this.#fragments(bio, fua && hasFua);
    if (!fua || hasFua || result.status !== 'OK') return result;
    const status = await this.#flushes.flush();
    return status === 'OK' ? result : { status };
  }

  /** Ends everything and lets go of the port; happens by itself on unload. */
  async remove(): Promise<void> {
    const { port, drainNs } = this.#options;
    await this.#queue.remove(drainNs, () => port?.listening ?? true);
    port?.close();
  }

  async #fragments(bio: SegmentedBio, fua: boolean): Promise<BioResult> {
    const lane = this.#lane++;
    const fragments = split(bio, this.#limits);
    const results = await Promise.all(fragments.map((fragment) => this.#fragment(bio, fragment, fua, lane)));
    const failed = results.find(({ status }) => status !== 'OK');
    if (failed !== undefined) return { status: failed.status };
    const [only] = results;
    if (only !== undefined && results.length === 1) return only;
    if (!results.some(({ data }) => data !== undefined)) return { status: 'OK' };
    const whole = new Uint8Array(bio.sectors * SECTOR_BYTES);
    results.forEach(({ data }, i) => {
      if (data !== undefined) whole.set(data, fragments[i]?.offset ?? 0);
    });
    return { status: 'OK', data: whole };
  }

  #fragment(bio: Bio, fragment: Fragment, fua: boolean, lane: number): Promise<WorkResult> {
    const { offset, sectors } = fragment;
    // Zeroes a device cannot write by itself are written as data.
    const op: BlockOp = fragment.op === 'write_zeroes' && !this.#limits.writeZeroes ? 'write' : fragment.op;
    const payload = bio.data?.subarray(offset, offset + sectors * SECTOR_BYTES);
    const work = {
      op,
      sector: fragment.sector,
      sectors,
      fua: fua && op !== 'discard',
      noUnmap: bio.noUnmap === true && op === 'write_zeroes',
      polled: bio.polled === true,
      payload: op === 'write' || op === 'zone_append' ? payload : undefined,
      lane,
    };
    const emulated = op === 'zone_append' && this.#limits.zones?.maxAppendSectors === 0;
    const zone = op === 'write' || emulated ? this.#sequentialZone(fragment.sector) : undefined;
    if (zone === undefined) return this.#request(work);
    return this.#plugs.through(zone, () => (emulated ? this.#emulateAppend(work) : this.#request(work)));
  }

  /** A device without appends: the write pointer is asked for, then written at. */
  async #emulateAppend(work: Omit<Work, 'done'> & { readonly lane: number }): Promise<WorkResult> {
    const report = await this.#request({ ...work, ...NO_PAYLOAD, op: 'zone_report', sectors: 1 });
    if (report.status !== 'OK' || report.data === undefined) return { status: zoneError(report.status) };
    const { buffer, byteOffset } = report.data;
    const pointer = Number(new DataView(buffer, byteOffset).getBigUint64(16, true));
    const written = await this.#request({ ...work, op: 'write', sector: pointer });
    return written.status === 'OK' ? { ...written, sector: pointer } : written;
  }

  #request({ lane, ...work }: Omit<Work, 'done'> & { readonly lane: number }): Promise<WorkResult> {
    return new Promise((resolve) => this.#queue.add({ ...work, done: resolve }, lane));
  }

  #sequentialZone(sector: number): number | undefined {
    const { zones } = this.#limits;
    if (zones === null) return undefined;
    const zone = Math.floor(sector / zones.zoneSectors);
    return zone < zones.conventional ? undefined : zone;
  }
}

const NO_PAYLOAD = { payload: undefined, fua: false, noUnmap: false, polled: false } as const;
const FLUSH = { op: 'flush', sector: 0, sectors: 0, ...NO_PAYLOAD } as const;
const zoneError = (status: BlockStatus): BlockStatus => (status === 'OK' ? 'IOERR' : status);
