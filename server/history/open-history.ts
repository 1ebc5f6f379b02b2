/** The run history of a lab: the one it was told of, or one that may be missing. */
import { asLabError } from '#bus/errors.ts';
import type { KernelLog } from '#server/kernel-log.ts';
import type { LabOptions } from '#server/lab.ts';
import { RunHistory } from './run-history.ts';

/** Throws only when the history is needed; otherwise the lab says why it has none. */
export const openHistory = (options: LabOptions['history'], log: KernelLog): RunHistory | undefined => {
  if (options === undefined) return undefined;
  try {
    return new RunHistory({ file: options.file });
  } catch (thrown) {
    if (options.needed) throw thrown;
    log.add('warning', 'lab', `runs are not kept across restarts: ${asLabError(thrown).message}`);
    return undefined;
  }
};
