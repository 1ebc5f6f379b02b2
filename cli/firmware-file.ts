/** Firmware files that runs in this process are given: those the lab ships, or a path. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '#bus/errors.ts';
import { FIRMWARE_DIRS } from './paths.ts';

/** Undefined when there is no such file. */
export const findFirmware = (name: string): Uint8Array | undefined => {
  const path = name.includes('/') ? name : FIRMWARE_DIRS.map((folder) => join(folder, name)).find(existsSync);
  return path !== undefined && existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
};

/** ENOENT when there is no such file. */
export const firmwareFile = (name: string): Uint8Array => {
  const file = findFirmware(name);
  if (file === undefined) throw new LabError('ENOENT', `no firmware file ${name}`);
  return file;
};
