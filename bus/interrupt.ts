/** Interrupt lines on the bus: each change of a line is one numbered message, device to drivers. */
import { LabError } from './errors.ts';

export interface Interrupt {
  /** Counts every interrupt of the device from 1; a gap means that some were missed. */
  readonly seq: number;
  /** `LASI`. */
  readonly line: string;
  readonly asserted: boolean;
  /** Nanoseconds since the lab began. */
  readonly time: number;
}

export const encodeInterrupt = (interrupt: Interrupt): string => JSON.stringify(interrupt);

/** Throws EPROTO for anything that is no interrupt. */
export const parseInterrupt = (payload: Uint8Array): Interrupt => {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(payload.subarray(0, 1024)));
  } catch (cause) {
    throw new LabError('EPROTO', 'an interrupt message is no JSON', { cause });
  }
  const { seq, line, asserted, time } = (said ?? {}) as Partial<Record<keyof Interrupt, unknown>>;
  if (
    Number.isSafeInteger(seq) &&
    typeof line === 'string' &&
    typeof asserted === 'boolean' &&
    typeof time === 'number'
  )
    return { seq: seq as number, line, asserted, time };
  throw new LabError('EPROTO', 'an interrupt message takes seq, line, asserted and time');
};
