/** Where a lab keeps its runs across restarts: `--history`, FERROLAB_HISTORY, or the user's own state directory. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LabOptions } from '#server/lab.ts';

/** `off` keeps nothing; a file that was asked for is needed, the usual one is not. */
export const historyOption = (
  asked: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Pick<LabOptions, 'history'> => {
  const file = asked ?? env.FERROLAB_HISTORY;
  if (file === 'off') return {};
  if (file !== undefined && file !== '') return { history: { file, needed: true } };
  const state = env.XDG_STATE_HOME || join(homedir(), '.local/state');
  return { history: { file: join(state, 'ferrolab/runs.sqlite'), needed: false } };
};
