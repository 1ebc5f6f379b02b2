/** Waiting for a driver process to be live, or for the error that kept it from that. */
import type { ModuleView } from '#bus/api.ts';
import { ERRNO, type ErrnoName, LabError } from '#bus/errors.ts';
import type { DriverProcess } from './driver-process.ts';
import type { Presences } from './presences.ts';

const START_MS = 30_000;
/** A process may end before its last presence has arrived. */
const GRACE_MS = 300;

/** Resolves when the client is live; rejects with the driver's own error, with its last words, or with ETIMEDOUT. */
export const settled = (
  presences: Presences,
  client: string,
  process: DriverProcess,
  startMs = START_MS,
  isHeld: () => boolean = () => false,
): Promise<ModuleView> =>
  new Promise((resolve, reject) => {
    const look = (): void => {
      const view = presences.modules.find((module) => module.client === client);
      if (view?.state === 'live') finish(() => resolve(view));
      else if (view?.state === 'failed') finish(() => reject(failure(view)));
      else if (view === undefined) finish(() => reject(new LabError('ECANCELED', `${client} was unloaded meanwhile`)));
    };
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      stop();
      end();
    };
    let grace: NodeJS.Timeout | undefined;
    const late = (): void => {
      if (isHeld()) {
        timer = setTimeout(late, startMs); // it waits for a person at a breakpoint
        return;
      }
      finish(() => reject(new LabError('ETIMEDOUT', `${client} was not live after ${startMs} ms`)));
      void process.end();
    };
    let timer = setTimeout(late, startMs);
    const stop = presences.onChange(look);
    void process.ended.then((last) => {
      grace = setTimeout(() => finish(() => reject(last)), GRACE_MS);
    });
    look();
  });

const failure = ({ error, client }: ModuleView): LabError =>
  new LabError(isErrno(error?.code) ? error.code : 'EIO', error?.message ?? `${client} failed without a reason`);

const isErrno = (code: string | undefined): code is ErrnoName => code !== undefined && code in ERRNO;
