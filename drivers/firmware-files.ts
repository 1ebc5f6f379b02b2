/** Firmware from files: a bare name is looked for in directories, as the kernel does; a name with a slash is a path. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LabError } from '#bus/errors.ts';

/** Nothing a device here could hold; larger is surely not the file that was meant. */
const MAX_BYTES = 16 * 1024 * 1024;

export const readFirmware = async (name: string, dirs: readonly string[]): Promise<Uint8Array> => {
  if (name === '') throw new LabError('EINVAL', 'the firmware name is empty');
  const isPath = name.includes('/');
  for (const file of isPath ? [resolve(name)] : dirs.map((dir) => join(dir, name))) {
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) continue;
    if (found.size > MAX_BYTES)
      throw new LabError('EFBIG', `firmware ${file} is ${found.size} bytes; ${MAX_BYTES} at most are read`);
    try {
      return new Uint8Array(await readFile(file));
    } catch (cause) {
      throw new LabError('EACCES', `firmware ${file} cannot be read: ${String(cause)}`, { cause });
    }
  }
  throw new LabError(
    'ENOENT',
    `no firmware ${isPath ? resolve(name) : `'${name}' in ${dirs.join(', ') || 'no directory'}`}`,
  );
};
