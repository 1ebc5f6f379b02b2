/** Which NBD commands are allowed on an export: flags, range, alignment, read-only; what is not, as an NBD error. */
import type { BlockStatus } from '#bus/block.ts';
import { COMMAND, COMMAND_FLAG, NBD_ERROR } from '#bus/nbd-codec.ts';
import type { NbdExport, NbdWork } from './export.ts';

interface Rule {
  /** Command flags that mean something there; FUA is taken on any command where it is advertised. */
  readonly flags: number;
  readonly changes: boolean;
  /** Error of a range past the end. */
  readonly beyond: number;
}

const { fua, noHole, df, reqOne, fastZero } = COMMAND_FLAG;
const { EINVAL, ENOSPC } = NBD_ERROR;

const RULES: Readonly<Record<number, Rule>> = {
  [COMMAND.read]: { flags: fua | df, changes: false, beyond: EINVAL },
  [COMMAND.write]: { flags: fua, changes: true, beyond: ENOSPC },
  [COMMAND.flush]: { flags: fua, changes: false, beyond: EINVAL },
  [COMMAND.trim]: { flags: fua, changes: true, beyond: EINVAL },
  [COMMAND.cache]: { flags: fua, changes: false, beyond: EINVAL },
  [COMMAND.writeZeroes]: { flags: fua | noHole | fastZero, changes: true, beyond: ENOSPC },
  [COMMAND.blockStatus]: { flags: fua | reqOne, changes: false, beyond: EINVAL },
};

/** 0, or why the command is refused. */
export const refusal = (served: NbdExport, type: number, flags: number, offset: number, length: number): number => {
  const rule = RULES[type];
  if (rule === undefined) return EINVAL;
  if (!served.up) return NBD_ERROR.ESHUTDOWN;
  const { geometry } = served;
  const known = geometry.fua ? rule.flags : rule.flags & ~fua;
  if ((flags & ~known) !== 0) return EINVAL;
  if (rule.changes && geometry.readOnly) return NBD_ERROR.EPERM;
  if (type === COMMAND.flush) return offset === 0 && length === 0 ? 0 : EINVAL;
  if (offset + length > geometry.sizeBytes) return rule.beyond;
  if (((offset | length) & (geometry.minimumBytes - 1)) !== 0) return EINVAL;
  if ((type === COMMAND.read || type === COMMAND.write) && length > geometry.maximumBytes) return EINVAL;
  if (type === COMMAND.read && length === 0) return EINVAL;
  if (type === COMMAND.trim && !geometry.trim) return EINVAL;
  if (type === COMMAND.writeZeroes && !geometry.writeZeroes) return EINVAL;
  if ((flags & fastZero) !== 0 && !geometry.fastZero) return NBD_ERROR.ENOTSUP;
  return 0;
};

/** The request to a device that a command is; others ask nothing of it. */
export const OP_OF: Readonly<Record<number, NbdWork['op']>> = {
  [COMMAND.read]: 'read',
  [COMMAND.write]: 'write',
  [COMMAND.flush]: 'flush',
  [COMMAND.trim]: 'discard',
  [COMMAND.writeZeroes]: 'write_zeroes',
};

/** A refusal in the words of a device, for the trace. */
export const STATUS_OF: Readonly<Record<number, BlockStatus>> = {
  [NBD_ERROR.EINVAL]: 'INVAL',
  [NBD_ERROR.ENOSPC]: 'NOSPC',
  [NBD_ERROR.ENOTSUP]: 'NOTSUPP',
  [NBD_ERROR.ESHUTDOWN]: 'OFFLINE',
};

/** What a structured reply says beside the error. */
export const REASONS: Readonly<Record<number, string>> = {
  [NBD_ERROR.EPERM]: 'the device is read-only',
  [NBD_ERROR.EIO]: 'the device reported an error',
  [NBD_ERROR.EINVAL]: 'command, flags, range, length or alignment are not allowed here',
  [NBD_ERROR.ENOSPC]: 'beyond the end of the device, or no room in it',
  [NBD_ERROR.ENOTSUP]: 'zeroing would not be fast',
  [NBD_ERROR.ESHUTDOWN]: 'the device is powered off',
};
