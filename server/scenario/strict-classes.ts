/** The kinds of access against the datasheet, and what a scenario file says of them. */
import type { StrictClass } from './model.ts';

/**
 * `reserved`: a bit no field has is set; `unmapped`: nothing is at the address; `read-only`: written, and nothing can be
 * written there; `undocumented`: memory or storage that no source names; `misuse`: what a port or a driver's own kernel caught.
 */
export const STRICT_CLASSES = [
  'reserved',
  'unmapped',
  'read-only',
  'undocumented',
  'misuse',
] as const satisfies readonly StrictClass[];

/** `strict: true` is all of them, absent or false none. */
export const strictClasses = (given: boolean | readonly StrictClass[] | undefined): readonly StrictClass[] => {
  if (typeof given === 'object') return given;
  return given === true ? STRICT_CLASSES : [];
};
