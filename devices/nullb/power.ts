/** Power of a null block device: the attributes that configure it, and the powered part they make. */
import type { LogLevel } from '#bus/api.ts';
import type { BlockEvent } from '#bus/block.ts';
import { LabError } from '#bus/errors.ts';
import type { Random } from '#bus/random.ts';
import { INJECTOR_NAMES, NULL_BLK_ATTRIBUTES, RNULL_ATTRIBUTES } from '#datasheets/null-blk.ts';
import { AttributeBook } from './attribute-book.ts';
import { attributeHooks } from './attribute-hooks.ts';
import { type Machine, type Personality, resolve } from './config.ts';
import { loadNullBlk } from './module-parameters.ts';
import { Powered, type PoweredParts } from './powered.ts';
import type { Compat } from './settings.ts';
import { SharedTags } from './shared-tags.ts';

export interface PowerOptions {
  readonly personality: Personality;
  readonly compat: Compat;
  readonly cpus: number;
  readonly nodes: number;
  readonly index: number;
  readonly module: Readonly<Record<string, string>> | undefined;
  /** Undefined: a set of its own. */
  readonly tags: SharedTags | undefined;
  readonly random: Random;
  readonly parts: Omit<PoweredParts, 'tags'>;
  /** False: a fault has pulled the plug. */
  readonly plugged: () => boolean;
  readonly tell: (event: BlockEvent) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

export class Power {
  readonly book: AttributeBook;
  readonly #options: PowerOptions;
  readonly #parts: PoweredParts;
  readonly #machine: Machine;
  readonly #defaults: Readonly<Record<string, string>>;
  #powered: Powered | null = null;

  constructor(options: PowerOptions) {
    const { personality, cpus, nodes, parts } = options;
    this.#options = options;
    if (options.module !== undefined && personality === 'rnull')
      throw new LabError('EINVAL', 'rnull has no module parameters');
    const module = loadNullBlk(options.module ?? {}, { cpus, nodes });
    if (module.devices !== 1)
      throw new LabError('EINVAL', `nr_devices is ${module.devices}: a bench names each of its devices, it takes 1`);
    for (const note of module.notes) options.log('warning', note);
    this.#defaults = module.attributes;
    const sized = (name: 'submit_queues' | 'poll_queues' | 'hw_queue_depth'): number =>
      Number(module.attributes[name] ?? NULL_BLK_ATTRIBUTES[name].default);
    this.#machine = {
      cpus,
      nodes,
      module: {
        submitQueues: sized('submit_queues'),
        pollQueues: sized('poll_queues'),
        queueDepth: sized('hw_queue_depth'),
      },
    };
    this.#parts = { ...parts, tags: options.tags ?? new SharedTags(this.#machine.module.queueDepth) };
    this.book = new AttributeBook({
      declared: personality === 'rnull' ? RNULL_ATTRIBUTES : NULL_BLK_ATTRIBUTES,
      powered: () => this.#powered !== null,
      busyFirst: personality === 'rnull',
      hooks: attributeHooks({
        personality,
        features: personality === 'rnull' ? RNULL_ATTRIBUTES.features.default : NULL_BLK_FEATURES,
        badBlocks: parts.badBlocks,
        injectors: parts.injectors,
        powered: () => this.#powered !== null,
        power: (on) => (on ? this.on() : this.off()),
        markZone: (sector, condition) => this.#markZone(sector, condition),
        setQueues: (which, count) => this.#setQueues(which, count),
      }),
    });
  }

  /** Null: off. */
  get powered(): Powered | null {
    return this.#powered;
  }

  /** Writes the first attributes; power comes last, and on unless they say otherwise. */
  begin(given: Readonly<Record<string, string>>): void {
    const { power = '1', ...attributes } = { ...this.#defaults, ...given };
    for (const [name, text] of Object.entries(attributes)) this.book.write(name, text);
    this.book.write('power', power);
  }

  on(): void {
    if (this.#powered !== null) return;
    const { config, changed, notes } = this.#resolve();
    for (let queue = 0; queue < config.submitQueues + config.pollQueues; queue++) this.#initQueue(queue, 'EFAULT');
    this.book.put(changed);
    for (const note of notes) this.#options.log('info', note);
    this.#build();
    if (this.#options.plugged()) this.#options.tell('resized');
  }

  /** What is on its way is answered; the cache is lost, as in Linux. */
  off(): void {
    const powered = this.#powered;
    if (powered === null) return;
    powered.queues.drain();
    this.#gone(powered);
  }

  /** Nothing is answered any more; each cached sector had reached the medium by that chance. */
  cut(survivesPercent: number): void {
    const { random, parts } = this.#options;
    const powered = this.#powered;
    if (powered === null) throw new LabError('ENODEV', 'the device is powered off already');
    powered.queues.drop();
    parts.medium.lose(() => random.next() * 100 < survivesPercent);
    this.#gone(powered);
  }

  /** For a restored device: without a word, then as the snapshot had it. */
  replace(on: boolean, texts: Readonly<Record<string, string>>): Powered | null {
    this.#powered?.front.stop('OFFLINE');
    this.#powered?.queues.close();
    this.#powered = null;
    this.#options.parts.medium.sizeCache(0);
    this.book.put(texts);
    return on ? this.#build() : null;
  }

  #resolve(): ReturnType<typeof resolve> {
    const { personality, compat } = this.#options;
    return resolve(this.book.texts, personality, compat, this.#machine);
  }

  /** The powered part, from the attributes as they read. */
  #build(): Powered {
    const { config } = this.#resolve();
    if (this.#options.personality === 'null_blk') this.book.put({ index: String(this.#options.index) });
    this.#options.parts.medium.sizeCache(config.cacheBytes);
    this.#powered = new Powered(config, this.#parts);
    return this.#powered;
  }

  #gone(powered: Powered): void {
    this.#powered = null;
    powered.queues.close();
    this.#options.parts.medium.sizeCache(0);
    this.#options.tell('removed');
    powered.front.stop('OFFLINE');
  }

  #initQueue(queue: number, errno: 'EFAULT' | 'ENOMEM'): void {
    const { init_hctx } = this.#options.parts.injectors;
    if (!init_hctx.idle && init_hctx.strikes())
      throw new LabError(errno, `init_hctx: hardware queue ${queue} did not come up: injected`);
  }

  #setQueues(which: 'submit_queues' | 'poll_queues', count: number): void {
    const powered = this.#powered;
    if (powered === null) return;
    const { cpus, module } = this.#machine;
    if (which === 'submit_queues' && (count === 0 || count > cpus))
      throw new LabError('EINVAL', `submit_queues is written ${count}: it takes 1 to ${cpus}, the CPUs`);
    if (which === 'poll_queues' && count > module.pollQueues)
      throw new LabError('EINVAL', `poll_queues is written ${count}: it takes 0 to ${module.pollQueues}, the module's`);
    const { queues } = powered;
    const had = queues.submitQueues + queues.pollQueues;
    const submitQueues = which === 'submit_queues' ? count : queues.submitQueues;
    const pollQueues = which === 'poll_queues' ? count : queues.pollQueues;
    for (let queue = had; queue < submitQueues + pollQueues; queue++) this.#initQueue(queue, 'ENOMEM');
    queues.resize(submitQueues, pollQueues);
    this.#options.tell('resized');
  }

  #markZone(sector: number, condition: 'READONLY' | 'OFFLINE'): void {
    const name = `zone_${condition.toLowerCase()}`;
    const refuse = (why: string): LabError => new LabError('EINVAL', `${name} is written ${sector}: ${why}`);
    const zones = this.#powered?.zones;
    if (zones === undefined) throw refuse('the device is powered off');
    if (zones === null) throw refuse('the device is not zoned');
    const { deviceSectors, conventional } = zones.layout;
    if (sector >= deviceSectors) throw refuse(`the device has ${deviceSectors} sectors`);
    const zone = zones.zoneOf(sector);
    if (zone < conventional) throw refuse(`zone ${zone} is conventional`);
    zones.mark(zone, condition);
  }
}

/** Injector files and parameters are not listed. */
const NULL_BLK_FEATURES = Object.keys(NULL_BLK_ATTRIBUTES)
  .filter((name) => name !== 'features' && !name.includes('/') && !(INJECTOR_NAMES as readonly string[]).includes(name))
  .sort()
  .join(',');
