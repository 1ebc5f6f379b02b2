/** Broken on purpose: enables interrupts and leaves out the one that says a flip is done. */
import { DISPLAY } from '#datasheets/display.ts';
import { decode, encode } from '#regmap/codec.ts';
import { brokenFerro } from './broken-ferro.ts';

const { INT_ENABLE } = DISPLAY;

export const driver = brokenFerro('bad-deaf-flips', 'never enables the flip interrupt', () => (write) => [
  write.at === INT_ENABLE.at
    ? { ...write, value: encode(INT_ENABLE, { ...decode(INT_ENABLE, write.value), FLIP_DONE: false }) }
    : write,
]);
