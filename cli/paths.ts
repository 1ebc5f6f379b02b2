/** Where the project's parts lie, for the commands that start a lab. */
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const WEB_ROOT = here('web/dist');
export const SCENARIOS = here('scenarios');
/** Firmware of the project; a person's own files may lie in FERROLAB_FIRMWARE. */
export const FIRMWARE_DIRS: readonly string[] = [
  ...(process.env.FERROLAB_FIRMWARE ? [process.env.FERROLAB_FIRMWARE] : []),
  here('firmware'),
];
/** A driver runs in a process of its own: this Node, this entry. */
export const DRIVER_HOST: readonly string[] = [process.execPath, here('drivers/host.ts')];
