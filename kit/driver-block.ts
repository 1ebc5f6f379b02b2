/** `ferrolab/driver/block`: what a driver of a block device imports besides. The published face of blk-mq. */

export {
  BLOCK_OPS,
  BLOCK_STATUSES,
  type BlockCommand,
  type BlockCompletion,
  type BlockIdentity,
  type BlockOp,
  type BlockPort,
  type BlockStatus,
  SECTOR_BYTES,
} from '#bus/block.ts';
export type { Bio, BioResult, Disk } from '#bus/disk.ts';
export type { GenDisk } from '#drivers/block/gendisk.ts';
export { GenDiskBuilder } from '#drivers/block/gendisk-builder.ts';
export { limitsOf } from '#drivers/block/limits.ts';
export { NULL_BLK_PARAMS, NullBlk } from '#drivers/block/null-blk.ts';
export type { Hctx, Operations } from '#drivers/block/operations.ts';
export { type DoneRequest, type IdleRequest, requestBytes, type StartedRequest } from '#drivers/block/request.ts';
export { TagSet } from '#drivers/block/tag-set.ts';
