/** Files of bytes that commands read and write where a person says. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { LabError } from '#bus/errors.ts';

/** A file that is there is whole: it gets its name when all of it is written. `-` is standard output. */
export const writeBytes = (file: string, bytes: Uint8Array): void => {
  const unfinished = `${file}.part`;
  try {
    if (file === '-') writeFileSync(process.stdout.fd, bytes);
    // what is there and no plain file, as a pipe, is written into
    else if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) writeFileSync(file, bytes);
    else {
      writeFileSync(unfinished, bytes);
      renameSync(unfinished, file);
    }
  } catch (cause) {
    rmSync(unfinished, { force: true });
    throw new LabError('EACCES', `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
};

export const readBytes = (what: string, file: string, mostBytes: number): Uint8Array => {
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new LabError('EINVAL', `${file} is no file; ${what} is read from one`);
    const { size } = found;
    if (size > mostBytes) throw new LabError('EFBIG', `${file} has ${size} bytes; ${what} has ${mostBytes} at most`);
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new LabError('ENOENT', `${what} cannot be read from ${file} (${code})`, { cause });
  }
};
