/** The steps of a run as boxes on the time axis of the records they are in. */
import type { RunView } from '#bus/api.ts';
import type { Box } from './lane-model.ts';
import type { Records } from './records.ts';

/** A virtual run counts its time from 0; a live one from where its accesses stand among the lab's. */
export const stepBoxes = (run: RunView, records: Records | null): readonly Box[] => {
  const offset = run.mode === 'virtual' ? 0 : liveOffset(run, records);
  if (offset === null) return [];
  const boxes: Box[] = [];
  let from = offset;
  for (const { index, title, state, endedAt } of run.steps) {
    if (endedAt === null) {
      if (state === 'running') boxes.push({ from, to: null, text: `${index + 1} ${title}` });
      continue;
    }
    const to = endedAt + offset;
    boxes.push({ from, to, text: `${index + 1} ${title}` });
    from = to;
  }
  return boxes;
};

/** Lab time at which a live run began, from the first step whose last access is still kept. */
const liveOffset = (run: RunView, records: Records | null): number | null => {
  if (records === null) return null;
  for (const { endedAt, lastSeq } of run.steps) {
    if (endedAt === null || lastSeq === null) continue;
    const position = records.positionOf(lastSeq);
    const record = records.at(position);
    if (record !== undefined && record.seq === lastSeq) return Math.max(0, record.time - endedAt);
  }
  return null;
};
