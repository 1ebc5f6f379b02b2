/** Broken on purpose: tells the display that rows lie 64 bytes closer together than they do. */
import { PLANE_BLOCKS } from '#datasheets/display-planes.ts';
import { brokenFerro } from './broken-ferro.ts';

const { at } = PLANE_BLOCKS.PRIMARY.PITCH0;

export const driver = brokenFerro('bad-pitch', 'tells the display a pitch that is 64 bytes short', () => (write) => [
  write.at === at ? { ...write, value: Math.max(0, write.value - 64) } : write,
]);
