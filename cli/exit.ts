/** Exit codes other programs rely on, and which error becomes which. */
import { readFileSync } from 'node:fs';
import { type ErrnoName, LabError } from '#bus/errors.ts';

export const ExitCode = { pass: 0, driverFailed: 1, badInput: 2, labFailed: 3 } as const;

const LAB: readonly ErrnoName[] = ['EIO', 'ENOMEM', 'EPROTO', 'ECANCELED', 'ESTALE'];

/** The lab's own failures are 3, a driver's 1, everything a person can mend by asking differently 2. */
export const exitCodeOf = (error: unknown): number => {
  if (error instanceof DriverFailed) return ExitCode.driverFailed;
  if (error instanceof Refused) return ExitCode.badInput;
  return error instanceof LabError && !LAB.includes(error.code) ? ExitCode.badInput : ExitCode.labFailed;
};

/** The device said no, by whatever errno: that is its answer, and no failure of the lab. */
export class Refused extends LabError {}

/** The driver, not the lab, said no. */
export class DriverFailed extends LabError {}

export const version = (): string => {
  const { version: said } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return said;
};
