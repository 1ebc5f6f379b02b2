/** The socket: which monitor is in it, what EDID it tells, and how the link is. */
import { LabError } from '#bus/errors.ts';
import { noise } from '#bus/random.ts';
import { type DISPLAY, EDID_WINDOW_BYTES } from '#datasheets/display.ts';
import type { DISPLAY_FAULTS } from '#datasheets/display-catalogue.ts';
import { MONITORS, type MonitorName } from '#datasheets/monitors.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { FaultBoard } from '../fault-board.ts';
import { edidOf } from './edid.ts';
import type { Interrupts } from './interrupts.ts';

export interface ConnectorSnapshot {
  readonly plugged: boolean;
  /** Undefined: the bytes are a user's. */
  readonly monitor: MonitorName | null;
  readonly edid: readonly number[];
  readonly degraded: boolean;
}

export interface ConnectorOptions {
  readonly regs: RegisterFile<typeof DISPLAY>;
  readonly board: FaultBoard<typeof DISPLAY_FAULTS>;
  readonly interrupts: Interrupts;
  readonly seed: number;
  /** Null: nothing is plugged in. */
  readonly monitor: MonitorName | null;
}

/** Faults that change what is read. */
const EDID_FAULTS = ['edid-checksum', 'edid-short', 'edid-garbage'] as const;

export class Connector {
  readonly #regs: RegisterFile<typeof DISPLAY>;
  readonly #interrupts: Interrupts;
  readonly #board: FaultBoard<typeof DISPLAY_FAULTS>;
  readonly #seed: number;
  #plugged = true;
  #monitor: MonitorName | null;
  #edid: Uint8Array;
  #degraded = false;

  constructor({ regs, board, interrupts, seed, monitor }: ConnectorOptions) {
    this.#regs = regs;
    this.#board = board;
    this.#interrupts = interrupts;
    this.#seed = seed;
    this.#plugged = monitor !== null;
    this.#monitor = monitor ?? 'fhd60';
    this.#edid = edidOf(MONITORS[this.#monitor]);
    this.#tell();
  }

  get connected(): boolean {
    return this.#plugged && !this.#board.has('unplugged');
  }
  get linkBad(): boolean {
    return this.connected && (this.#degraded || this.#board.has('link-bad'));
  }
  get monitor(): MonitorName | null {
    return this.#monitor;
  }

  /** What reading tells; nothing when nobody is there or the monitor is mute. */
  edid(): Uint8Array {
    if (!this.connected || this.#board.has('edid-absent')) return new Uint8Array(0);
    if (!EDID_FAULTS.some((name) => this.#board.has(name))) return this.#edid;
    const bytes = this.#edid.slice();
    const wrong = this.#board.params('edid-checksum');
    if (wrong !== undefined && wrong.byte < bytes.length) bytes[wrong.byte]! ^= 0x5a;
    const short = this.#board.params('edid-short');
    if (short !== undefined) bytes.fill(0xff, Math.min(short.bytes, bytes.length));
    if (this.#board.has('edid-garbage'))
      bytes.forEach((_, i) => {
        bytes[i] = Math.floor(noise(this.#seed, i) * 256);
      });
    return bytes;
  }

  plug(in_: boolean): void {
    this.#plugged = in_;
    this.changed();
  }

  choose(monitor: MonitorName): void {
    this.#monitor = monitor;
    this.#edid = edidOf(MONITORS[monitor]);
    this.changed();
  }

  /** Any bytes: what is wrong with them is the driver's to find. */
  load(bytes: Uint8Array): void {
    if (bytes.length === 0 || bytes.length > EDID_WINDOW_BYTES)
      throw new LabError('EINVAL', `an EDID of ${bytes.length} bytes; it takes 1 to ${EDID_WINDOW_BYTES}`);
    this.#monitor = null;
    this.#edid = bytes.slice();
    this.changed();
  }

  degrade(): void {
    this.#degraded = true;
    this.changed();
  }

  /** Mends a link that lost quality. */
  train(): void {
    const was = this.linkBad;
    this.#degraded = false;
    if (was && !this.linkBad) this.changed();
  }

  /** Something of it is different: a hotplug. */
  changed(): void {
    this.#tell();
    this.#interrupts.raise('HOTPLUG');
  }

  snapshot(): ConnectorSnapshot {
    return { plugged: this.#plugged, monitor: this.#monitor, edid: [...this.#edid], degraded: this.#degraded };
  }

  restore({ plugged, monitor, edid, degraded }: ConnectorSnapshot): void {
    this.#plugged = plugged;
    this.#monitor = monitor;
    this.#edid = Uint8Array.from(edid);
    this.#degraded = degraded;
  }

  #tell(): void {
    const { connected, linkBad } = this;
    this.#regs.poke('CONNECTOR', { CONNECTED: connected, LINK_BAD: linkBad, EDID_BYTES: this.edid().length });
  }
}

/** `00 FF FF…` as bytes; throws EINVAL for anything else. */
export const bytesOfHex = (hex: string): Uint8Array => {
  const digits = hex.replaceAll(/[\s,:]|0x/gi, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits))
    throw new LabError('EINVAL', `an EDID in hex takes pairs of 0-9 and a-f, not '${hex.slice(0, 32)}'`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
};
