/** Misuse that the trace tells, as lines of the kernel log under the name of who did it. */
import { TRACE_OUTCOMES, type Trace, unpackRecord } from '#bus/trace.ts';
import type { KernelLog } from './kernel-log.ts';
import { isLabRequester } from './scenario/recording.ts';

const REFUSED = TRACE_OUTCOMES.indexOf('refused');
/** A driver in a loop must not push everything else out of the log. */
const LINES_EACH = 100;

/** Returns the way to stop. */
export const tellFindings = (trace: Trace, log: KernelLog): (() => void) => {
  const told = new Map<number, number>();
  return trace.tap(
    (record) => {
      if (record[7] !== REFUSED) return;
      const { seq, device, requester, aux } = unpackRecord(record);
      const { devices, requesters, texts } = trace.names;
      const who = requesters[requester] ?? '';
      if (isLabRequester(who)) return;
      const count = (told.get(requester) ?? 0) + 1;
      told.set(requester, count);
      if (count <= LINES_EACH) log.add('warning', who, `${devices[device]}: finding: ${texts[aux]} (#${seq})`);
      if (count === LINES_EACH) log.add('warning', who, 'more findings are in the trace only');
    },
    ['note'],
  );
};
