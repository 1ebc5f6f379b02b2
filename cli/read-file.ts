/** Files that commands read where a person says: whole, or refused in one line. */
import { readFileSync, statSync } from 'node:fs';
import { ERRNO, type ErrnoName, LabError } from '#bus/errors.ts';

/** `what` is the file's own word: recording, scenario, EDID. */
export const readBytes = (what: string, file: string, mostBytes: number): Uint8Array => {
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw new LabError('EINVAL', `${what} ${file} cannot be read: it is a folder`);
    if (found.size > mostBytes)
      throw new LabError('EFBIG', `${what} ${file} has ${found.size} bytes; ${mostBytes} are allowed`);
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw new LabError(codeOf(cause), `${what} ${file} cannot be read`, { cause });
  }
};

export const readText = (what: string, file: string, mostBytes: number): string =>
  new TextDecoder().decode(readBytes(what, file, mostBytes));

const codeOf = (cause: unknown): ErrnoName => {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return Object.hasOwn(ERRNO, code) ? (code as ErrnoName) : 'EIO';
};
