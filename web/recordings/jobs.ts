/** Long work on recordings, each job in a worker of its own that ends with it. */
import type { Recording } from '#recording/decode.ts';
import type { RecordingDiff } from '#recording/diff.ts';
import type { ComparedSection } from '#recording/lanes.ts';

export type Job =
  | { readonly job: 'read'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly job: 'diff'; readonly a: ComparedSection; readonly b: ComparedSection };

export interface Answer {
  readonly recording?: Recording;
  readonly diff?: RecordingDiff;
  readonly failed?: string;
}

/** Reads a whole file; the bytes are given away. */
export const readInWorker = async (bytes: Uint8Array<ArrayBuffer>): Promise<Recording> => {
  const { recording, failed } = await run({ job: 'read', bytes }, [bytes.buffer]);
  if (recording === undefined) throw new Error(failed ?? 'could not be read');
  return recording;
};

/** `signal` calls it off: then the promise never ends. */
export const diffInWorker = async (
  a: ComparedSection,
  b: ComparedSection,
  signal: AbortSignal,
): Promise<RecordingDiff> => {
  const [one, other] = [given(a), given(b)];
  const moved = [one.records.buffer, other.records.buffer];
  const { diff, failed } = await run({ job: 'diff', a: one, b: other }, moved, signal);
  if (diff === undefined) throw new Error(failed ?? 'could not be compared');
  return diff;
};

/** A copy of exactly its records, to be given away. */
const given = ({
  names,
  records,
  count,
  devices,
}: ComparedSection): ComparedSection & { readonly records: Uint8Array<ArrayBuffer> } => ({
  names,
  records: records.slice(),
  count,
  devices,
});

const run = (job: Job, moved: Transferable[], signal?: AbortSignal): Promise<Answer> =>
  new Promise((done) => {
    const worker = new Worker(new URL('./recording-work.ts', import.meta.url), { type: 'module' });
    const end = (answer: Answer): void => {
      worker.terminate();
      done(answer);
    };
    signal?.addEventListener('abort', () => worker.terminate(), { once: true });
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => end(data));
    worker.addEventListener('error', ({ message }) =>
      end({
        failed: `stopped: ${message === '' ? 'the browser ran out of memory, or could not load the page' : message}`,
      }),
    );
    worker.postMessage(job, moved);
  });
