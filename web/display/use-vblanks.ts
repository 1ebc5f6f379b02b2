/** The vertical blanks of a display, read off the trace as the page ticks. */
import { useState } from 'react';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { lab, labNow, trace } from '../store/lab-state.ts';
import { useTick } from '../ui/use-tick.ts';
import { type BlankCell, stripCells } from './vblank-strip.ts';
import { VblankWatch } from './vblank-watch.ts';

export interface Vblanks {
  readonly cells: readonly BlankCell[];
  /** The newest vertical blank, counted on from what was told last. */
  readonly last: number;
  readonly flipsHz: number;
  /** A flip asked for that is not on the screen yet. */
  readonly pending: boolean;
}

export const useVblanks = (device: string, panel: DisplayPanel): Vblanks => {
  useTick();
  const [watch] = useState(() => new VblankWatch(device)); // pages and panels are made anew for another device
  watch.take(trace);
  const nowNs = labNow();
  const { mode, vblank } = panel;
  const periodNs = mode?.frameNs ?? 0;
  const told = { count: vblank.count, stampNs: lab.state.now - (panel.at - vblank.atNs) };
  // the driver's own reading is exact to the nanosecond; the panel was told a few milliseconds after it was made
  const anchor = watch.anchor !== null && watch.anchor.stampNs > nowNs - 60e9 ? watch.anchor : told;
  if (periodNs === 0 || !vblank.running) {
    return { cells: [], last: vblank.count, flipsHz: watch.flipsPerSecond(nowNs), pending: panel.flip.pending };
  }
  const last = Math.max(vblank.count, anchor.count + Math.floor((nowNs - anchor.stampNs) / periodNs));
  const { served, flips, listening } = watch;
  return {
    cells: stripCells({ anchor, periodNs, last, served, flips, listening }),
    last,
    flipsHz: watch.flipsPerSecond(nowNs),
    pending: panel.flip.pending,
  };
};
