/** What is asked of a driver's disk over the bus, and its answer: a JSON head with its length before it, then the bytes. */
import { BLOCK_OPS, BLOCK_STATUSES } from './block.ts';
import type { Bio, BioResult } from './disk.ts';
import { LabError } from './errors.ts';
import { isCount, splitHead, withHead } from './json-head.ts';
import { MAX_BODY_BYTES } from './message.ts';

/** Bytes of data that go in one message, with room for the head. */
export const DISK_DATA_BYTES = MAX_BODY_BYTES - 4096;

/** A bio for a disk of that name; null: the only one. */
export interface DiskRequest {
  readonly disk: string | null;
  readonly bio: Bio;
}

/** Throws EMSGSIZE for more data than a message takes, either way. */
export const encodeDiskRequest = ({ disk, bio }: DiskRequest): Uint8Array => {
  const { data, ...head } = bio;
  const bytes = Math.max(data?.length ?? 0, bio.op === 'read' ? bio.sectors * 512 : 0);
  if (bytes > DISK_DATA_BYTES)
    throw new LabError('EMSGSIZE', `${bio.op} of ${bytes} bytes; at most ${DISK_DATA_BYTES} go in one message`);
  return withHead({ disk, ...head }, data);
};

/** Throws EPROTO. */
export const decodeDiskRequest = (body: Uint8Array): DiskRequest => {
  const { head, bytes: data } = splitHead(body);
  const { disk, op, sector, sectors, fua, preflush, noUnmap, polled } = head;
  const known = BLOCK_OPS.find((name) => name === op);
  if (known === undefined || !isCount(sector) || !isCount(sectors))
    throw new LabError('EPROTO', 'a disk request takes op, sector and sectors');
  return {
    disk: typeof disk === 'string' ? disk : null,
    bio: {
      op: known,
      sector,
      sectors,
      ...(fua === true ? { fua } : {}),
      ...(preflush === true ? { preflush } : {}),
      ...(noUnmap === true ? { noUnmap } : {}),
      ...(polled === true ? { polled } : {}),
      ...(known === 'write' || known === 'zone_append' ? { data: new Uint8Array(data) } : {}),
    },
  };
};

export const encodeDiskAnswer = ({ data, ...head }: BioResult): Uint8Array =>
  withHead({ ...head, data: data !== undefined }, data);

/** Throws EPROTO. */
export const decodeDiskAnswer = (body: Uint8Array): BioResult => {
  const { head, bytes: data } = splitHead(body);
  const { status, sector, data: carries } = head;
  const known = BLOCK_STATUSES.find((name) => name === status);
  if (known === undefined) throw new LabError('EPROTO', "a disk's answer takes a status");
  return {
    status: known,
    ...(isCount(sector) ? { sector } : {}),
    ...(carries === true ? { data: new Uint8Array(data) } : {}),
  };
};
