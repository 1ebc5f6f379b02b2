/** Runs in a worker of the page: reads a recording, or compares two sections, so that the page goes on meanwhile. */
import { readRecording } from '#recording/decode.ts';
import { diffSections } from '#recording/diff.ts';
import type { Answer, Job } from './jobs.ts';

addEventListener('message', ({ data: job }: MessageEvent<Job>) => {
  const { answer, moved } = done(job);
  postMessage(answer, { transfer: moved });
});

const done = (job: Job): { readonly answer: Answer; readonly moved: Transferable[] } => {
  try {
    if (job.job === 'read') {
      const recording = readRecording(job.bytes);
      return { answer: { recording }, moved: recording.sections.map(({ records }) => records.buffer as ArrayBuffer) };
    }
    const diff = diffSections(job.a, job.b);
    return { answer: { diff }, moved: diff.lanes.flatMap(({ kinds, a, b }) => [kinds.buffer, a.buffer, b.buffer]) };
  } catch (thrown) {
    return { answer: { failed: thrown instanceof Error ? thrown.message : String(thrown) }, moved: [] };
  }
};
