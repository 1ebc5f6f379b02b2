/** What the lab says on the bus of its own accord: runs as they happen, the trace in batches when asked to. */
import type { RunView } from '#bus/api.ts';
import type { BusLink } from '#bus/link.ts';
import { topics } from '#bus/topics.ts';
import { RECORD_BYTES, unpackRecord } from '#bus/trace.ts';
import { decoded } from './api/trace.ts';
import type { LabContext } from './context.ts';

const BATCH_MS = 100;
/** Records of one batch: 100,000 accesses a second still leave whole. */
const BATCH_RECORDS = 10_000;

export interface BusNewsOptions {
  readonly link: BusLink;
  readonly lab: Pick<LabContext, 'name' | 'trace' | 'bench' | 'runs'>;
  /** Publish every access too. */
  readonly trace: boolean;
}

/** Returns the way to fall silent. */
export const startBusNews = ({ link, lab, trace }: BusNewsOptions): (() => void) => {
  const at = topics(lab.name);
  const say = (topic: string, news: unknown): void =>
    void link.post(topic, new TextEncoder().encode(JSON.stringify(news)));
  const stops = [lab.runs.onChange((view: RunView) => say(at.run(String(view.run)), view))];
  if (trace) stops.push(batches(lab, (device, batch) => say(at.trace(device), batch)));
  return () => {
    for (const stop of stops) stop();
  };
};

/** `{ missed, records }` for each device with something new; what a batch could not hold is counted, not silent. */
const batches = (
  lab: BusNewsOptions['lab'],
  say: (device: string, batch: { missed: number; records: unknown[] }) => void,
): (() => void) => {
  let next = lab.trace.last + 1;
  const timer = setInterval(() => {
    const missed = Math.max(0, lab.trace.last - next + 1 - BATCH_RECORDS);
    const packed = lab.trace.slice(next + missed);
    next = lab.trace.last + 1;
    const byDevice = new Map<string, unknown[]>();
    for (let offset = 0; offset < packed.length; offset += RECORD_BYTES) {
      const row = decoded(lab, unpackRecord(packed, offset));
      const rows = byDevice.get(row.device);
      if (rows === undefined) byDevice.set(row.device, [row]);
      else rows.push(row);
    }
    for (const [device, records] of byDevice) say(device, { missed, records });
  }, BATCH_MS);
  return () => clearInterval(timer);
};
