/** Broken on purpose: scans out from a bus address where the register takes an offset in video memory. */
import { PLANE_BLOCKS } from '#datasheets/display-planes.ts';
import { brokenFerro } from './broken-ferro.ts';

const { at } = PLANE_BLOCKS.PRIMARY.BASE0;
/** Where firmware puts the memory of a display adapter, more often than not. */
const APERTURE = 0xe000_0000;

export const driver = brokenFerro(
  'bad-bus-address',
  'writes a bus address where the display takes an offset in its memory',
  () => (write) => [write.at === at ? { ...write, value: (write.value + APERTURE) % 2 ** 32 } : write],
);
