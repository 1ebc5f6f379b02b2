/** A small block silicon for the contract tests: answers when told to, keeps what was written. */
import {
  type BlockCommand,
  type BlockCompletion,
  type BlockEvent,
  type BlockIdentity,
  type BlockSilicon,
  SECTOR_BYTES,
} from './block.ts';
import { BlockBus } from './block-bus.ts';
import { type Clock, RealClock } from './clock.ts';
import { LabError } from './errors.ts';
import { Trace, type TraceRecord } from './trace.ts';

export const RIG_IDENTITY: BlockIdentity = {
  capacitySectors: 8192,
  blockBytes: 1024,
  readOnly: false,
  rotational: false,
  features: ['flush', 'fua', 'discard', 'write_zeroes', 'zoned'],
  submitQueues: 2,
  pollQueues: 1,
  queueDepth: 64,
  sharedTags: false,
  maxSectors: 8192,
  virtBoundary: false,
  zoned: { zoneSectors: 1024, zones: 8, conventional: 0, maxOpen: 0, maxActive: 0, maxAppendSectors: 1024 },
};

/** Queue 2 is polled. */
const POLL_QUEUE = 2;

export class RigBlock implements BlockSilicon {
  readonly medium = new Uint8Array(RIG_IDENTITY.capacitySectors * SECTOR_BYTES);
  readonly taken: BlockCommand[] = [];
  readonly #finished: BlockCompletion[] = [];
  /** False: commands wait for `finish`. */
  prompt = true;
  powered = true;
  completed: (completion: BlockCompletion) => void = () => {};
  event: (event: BlockEvent) => void = () => {};

  identify(): BlockIdentity {
    if (!this.powered) throw new LabError('ENODEV', 'powered off');
    return RIG_IDENTITY;
  }

  submit(command: BlockCommand): void {
    this.taken.push(command);
    if (this.prompt) this.finish(command);
  }

  poll(hctx: number): readonly BlockCompletion[] {
    return hctx === POLL_QUEUE ? this.#finished.splice(0) : [];
  }

  /** Does the work and answers. */
  finish({ op, hctx, tag, generation, sector, sectors, data }: BlockCommand): void {
    const at = sector * SECTOR_BYTES;
    const head = { hctx, tag, generation } as const;
    const answer = (rest: Partial<BlockCompletion> = {}): void => {
      const completion: BlockCompletion = { ...head, status: 'OK', ...rest };
      if (hctx === POLL_QUEUE) this.#finished.push(completion);
      else this.completed(completion);
    };
    if ((op === 'write' || op === 'zone_append') && data !== undefined) this.medium.set(data, at);
    if (op === 'read') answer({ data: this.medium.slice(at, at + sectors * SECTOR_BYTES) });
    else if (op === 'zone_append') answer({ sector: sector + 2 });
    else if (op === 'discard') answer({ status: 'ZONE_OPEN_RESOURCE' });
    else answer();
  }
}

export interface BlockRig {
  readonly silicon: RigBlock;
  readonly bus: BlockBus;
  readonly trace: Trace;
  records(): readonly TraceRecord[];
  /** What a driver was caught at, as a lab records it. */
  finding(requester: string, what: string, text: string): void;
}

export const makeBlockRig = (clock: Clock = new RealClock()): BlockRig => {
  const silicon = new RigBlock();
  const trace = new Trace(1 << 16);
  const bus = new BlockBus(silicon, { clock, device: 'blk0', trace });
  const records = (): readonly TraceRecord[] =>
    Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)).filter((record) => record !== undefined);
  const finding = (requester: string, what: string, text: string): void => {
    const time = clock.now();
    trace.record({ device: 'blk0', requester, op: 'note', outcome: 'refused', time, text: `${what}: ${text}` });
  };
  return { silicon, bus, trace, records, finding };
};

/** A command with the rest filled in. */
export const command = (of: Partial<BlockCommand>): BlockCommand => ({
  op: 'read',
  tag: 0,
  generation: 1,
  hctx: 0,
  sector: 0,
  sectors: 2,
  ...of,
});
