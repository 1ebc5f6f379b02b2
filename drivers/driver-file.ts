/** A driver by what a person has of it: a module, the path of a file that exports one, or the name of one that is shipped. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LabError, unknownName } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { shippedDriver } from './shipped.ts';

export type DriverLike = DriverModule | string;

/** Rejects with ENOENT or EINVAL that says what was found instead. */
export const findDriver = async (given: DriverLike): Promise<DriverModule> => {
  if (typeof given !== 'string') {
    if (isModule(given)) return given;
    throw new LabError('EINVAL', 'this is no driver module: defineModule or definePhyDriver makes one');
  }
  if (!given.includes('/')) {
    const shipped = await shippedDriver(given);
    if (shipped !== undefined) return shipped;
    const { DRIVERS } = await import('./registry.ts');
    throw unknownName('driver', given, Object.keys(DRIVERS));
  }
  const file = resolve(given);
  if (!existsSync(file)) throw new LabError('ENOENT', `no driver file ${file}`);
  const loaded: unknown = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new LabError('EINVAL', `${file} cannot be loaded: ${said}`, { cause });
  });
  const exported = isObject(loaded) ? loaded.driver : undefined;
  if (isModule(exported)) return exported;
  throw new LabError('EINVAL', `${file} exports no \`driver\` made by defineModule or definePhyDriver`);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isModule = (value: unknown): value is DriverModule =>
  isObject(value) && isObject(value.info) && typeof value.load === 'function';
