/** Files that commands write where an option or a person says. */
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { LabError } from '#bus/errors.ts';

/** EACCES that names the option. */
export const writeTo = (option: string, file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new LabError('EACCES', `${option}: ${(cause as Error).message}`, { cause });
  }
};

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
