/** Accesses of 8, 16 and 32 bits on the display's registers, 16 bits wide below 600h and 32 above, and the EDID bytes. */
import type { MmioWidth } from '#bus/mmio.ts';
import type { TraceOutcome } from '#bus/trace.ts';
import { DISPLAY, EDID_WINDOW_BYTES } from '#datasheets/display.ts';
import type { RegisterFile } from '#regmap/file.ts';

type Registers = RegisterFile<typeof DISPLAY>;

const unitAt = (at: number): 2 | 4 => (at < 0x600 ? 2 : 4);
/** Writing a part of these leaves the rest alone, for only ones do something. */
const STROBES: ReadonlySet<number> = new Set(
  Object.values(DISPLAY).flatMap(({ at, fields }) =>
    Object.values(fields).some(({ access }) => access === 'w1c' || access === 'sc') ? [at] : [],
  ),
);

/** `readUnit` reads one whole register, with its side effects. */
export const readWide = (
  at: number,
  width: MmioWidth,
  edid: Uint8Array | null,
  readUnit: (at: number) => number,
): number => {
  if (edid !== null) {
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + (edid[at + i] ?? 0);
    return value;
  }
  const unit = unitAt(at);
  if (width <= unit) return maskOf(width) & (readUnit(at - (at % unit)) >>> (8 * (at % unit)));
  return (readUnit(at) | (readUnit(at + unit) << 16)) >>> 0;
};

/** `writeUnit` writes one whole register, with its side effects. */
export const writeWide = (
  registers: Registers,
  at: number,
  value: number,
  width: MmioWidth,
  writeUnit: (at: number, value: number) => void,
): void => {
  const unit = unitAt(at);
  if (width > unit) {
    writeUnit(at, value & 0xffff);
    writeUnit(at + unit, value >>> 16);
    return;
  }
  const base = at - (at % unit);
  if (width === unit) {
    writeUnit(base, value);
    return;
  }
  const shift = 8 * (at % unit);
  const rest = STROBES.has(base) ? 0 : registers.look(base) & ~(maskOf(width) << shift);
  writeUnit(base, (rest | (value << shift)) >>> 0);
};

export const outcomeAt = (registers: Registers, at: number, op: 'read' | 'write'): TraceOutcome => {
  if (at < EDID_WINDOW_BYTES) return op === 'read' ? 'ok' : 'ignored';
  const base = at - (at % unitAt(at));
  if (!registers.has(base)) return 'unmodelled';
  return op === 'read' || registers.writable(base) ? 'ok' : 'ignored';
};

const maskOf = (width: MmioWidth): number => (width === 4 ? -1 : 2 ** (8 * width) - 1);
