/** What the dashboard knows of each kind of device: its title, its registers and its memory windows. */
import { printC45 } from '#datasheets/c45.ts';
import { DISPLAY, EDID_WINDOW_BYTES } from '#datasheets/display.ts';
import type { DisplayFault } from '#datasheets/display-catalogue.ts';
import type { NullbFault } from '#datasheets/null-blk-catalogue.ts';
import { QT2025_ALL, QT2025_SPANS } from '#datasheets/qt2025.ts';
import type { Qt2025Fault } from '#datasheets/qt2025-catalogue.ts';
import { type Register, type Table, table } from '#regmap/declare.ts';
import { nameAt } from '#regmap/names.ts';

export interface Part {
  readonly title: string;
  readonly table: Table;
  readonly spans: readonly {
    readonly name: string;
    readonly doc: string;
    readonly at: number;
    readonly length: number;
  }[];
  /** Faults that stand on the faceplate, the most telling first; the others are behind "all". */
  readonly faults: readonly string[];
  /** An address as this part's datasheet prints it. */
  readonly print: (at: number) => string;
}

const NO_REGISTERS = table('none', {});

/** An offset in a register window, as the datasheet of a memory-mapped part prints it: `1010h`. */
export const printOffset = (at: number): string => `${at.toString(16).toUpperCase().padStart(4, '0')}h`;

const PARTS: Readonly<Record<string, Part>> = {
  qt2025: {
    title: 'QT2025 10G PHY',
    table: QT2025_ALL,
    spans: QT2025_SPANS,
    faults: [
      'rx-loss',
      'module-out',
      'weak-light',
      'bit-errors',
      'heartbeat-stuck',
      'pcs-stuck',
      'xaui-down',
      'slow-boot',
      'high-ber',
    ] satisfies Qt2025Fault[],
    print: printC45,
  },
  nullb: {
    title: 'null block device',
    table: NO_REGISTERS,
    spans: [],
    faults: [
      'latency',
      'error',
      'torn-write',
      'bit-rot',
      'drop-completion',
      'duplicate-completion',
      'reorder',
      'disconnect',
      'read-only',
    ] satisfies NullbFault[],
    print: (at) => `sector ${at.toLocaleString('en-US')}`,
  },
  display: {
    title: 'display controller',
    table: DISPLAY,
    spans: [{ name: 'edid', doc: 'EDID bytes of the monitor, read only', at: 0, length: EDID_WINDOW_BYTES }],
    faults: [
      'unplugged',
      'vblank-late',
      'vblank-lost',
      'edid-checksum',
      'link-bad',
      'underrun',
      'bit-rot',
      'vblank-stuck',
      'flip-never',
    ] satisfies DisplayFault[],
    print: printOffset,
  },
};

/** The part behind a device kind; a kind this build does not know has an empty table. */
export const partOf = (kind: string): Part =>
  PARTS[kind] ?? {
    title: kind,
    table: NO_REGISTERS,
    spans: [],
    faults: [],
    print: printOffset,
  };

/** Every kind this build has a datasheet for. */
export const KNOWN_PARTS: readonly string[] = Object.keys(PARTS);

export const registerAt = (
  part: Part,
  at: number,
): { readonly name: string; readonly register: Register } | undefined => {
  const name = nameAt(part.table, at);
  const register = name === undefined ? undefined : part.table[name];
  return name === undefined || register === undefined ? undefined : { name, register };
};

/** The memory window an address lies in. */
export const spanAt = (part: Part, at: number): Part['spans'][number] | undefined =>
  part.spans.find((span) => at >= span.at && at < span.at + span.length);
