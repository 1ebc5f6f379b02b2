/** Firmware files by name, from a list of directories, as the kernel's firmware loader finds them. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '#bus/errors.ts';

/** Largest file that is read at all. */
export const FIRMWARE_LIMIT = 16 * 1024 * 1024;

/** Reads `name` from the first directory that has it; ENOENT names the directories looked in. */
export const firmwareFiles = (dirs: readonly string[]): ((name: string) => Uint8Array) => {
  return (name) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name))
      throw new LabError(
        'EINVAL',
        `firmware name '${name.slice(0, 80)}': letters, digits, '.', '_' and '-' are allowed`,
      );
    for (const dir of dirs) {
      const file = join(dir, name);
      const size = sizeOf(file);
      if (size === undefined) continue;
      if (size > FIRMWARE_LIMIT)
        throw new LabError('EFBIG', `firmware ${name} is ${size} bytes; ${FIRMWARE_LIMIT} are allowed`);
      return new Uint8Array(readFileSync(file));
    }
    throw new LabError('ENOENT', `no firmware '${name}' in ${dirs.join(', ') || 'no directories at all'}`);
  };
};

const sizeOf = (file: string): number | undefined => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() ? found.size : undefined;
};
