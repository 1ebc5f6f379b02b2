/** What a command must keep to before a device takes it: the rules of the block port, and the words for breaking one. */
import { type BlockCommand, type BlockIdentity, type BlockOp, SECTOR_BYTES } from './block.ts';
import type { ErrnoName } from './errors.ts';

/** A rule that was broken: its name for findings, and what was asked, found and allowed. */
export interface Breach {
  readonly code: ErrnoName;
  /** `tag in flight`. */
  readonly what: string;
  readonly text: string;
}

/** Ops that carry sectors to or from the medium; a zone is named by its first sector and moves nothing. */
const RANGED: ReadonlySet<BlockOp> = new Set(['read', 'write', 'discard', 'write_zeroes', 'zone_append']);
const ADDRESSED: ReadonlySet<BlockOp> = new Set([
  'zone_open',
  'zone_close',
  'zone_finish',
  'zone_reset',
  'zone_report',
]);
const CARRIES: ReadonlySet<BlockOp> = new Set(['write', 'zone_append']);
/** Generations are 32 bits on the wire. */
const GENERATIONS = 2 ** 32;

/** The first rule that a command breaks by itself; whether its tag is free is for the bus to say. */
export const breachOf = (command: BlockCommand, identity: BlockIdentity): Breach | undefined => {
  const { op, tag, hctx, generation, sector, sectors } = command;
  const name = describeCommand(command);
  const queues = identity.submitQueues + identity.pollQueues;
  const bad = (what: string, text: string, code: ErrnoName = 'EINVAL'): Breach => ({ code, what, text });
  if (!within(hctx, queues))
    return bad('no such queue', `${name} went to hardware queue ${hctx}; the device has 0 to ${queues - 1}`);
  if (!within(tag, identity.queueDepth))
    return bad('tag past the queue depth', `${name}; a queue has tags 0 to ${identity.queueDepth - 1}`);
  if (!within(generation, GENERATIONS))
    return bad('bad generation', `${name} has generation ${generation}; it takes 32 bits`);
  if (!Number.isSafeInteger(sector) || !Number.isSafeInteger(sectors) || sector < 0 || sectors < 0)
    return bad('bad range', `${name}; sector and length are whole numbers from 0`);
  const blockSectors = identity.blockBytes / SECTOR_BYTES;
  if (RANGED.has(op)) {
    if (sectors === 0) return bad('empty request', `${name} moves nothing; it takes ${blockSectors} sectors at least`);
    if (sector % blockSectors !== 0 || sectors % blockSectors !== 0)
      return bad('misaligned request', `${name}; blocks are ${blockSectors} sectors of 512 bytes`);
  }
  const beyond = RANGED.has(op) ? sector + sectors > identity.capacitySectors : false;
  if (beyond || (ADDRESSED.has(op) && sector >= identity.capacitySectors))
    return bad('beyond the end', `${name}; the device has ${identity.capacitySectors} sectors`, 'ERANGE');
  if ((op === 'read' || CARRIES.has(op)) && sectors > identity.maxSectors)
    return bad('request too large', `${name}; the device takes ${identity.maxSectors} sectors at once`);
  return bufferBreach(command);
};

/** A write comes with as many bytes as it says, anything else with none. */
export const bufferBreach = (command: BlockCommand): Breach | undefined => {
  const { op, sectors, data } = command;
  const wanted = CARRIES.has(op) ? sectors * SECTOR_BYTES : undefined;
  if (data?.length === wanted) return undefined;
  const found = data === undefined ? 'no buffer' : `${data.length} bytes`;
  const text = `${describeCommand(command)} came with ${found}; it takes ${wanted ?? 'none'}`;
  return { code: 'EINVAL', what: 'wrong buffer', text };
};

/** `write of 8 sectors at 4096 (queue 0 tag 3, use 7)`. */
export const describeCommand = ({ op, sector, sectors, hctx, tag, generation }: BlockCommand): string =>
  `${op} of ${sectors} sectors at ${sector} (queue ${hctx} tag ${tag}, use ${generation})`;

const within = (value: number, limit: number): boolean => Number.isInteger(value) && value >= 0 && value < limit;
