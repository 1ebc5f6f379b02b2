/** XDATA 2000h to 21FFh: what the receiver's hardware tells the program. Source: analysis of the public firmware, section 3.2. */
import type { ReceiverSignals } from '../micro.ts';

export const RECEIVE_PATH = { from: 0x2000, to: 0x21ff } as const;

/** The lock monitor counts as locked from 8 to 0Ah. */
const LOCKED_MONITOR = 0x09;
/** Levels are 11 bits signed: 2128h and 212Ah hold the low three, 2129h and 212Bh the high eight; the eye is counted in the latter. */
const levels = (eye: number): { readonly upper: number; readonly lower: number } => {
  const lower = -Math.trunc(eye / 2);
  return { upper: (eye + lower) & 0xff, lower: lower & 0xff };
};

/** Bits the hardware drives, by address; everything else there reads 0. */
const MONITORS: Readonly<Record<number, (signals: ReceiverSignals) => number>> = {
  8194: ({ locked }) => (locked ? 0x04 : 0),
  8198: ({ locked, lineUp, hostUp }) => (locked ? 0x80 : 0) | (hostUp ? 0x20 : 0) | (lineUp ? 0x01 : 0),
  8199: ({ locked }) => (locked ? 0x40 : 0),
  8210: ({ locked }) => (locked ? LOCKED_MONITOR : 0),
  8265: ({ lost }) => (lost ? 0x02 : 0),
  // Calibration done, at once.
  8283: () => 0x80,
  8489: ({ eye }) => levels(eye).upper,
  8491: ({ eye }) => levels(eye).lower,
};

export const readMonitor = (address: number, signals: () => ReceiverSignals): number =>
  MONITORS[address]?.(signals()) ?? 0;
