/** Broken on purpose: asks for each flip twice, the second time while the first is pending. */
import { DISPLAY } from '#datasheets/display.ts';
import { brokenFerro } from './broken-ferro.ts';

export const driver = brokenFerro('bad-flips-twice', 'asks for each flip twice', () => (write) => [
  ...(write.at === DISPLAY.FLIP.at ? [write] : []),
  write,
]);
