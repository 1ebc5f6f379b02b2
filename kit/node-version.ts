/** Says which Node is needed before something obscure does. */
import { LabError } from '#bus/errors.ts';

/** Throws ENOSYS where this Node is older. */
export const checkNode = (needed: number, version = process.version): void => {
  const major = Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
  if (major >= needed) return;
  throw new LabError(
    'ENOSYS',
    `this is Node ${version}, and a lab needs ${needed} or newer: on Linux npm has put one into node_modules/.bin, where npx and npm scripts find it first; elsewhere install Node 24`,
  );
};
