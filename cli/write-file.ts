/** Files that commands write where an option says. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { LabError } from '#bus/errors.ts';

/** EACCES that names the option. */
export const writeTo = (option: string, file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new LabError('EACCES', `${option}: ${(cause as Error).message}`, { cause });
  }
};

/** Text of a file that has at most so many bytes. */
export const readText = (what: string, file: string, mostBytes: number): string => {
  try {
    const { size } = statSync(file);
    if (size > mostBytes) throw new LabError('EFBIG', `${what} ${file} has ${size} bytes; ${mostBytes} are allowed`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new LabError('ENOENT', `${what} ${file} cannot be read (${code})`, { cause });
  }
};
