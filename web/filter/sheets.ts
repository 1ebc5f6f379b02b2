/** Which datasheet stands behind a device kind: registers, and spans of memory by name. */
import type { Span } from '#bus/device.ts';
import { printC45 } from '#datasheets/c45.ts';
import { DISPLAY, EDID_WINDOW_BYTES } from '#datasheets/display.ts';
import { QT2025_ALL, QT2025_IMAGE, QT2025_SPANS } from '#datasheets/qt2025.ts';
import type { Register, Table } from '#regmap/declare.ts';
import { nameAt } from '#regmap/names.ts';
import { printOffset } from '../parts.ts';

export interface Sheet {
  readonly registers: Table;
  readonly spans: readonly Span[];
  /** Reads and writes are of sectors, not of registers. */
  readonly block?: true;
  /** Registers are at byte offsets, and memory is moved in spans: not MDIO. */
  readonly mmio?: true;
  /** The program image a driver uploads, when there is one: the span it lives in and where its sum and length are. */
  readonly image?: { readonly span: string; readonly sumAt: number; readonly lengthAt: number };
}

export const SHEETS: Readonly<Record<string, Sheet>> = {
  qt2025: { registers: QT2025_ALL, spans: QT2025_SPANS, image: { span: 'SRAM', ...QT2025_IMAGE } },
  display: {
    registers: DISPLAY,
    spans: [{ name: 'edid', doc: 'EDID bytes of the monitor', at: 0, length: EDID_WINDOW_BYTES, offset: 0 }],
    mmio: true,
  },
};

/** Kinds of block devices have no registers. */
const BLOCK_SHEETS: Readonly<Record<string, Sheet>> = { nullb: { registers: {}, spans: [], block: true } };

/** What a filter and a table need to know of the lab they look at. */
export interface Lab {
  /** Kind of a device by name; undefined when nobody has said. */
  readonly kindOf: (device: string) => string | undefined;
  /** Another one whenever `kindOf` may answer otherwise than before; absent where it never does. */
  readonly kindsFrom?: unknown;
  readonly devices: readonly string[];
  readonly requesters: readonly string[];
}

/** An address as the datasheet prints it. */
export const printAt = (sheet: Sheet | undefined, at: number): string =>
  sheet?.mmio === true ? printOffset(at) : printC45(at);

/** The sheet of a device; one that nobody has announced is taken for a PHY. */
export const sheetOf = (lab: Lab, device: string): Sheet | undefined => {
  const kind = lab.kindOf(device);
  return kind === undefined ? SHEETS.qt2025 : (SHEETS[kind] ?? BLOCK_SHEETS[kind]);
};

export interface Place {
  /** Register name, or `SRAM+1A2Ch` inside a span; null when the datasheet has no word for it. */
  readonly name: string | null;
  readonly register: Register | null;
  readonly span: Span | null;
}

/** What an address is. A named register wins over the span it lies in. */
export const placeOf = (sheet: Sheet | undefined, at: number): Place => {
  if (sheet === undefined) return NOWHERE;
  const known = places.get(sheet)?.get(at);
  if (known !== undefined) return known;
  const made = look(sheet, at);
  let cache = places.get(sheet);
  if (cache === undefined || cache.size > 50_000) {
    cache = new Map();
    places.set(sheet, cache);
  }
  cache.set(at, made);
  return made;
};

const NOWHERE: Place = { name: null, register: null, span: null };
const places = new WeakMap<Sheet, Map<number, Place>>();

const look = ({ registers, spans }: Sheet, at: number): Place => {
  const name = nameAt(registers, at);
  const span = spans.find((s) => at >= s.at && at < s.at + s.length) ?? null;
  if (name !== undefined) return { name, register: registers[name] ?? null, span };
  if (span === null) return NOWHERE;
  const offset = span.offset + at - span.at;
  return { name: `${span.name}+${offset.toString(16).toUpperCase().padStart(4, '0')}h`, register: null, span };
};
