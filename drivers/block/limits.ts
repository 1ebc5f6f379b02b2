/** What a disk can do, and how big a single request to it may be. */
import type { BlockIdentity } from '#bus/block.ts';
import { LabError } from '#bus/errors.ts';

export const PAGE_BYTES = 4096;
/** Unless the device says otherwise: 1280 KiB, the kernel's BLK_DEF_MAX_SECTORS. */
export const DEFAULT_MAX_SECTORS = 2560;
/** UINT_MAX >> 9: the most a discard or a write of zeroes can say. */
export const RANGE_MAX_SECTORS = 0x7fffff;

export interface QueueLimits {
  readonly logicalBlockBytes: number;
  readonly physicalBlockBytes: number;
  /** Sectors of one request with a payload. */
  readonly maxSectors: number;
  /** Requests do not cross a multiple of this; 0: there is none. The zone size of a zoned disk. */
  readonly chunkSectors: number;
  /** Pieces of memory may not end or begin inside a page, but for the first and the last. */
  readonly virtBoundary: boolean;
  readonly rotational: boolean;
  readonly readOnly: boolean;
  readonly volatileCache: boolean;
  readonly fua: boolean;
  readonly discard: boolean;
  readonly writeZeroes: boolean;
  readonly zones: BlockIdentity['zoned'];
}

export const DEFAULT_LIMITS: QueueLimits = {
  logicalBlockBytes: 512,
  physicalBlockBytes: 512,
  maxSectors: DEFAULT_MAX_SECTORS,
  chunkSectors: 0,
  virtBoundary: false,
  rotational: false,
  readOnly: false,
  volatileCache: false,
  fua: false,
  discard: false,
  writeZeroes: false,
  zones: null,
};

/** The limits of a device as it describes itself. */
export const limitsOf = (identity: BlockIdentity): QueueLimits => {
  const has = (feature: BlockIdentity['features'][number]) => identity.features.includes(feature);
  return {
    logicalBlockBytes: identity.blockBytes,
    physicalBlockBytes: identity.blockBytes,
    maxSectors: identity.maxSectors || DEFAULT_MAX_SECTORS,
    chunkSectors: identity.zoned?.zoneSectors ?? 0,
    virtBoundary: identity.virtBoundary,
    rotational: identity.rotational,
    readOnly: identity.readOnly,
    volatileCache: has('flush'),
    fua: has('fua'),
    discard: has('discard'),
    writeZeroes: has('write_zeroes'),
    zones: identity.zoned,
  };
};

/** Throws EINVAL for what the block layer does not accept. */
export const checkLimits = (limits: QueueLimits): void => {
  const { logicalBlockBytes: logical, physicalBlockBytes: physical, maxSectors, chunkSectors } = limits;
  blockSize('logical', logical);
  blockSize('physical', physical);
  if (physical < logical)
    throw new LabError('EINVAL', `the physical block size ${physical} is below the logical one, ${logical}`);
  if (!Number.isInteger(maxSectors) || maxSectors * 512 < logical)
    throw new LabError('EINVAL', `at most ${maxSectors} sectors a request do not hold one block of ${logical} bytes`);
  if (!Number.isInteger(chunkSectors) || chunkSectors < 0 || (chunkSectors * 512) % logical !== 0)
    throw new LabError('EINVAL', `chunks of ${chunkSectors} sectors are not whole blocks of ${logical} bytes`);
};

const blockSize = (which: string, bytes: number): void => {
  if (!Number.isInteger(bytes) || bytes < 512 || bytes > PAGE_BYTES || (bytes & (bytes - 1)) !== 0)
    throw new LabError('EINVAL', `${which} block size ${bytes}: a power of two from 512 to ${PAGE_BYTES} is allowed`);
};
