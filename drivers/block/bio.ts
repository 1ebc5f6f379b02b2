/** What may be asked of a disk, and how it is cut into requests. */
import type { BlockOp, BlockStatus } from '#bus/block.ts';
import { BLOCK_OPS, SECTOR_BYTES } from '#bus/block.ts';
import type { Bio } from '#bus/disk.ts';
import { PAGE_BYTES, type QueueLimits, RANGE_MAX_SECTORS } from './limits.ts';

/** A piece of memory of a payload: where in its page it begins, and how long it is. */
export interface Segment {
  readonly pageOffset: number;
  readonly bytes: number;
}

/** A bio that also says how its payload lies in memory; without that it is one piece. */
export interface SegmentedBio extends Bio {
  readonly segments?: readonly Segment[];
}

/** Why a bio is not taken; no device has seen it. */
export interface Refusal {
  readonly status: BlockStatus;
  readonly why: string;
}

/** Part of a bio that fits into one request. */
export interface Fragment {
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
  /** Offset of its bytes in the payload. */
  readonly offset: number;
}

/** More payload than this is not one bio. */
export const BIO_MAX_BYTES = 64 * 1024 * 1024;

const PAYLOAD: readonly BlockOp[] = ['read', 'write', 'zone_append'];
const RANGED: readonly BlockOp[] = [...PAYLOAD, 'discard', 'write_zeroes'];
const CHANGING: readonly BlockOp[] = [
  'write',
  'zone_append',
  'discard',
  'write_zeroes',
  'zone_finish',
  'zone_reset',
  'zone_reset_all',
];

/** Beyond the end is IOERR, what is not whole blocks INVAL, what the disk cannot do NOTSUPP: as the kernel has it. */
export const refuse = (bio: SegmentedBio, capacitySectors: number, limits: QueueLimits): Refusal | undefined => {
  const { op, sector, sectors, data } = bio;
  const no = (status: BlockStatus, why: string): Refusal => ({ status, why: `${op} at sector ${sector}: ${why}` });
  if (!BLOCK_OPS.includes(op)) return { status: 'NOTSUPP', why: `there is no operation ${JSON.stringify(op)}` };
  for (const [what, value] of Object.entries({ sector, sectors }))
    if (!Number.isSafeInteger(value) || value < 0)
      return no('INVAL', `${what} is ${value}, it takes a whole number from 0`);
  if (limits.readOnly && CHANGING.includes(op)) return no('IOERR', 'the disk is read-only');
  const zoned = op.startsWith('zone_');
  if (zoned && limits.zones === null) return no('NOTSUPP', 'the disk has no zones');
  if (op === 'discard' && !limits.discard) return no('NOTSUPP', 'the disk cannot discard');
  if (zoned && op !== 'zone_append') return zoneRefusal(bio, capacitySectors, limits, no);
  if (!RANGED.includes(op)) return undefined;

  if (sectors === 0) return no('INVAL', 'no sectors at all');
  const block = limits.logicalBlockBytes / SECTOR_BYTES;
  if (sector % block !== 0 || sectors % block !== 0)
    return no('INVAL', `${sectors} sectors are not whole blocks of ${limits.logicalBlockBytes} bytes`);
  if (sector + sectors > capacitySectors)
    return no('IOERR', `${sectors} sectors end beyond the disk's ${capacitySectors} sectors`);
  if (!PAYLOAD.includes(op)) return undefined;
  if (sectors * SECTOR_BYTES > BIO_MAX_BYTES)
    return no('INVAL', `${sectors} sectors at once; ${BIO_MAX_BYTES / SECTOR_BYTES} are allowed`);
  if (op === 'read') return undefined;
  if (data?.length !== sectors * SECTOR_BYTES)
    return no('INVAL', `${data?.length ?? 0} bytes of payload for ${sectors} sectors`);
  const gap = gaps(bio, limits);
  if (gap.some((at) => at % limits.logicalBlockBytes !== 0)) return no('INVAL', 'its memory is torn inside a block');
  if (op === 'zone_append') return appendRefusal(bio, limits, no);
  return undefined;
};

type No = (status: BlockStatus, why: string) => Refusal;

const zoneRefusal = ({ op, sector }: Bio, capacity: number, { zones }: QueueLimits, no: No): Refusal | undefined => {
  if (op === 'zone_reset_all' || op === 'zone_report') return undefined;
  if (sector >= capacity) return no('IOERR', `beyond the disk's ${capacity} sectors`);
  if (sector % (zones?.zoneSectors ?? 1) !== 0) return no('INVAL', 'no zone begins there');
  return undefined;
};

const appendRefusal = ({ sector, sectors }: Bio, { zones, maxSectors }: QueueLimits, no: No): Refusal | undefined => {
  if (zones === null) return undefined;
  if (sector % zones.zoneSectors !== 0) return no('IOERR', 'an append goes to the first sector of a zone');
  const most = Math.min(zones.maxAppendSectors || zones.zoneSectors, maxSectors);
  if (sectors > most) return no('IOERR', `an append of ${sectors} sectors; ${most} are allowed and it is never split`);
  return undefined;
};

/** In order; each within the disk's largest request, its zones and the gaps of its memory. */
export const split = (bio: SegmentedBio, limits: QueueLimits): readonly Fragment[] => {
  const { op, sector, sectors } = bio;
  if (!RANGED.includes(op) || op === 'zone_append') return [{ op, sector, sectors, offset: 0 }];
  const most = mostSectors(op, limits);
  const gap = gaps(bio, limits).map((at) => at / SECTOR_BYTES);
  const fragments: Fragment[] = [];
  for (let done = 0; done < sectors; ) {
    const at = sector + done;
    const toChunk = limits.chunkSectors > 0 ? limits.chunkSectors - (at % limits.chunkSectors) : sectors;
    const toGap = (gap.find((end) => end > done) ?? sectors) - done;
    const length = Math.min(sectors - done, most, toChunk, toGap);
    fragments.push({ op, sector: at, sectors: length, offset: done * SECTOR_BYTES });
    done += length;
  }
  return fragments;
};

const mostSectors = (op: BlockOp, limits: QueueLimits): number => {
  const most =
    PAYLOAD.includes(op) || (op === 'write_zeroes' && !limits.writeZeroes) ? limits.maxSectors : RANGE_MAX_SECTORS;
  const block = limits.logicalBlockBytes / SECTOR_BYTES;
  return most - (most % block);
};

/** Byte offsets where one request may not go on, because memory does not go on there in whole pages. */
const gaps = ({ segments = [] }: SegmentedBio, { virtBoundary }: QueueLimits): readonly number[] => {
  if (!virtBoundary) return [];
  const found: number[] = [];
  let at = 0;
  segments.forEach((segment, i) => {
    const before = segments[i - 1];
    if (
      before !== undefined &&
      (segment.pageOffset % PAGE_BYTES !== 0 || (before.pageOffset + before.bytes) % PAGE_BYTES !== 0)
    )
      found.push(at);
    at += segment.bytes;
  });
  return found;
};
