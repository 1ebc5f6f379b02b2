/** What the kernel log says of a panic: when, what, and how the screen was drawn. */
import { useMemo } from 'react';
import type { LogLine } from '#bus/api.ts';
import { useLab } from '../store/lab-state.ts';

export interface PanicLogged {
  /** Lab nanoseconds. */
  readonly atNs: number;
  readonly description: string;
  /** `panic screen qr_code; version 12, 8 px a module, 20 lines of the log`; empty when it said nothing of the kind. */
  readonly report: string;
}

const PANIC = /^Kernel panic - not syncing: ([\s\S]*)$/;
const REPORT = /^panic screen /;

/** The newest panic of these modules; null when there was none. */
export const panicIn = (log: readonly LogLine[], modules: ReadonlySet<string>): PanicLogged | null => {
  for (let i = log.length - 1; i >= 0; i--) {
    const line = log[i]!;
    const [, description] = modules.has(line.facility) ? (PANIC.exec(line.text) ?? []) : [];
    if (description === undefined) continue;
    const report = log.slice(i + 1).find(({ facility, text }) => facility === line.facility && REPORT.test(text));
    return { atNs: line.time, description, report: report?.text ?? '' };
  }
  return null;
};

export const usePanicLog = (device: string): PanicLogged | null => {
  const log = useLab((state) => state.log);
  const modules = useLab((state) => state.modules);
  return useMemo(() => {
    const names = new Set(modules.filter((one) => one.device === device).map(({ module }) => module));
    return panicIn(log, names);
  }, [log, modules, device]);
};
