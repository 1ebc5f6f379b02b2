/** The one error class: a broken contract, named by its errno. */
import { closest } from '#regmap/names.ts';

export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  EPROTO: 71,
  EOVERFLOW: 75,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  ETIMEDOUT: 110,
  ESTALE: 116,
  ECANCELED: 125,
} as const;
export type ErrnoName = keyof typeof ERRNO;

/** Says what was asked, what was found, what is allowed. */
export class LabError extends Error {
  readonly code: ErrnoName;

  constructor(code: ErrnoName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LabError';
    this.code = code;
  }
}

/** Anything thrown as a LabError; what is not one becomes `code`. */
export const asLabError = (thrown: unknown, code: ErrnoName = 'EIO'): LabError =>
  thrown instanceof LabError
    ? thrown
    : new LabError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });

/** `no register PCS_STAT9; did you mean PCS_STAT1?` */
export const unknownName = (
  what: string,
  asked: string,
  known: readonly string[],
  code: ErrnoName = 'ENOENT',
): LabError => {
  const near = closest(asked, known);
  const allowed =
    known.length <= 12 ? `; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ') || 'none'}` : '';
  return new LabError(code, `no ${what} '${asked}'${near === undefined ? allowed : `; did you mean '${near}'?`}`);
};
