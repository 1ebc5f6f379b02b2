/** Virtual null block device: Linux null_blk or rnull as silicon, put together from attributes, queues, medium, zones and faults. */
import type { LogLevel } from '#bus/api.ts';
import type {
  BlockCommand,
  BlockCompletion,
  BlockEvent,
  BlockIdentity,
  BlockOp,
  BlockSilicon,
  BlockStatus,
} from '#bus/block.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import type { Clock } from '#bus/clock.ts';
import type { ActiveFault, VirtualDevice } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import { Random } from '#bus/random.ts';
import { NULLB_CONTROLS, NULLB_FAULTS, type NullbFault } from '#datasheets/null-blk-catalogue.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import { FaultBoard, settleAction } from '../fault-board.ts';
import { BadBlocks } from './bad-blocks.ts';
import type { Personality } from './config.ts';
import { Counters } from './counters.ts';
import { DirectIo, type NullbPath } from './direct-io.ts';
import type { BlockAnswer, BlockRequest } from './front.ts';
import { Injectors } from './injectors.ts';
import { Medium } from './medium.ts';
import { panel } from './panel.ts';
import { Power } from './power.ts';
import type { Powered } from './powered.ts';
import type { Answered } from './queues.ts';
import type { Compat } from './settings.ts';
import type { SharedTags } from './shared-tags.ts';
import { type NullbSnapshot, parseNullbSnapshot, pendingOf, resumePending, SNAPSHOT_LIMIT_BYTES } from './snapshot.ts';
import { Strikes } from './strikes.ts';

export interface NullbOptions {
  readonly clock: Clock;
  /** The same seed strikes the same requests. */
  readonly seed: number;
  readonly personality?: Personality;
  readonly compat?: Compat;
  /** Written before power on, by their kernel names; `power` 0 leaves it off. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Parameters the kernel module was loaded with: defaults of the attributes, and sizes of what devices share. null_blk only. */
  readonly module?: Readonly<Record<string, string>>;
  readonly cpus?: number;
  /** NUMA nodes. */
  readonly nodes?: number;
  /** Index of the disk. */
  readonly index?: number;
  /** Tags shared with other devices, when `shared_tags` is on; else it shares with nobody. */
  readonly tags?: SharedTags;
  /** Most memory that stored data take; a write beyond it is NOSPC. */
  readonly memoryBytes?: number;
  readonly log?: (level: LogLevel, text: string) => void;
}

const MEMORY_BYTES = 2 ** 30;

export class Nullb implements VirtualDevice, BlockSilicon {
  readonly kind = 'nullb';
  readonly registers = {};
  readonly spans = [];
  readonly faults = NULLB_FAULTS;
  readonly controls = NULLB_CONTROLS;
  readonly personality: Personality;
  readonly compat: Compat;
  completed: (completion: BlockCompletion) => void = () => {};
  event: (event: BlockEvent) => void = () => {};

  readonly #clock: Clock;
  readonly #random: Random;
  readonly #board = new FaultBoard(NULLB_FAULTS);
  readonly #strikes: Strikes;
  readonly #injectors: Injectors;
  readonly #medium: Medium;
  readonly #badBlocks = new BadBlocks();
  readonly #counters = new Counters();
  readonly #power: Power;
  readonly #direct: DirectIo;
  readonly #events = new Set<(event: BlockEvent) => void>();
  readonly #answered = new Set<(request: Answered) => void>();

  constructor(options: NullbOptions) {
    const { clock, seed, personality = 'null_blk', compat = 'linux', cpus = 4, nodes = 1, index = 0 } = options;
    const log = options.log ?? (() => {});
    this.#clock = clock;
    this.personality = personality;
    this.compat = compat;
    this.#random = new Random(seed).fork('power');
    this.#strikes = new Strikes(this.#board, new Random(seed).fork('faults'));
    this.#injectors = new Injectors(new Random(seed).fork('injectors'));
    this.#medium = new Medium(options.memoryBytes ?? MEMORY_BYTES);
    const [medium, badBlocks, counters] = [this.#medium, this.#badBlocks, this.#counters];
    this.#power = new Power({
      personality,
      compat,
      cpus,
      nodes,
      index,
      module: options.module,
      tags: options.tags,
      random: this.#random,
      plugged: () => !this.#board.has('disconnect'),
      tell: (event) => this.#tell(event),
      log,
      parts: {
        clock,
        medium,
        badBlocks,
        counters,
        strikes: this.#strikes,
        injectors: this.#injectors,
        nothing: personality === 'rnull',
        strict: compat === 'strict',
        capacitySectors: () => {
          const resized = this.#board.params('resize');
          return resized && resized.size_mib * 2048;
        },
        readOnly: () => this.#board.params('read-only')?.status,
        log: (text) => log('warning', text),
        answered: (request) => {
          for (const listener of this.#answered) listener(request);
        },
      },
    });
    this.#direct = new DirectIo({
      medium,
      counters,
      reached: () => (this.reachable ? this.#power.powered : null),
      troubled: () => this.#board.size > 0,
    });
    this.#power.begin(options.attributes ?? {});
  }

  /** Every attribute with its value, and whether it may be written now. */
  attributes(): readonly AttributeView[] {
    return this.#power.book.views();
  }
  readAttribute(name: string): string {
    return this.#power.book.read(name);
  }
  /** Throws a LabError with the kernel's errno and a sentence. */
  writeAttribute(name: string, text: string): void {
    this.#power.book.write(name, text);
  }

  get powered(): boolean {
    return this.#power.powered !== null;
  }
  /** False: powered off, or a fault has pulled the plug. */
  get reachable(): boolean {
    return this.#power.powered !== null && !this.#board.has('disconnect');
  }

  identify(): BlockIdentity {
    return this.#reached().identity();
  }

  submit(command: BlockCommand): void {
    const { hctx, tag, generation } = command;
    if (!this.reachable) {
      const status = this.#power.powered === null ? 'OFFLINE' : 'TRANSPORT';
      this.#counters.answered(command.op, 0, status, 0);
      this.completed({ hctx, tag, generation, status });
    } else this.#reached().queues.submit(command, (completion) => this.completed(completion), true);
  }

  poll(hctx: number): readonly BlockCompletion[] {
    return this.reachable ? this.#reached().queues.poll(hctx) : [];
  }

  /**
   * The general way for who has no tags: split, queued, tried again, ended after 5 s as the block layer does.
   * `done` is called exactly once, perhaps before this returns.
   */
  request(request: BlockRequest, done: (answer: BlockAnswer) => void): void {
    if (!this.reachable) done({ status: this.#power.powered === null ? 'OFFLINE' : 'TRANSPORT' });
    else this.#reached().front.request(request, done);
  }

  get path(): NullbPath {
    return this.#direct.path;
  }
  /** Reads and writes need nothing but counting. */
  get plain(): boolean {
    return this.path === 'plain';
  }
  /** `readInto` and `writeFrom` do what `request` would, at once. */
  get direct(): boolean {
    return this.path === 'direct';
  }

  /** Requests that went well on the plain path. */
  count(op: BlockOp, requests: number, bytes: number): void {
    this.#counters.count(op, requests, bytes);
  }
  /** Latency of requests that went another way than the queues. */
  latency(op: BlockOp, ns: number, requests = 1): void {
    this.#counters.latency(op, ns, requests);
  }

  /**
   * Reads any span of bytes at once, and counts it; zeroes when nothing is kept. On the paths plain and direct only.
   * `requests` is 0 for a later piece of a request that is read piece by piece.
   */
  readInto(
    byteOffset: number,
    length: number,
    target: Uint8Array,
    targetOffset: number,
    requests: 0 | 1 = 1,
  ): BlockStatus {
    return this.#direct.read(byteOffset, length, target, targetOffset, requests);
  }

  /** Writes any span of bytes at once, and counts it. On the paths plain and direct only. */
  writeFrom(byteOffset: number, length: number, source: Uint8Array, sourceOffset: number, fua: boolean): BlockStatus {
    return this.#direct.write(byteOffset, length, source, sourceOffset, fua);
  }

  /** How much from `byteOffset` on, up to `end`, is all stored or all a hole. */
  extent(byteOffset: number, end: number): { readonly bytes: number; readonly stored: boolean } {
    return this.#power.powered?.config.memoryBacked
      ? this.#medium.extent(byteOffset, end)
      : { bytes: end - byteOffset, stored: false };
  }

  /** Told of `resized` and `removed` beside the bus. Returns the way to stop listening. */
  onEvent(listener: (event: BlockEvent) => void): () => void {
    this.#events.add(listener);
    return () => void this.#events.delete(listener);
  }
  /** Told of every request that the queues answered. Returns the way to stop listening. */
  onAnswered(listener: (request: Answered) => void): () => void {
    this.#answered.add(listener);
    return () => void this.#answered.delete(listener);
  }

  get activeFaults(): readonly ActiveFault[] {
    return this.#board.active;
  }

  fault(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    if (name === 'resize' && this.#power.powered?.zones)
      throw new LabError('EINVAL', 'a zoned device keeps its size: resize takes one without zones');
    const known = this.#board.set(name, params, this.#clock.now());
    this.#switched(known);
  }

  clear(name?: string): void {
    for (const each of name === undefined ? this.#board.active.map((fault) => fault.name) : [name])
      if (this.#board.delete(each)) this.#switched(each as NullbFault); // delete knows the catalogue
  }

  control(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    const settled = settleAction('control', NULLB_CONTROLS, name, params);
    switch (name as keyof typeof NULLB_CONTROLS) {
      case 'power-cut':
        this.#power.cut(Number(settled.survives));
        break;
      case 'power-on':
        this.#power.on();
        break;
      case 'flush-cache':
        if (!this.#medium.flush()) throw new LabError('ENOMEM', 'the cache does not fit: memory is full');
        break;
      case 'clear-badblocks':
        this.#badBlocks.clear();
        break;
      case 'erase':
        this.#medium.clear();
        break;
      case 'reset-counters':
        this.#counters.reset();
    }
  }

  peek(at: number): number {
    return this.look(at);
  }
  look(at: number): number {
    throw noRegister(at);
  }
  poke(at: number): void {
    throw noRegister(at);
  }

  inspect(): BlockPanel {
    return panel({
      personality: this.personality,
      compat: this.compat,
      now: this.#clock.now(),
      powered: this.#power.powered,
      connected: !this.#board.has('disconnect'),
      readOnly: this.#board.has('read-only'),
      counters: this.#counters,
      medium: this.#medium,
      badBlocks: this.#badBlocks.entries,
    });
  }

  snapshot(): NullbSnapshot {
    const now = this.#clock.now();
    const powered = this.#power.powered;
    const bytes = this.#medium.storedBytes + this.#medium.cachedBytes;
    if (bytes > SNAPSHOT_LIMIT_BYTES)
      throw new LabError('EFBIG', `${bytes} bytes are stored: a snapshot takes ${SNAPSHOT_LIMIT_BYTES}`);
    return {
      device: this.kind,
      personality: this.personality,
      attributes: { ...this.#power.book.texts },
      powered: powered && {
        throttle: powered.throttle.snapshot(now),
        zones: powered.zones?.snapshot() ?? null,
        pending: pendingOf(powered.queues, now),
      },
      medium: this.#medium.snapshot(),
      badBlocks: this.#badBlocks.snapshot(),
      counters: this.#counters.snapshot(),
      injectors: this.#injectors.snapshot(),
      strikes: this.#strikes.snapshot(),
      random: this.#random.state,
      faults: this.#board.active.map((fault) => ({ ...fault, since: fault.since - now })),
    };
  }

  restore(snapshot: unknown): void {
    const from = parseNullbSnapshot(snapshot, this.personality);
    const now = this.#clock.now();
    this.#board.restore(from.faults.map((fault) => ({ ...fault, since: fault.since + now })));
    this.#strikes.restore(from.strikes);
    this.#injectors.restore(from.injectors);
    this.#badBlocks.restore(from.badBlocks);
    this.#random.state = from.random;
    const powered = this.#power.replace(from.powered !== null, from.attributes);
    this.#counters.restore(from.counters);
    this.#medium.restore(from.medium); // after the cache was sized
    if (powered !== null && from.powered !== null) {
      powered.throttle.restore(from.powered.throttle, now);
      if (from.powered.zones !== null) powered.zones?.restore(from.powered.zones);
      resumePending(powered.queues, from.powered.pending, now, (completion) => this.completed(completion));
    }
    this.#tell(this.reachable ? 'resized' : 'removed');
  }

  onInterrupt(): () => void {
    return () => {};
  }

  #switched(name: NullbFault): void {
    this.#strikes.switched(name);
    this.#power.powered?.queues.faultsChanged();
    if (name === 'disconnect') this.#plugged();
    else if ((name === 'resize' || name === 'read-only') && this.reachable) this.#tell('resized');
  }

  #plugged(): void {
    if (this.#power.powered === null) return;
    if (this.reachable) {
      this.#tell('resized');
      return;
    }
    this.#power.powered.queues.drop();
    this.#tell('removed');
    this.#power.powered.front.stop('TRANSPORT');
  }

  #tell(event: BlockEvent): void {
    this.event(event);
    for (const listener of [...this.#events]) listener(event);
  }

  #reached(): Powered {
    if (this.#power.powered === null) throw new LabError('ENODEV', 'the device is powered off');
    if (this.#board.has('disconnect')) throw new LabError('ENODEV', 'the device is unplugged');
    return this.#power.powered;
  }
}

const noRegister = (at: number): LabError =>
  new LabError('ENOENT', `nothing is at ${at}: a null block device has attributes, no registers`);
