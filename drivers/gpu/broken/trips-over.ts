/** Broken on purpose: uses what is not there, at every fourth flip; nobody catches it. */
import { DISPLAY } from '#datasheets/display.ts';
import { brokenFerro, type Write } from './broken-ferro.ts';

const FLIPS = ['first', 'second', 'third'];

export const driver = brokenFerro('bad-trips-over', 'uses an undefined value at every fourth flip', () => {
  let flips = 0;
  return (write: Write) => {
    if (write.at !== DISPLAY.FLIP.at) return [write];
    const name: string = FLIPS[flips++ % 4]!; // the mistake: there are three
    return name.length > 0 ? [write] : [];
  };
});
