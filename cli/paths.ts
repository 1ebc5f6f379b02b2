/** Where the project's parts lie, for the commands that start a lab. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const WEB_ROOT = here('web/dist');
export const SCENARIOS = here('scenarios');
/** Firmware of the project; a person's own files may lie in FERROLAB_FIRMWARE. */
export const FIRMWARE_DIRS: readonly string[] = [
  ...(process.env.FERROLAB_FIRMWARE ? [process.env.FERROLAB_FIRMWARE] : []),
  here('firmware'),
];
/** `.ts` in a clone, `.js` in a package. */
const MODULE = extname(import.meta.filename);
/** A driver runs in a process of its own: this Node, this entry. In a clone `ferrolab/driver` is its sources there too. */
export const DRIVER_HOST: readonly string[] = [
  process.execPath,
  ...(MODULE === '.ts' ? ['--conditions=ferrolab-source'] : []),
  here(`drivers/host${MODULE}`),
];
