/** The timings of a mode from the registers that hold them, and what follows from them. */
import { DISPLAY } from '#datasheets/display.ts';
import { TIMINGS } from '#datasheets/monitors.ts';

/** One direction, in pixels or lines. */
export interface Axis {
  readonly display: number;
  readonly syncStart: number;
  readonly syncEnd: number;
  readonly total: number;
}

export interface ModeTiming {
  readonly clockKhz: number;
  readonly horizontal: Axis;
  readonly vertical: Axis;
  readonly hz: number;
  readonly lineKhz: number;
  /** Where these numbers are from, when they are a standard's. */
  readonly source: string | null;
}

/** Null while the registers hold no timings. */
export const timingOf = (level: (at: number) => number): ModeTiming | null => {
  const of = ({ at }: { readonly at: number }): number => level(at);
  const clockKhz = of(DISPLAY.CLOCK_KHZ);
  const horizontal: Axis = {
    display: of(DISPLAY.H_DISPLAY),
    syncStart: of(DISPLAY.H_SYNC_START),
    syncEnd: of(DISPLAY.H_SYNC_END),
    total: of(DISPLAY.H_TOTAL),
  };
  const vertical: Axis = {
    display: of(DISPLAY.V_DISPLAY),
    syncStart: of(DISPLAY.V_SYNC_START),
    syncEnd: of(DISPLAY.V_SYNC_END),
    total: of(DISPLAY.V_TOTAL),
  };
  if (clockKhz === 0 || !rises(horizontal) || !rises(vertical)) return null;
  return {
    clockKhz,
    horizontal,
    vertical,
    hz: (clockKhz * 1000) / (horizontal.total * vertical.total),
    lineKhz: clockKhz / horizontal.total,
    source: standardOf(clockKhz, horizontal, vertical),
  };
};

const rises = ({ display, syncStart, syncEnd, total }: Axis): boolean =>
  display > 0 && syncStart >= display && syncEnd >= syncStart && total >= syncEnd;

/** `4, 5, 36`: what lies around the picture, in the order it is sent. */
export const porches = ({ display, syncStart, syncEnd, total }: Axis): readonly [number, number, number] => [
  syncStart - display,
  syncEnd - syncStart,
  total - syncEnd,
];

const standardOf = (clockKhz: number, horizontal: Axis, vertical: Axis): string | null => {
  const same = (axis: Axis, list: readonly number[]): boolean =>
    [axis.display, axis.syncStart, axis.syncEnd, axis.total].every((n, i) => list[i] === n);
  const known = Object.values(TIMINGS).find(
    (timing) => timing.clockKhz === clockKhz && same(horizontal, timing.horizontal) && same(vertical, timing.vertical),
  );
  return known?.source ?? null;
};
