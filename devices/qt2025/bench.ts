/** A bench for tests: one PHY on virtual time, driven by register names, and the bring-up every driver does. */
import { readFileSync } from 'node:fs';
import { ms, VirtualClock } from '#bus/clock.ts';
import { QT2025, QT2025_IMAGE, QT2025_SRAM, QT2025_XDATA, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';
import { decode, encode } from '#regmap/codec.ts';
import type { Pokes, Register, Values } from '#regmap/declare.ts';
import { Qt2025, type Qt2025Options } from './qt2025.ts';

export const R = { ...QT2025, ...QT2025_XDATA };

const SHIPPED = readFileSync(new URL('../../firmware/ferrolab-qt2025.fw', import.meta.url));

/** The firmware the lab ships: a copy to do with as one likes. */
export const image = (): Uint8Array => new Uint8Array(SHIPPED);

/** What the firmware will say of itself, from the header of its image. */
export const imageVersion = (of: Uint8Array): string => {
  const at = QT2025_IMAGE.versionAt;
  return `${(of[at] ?? 0) >> 4}.${(of[at] ?? 0) & 15}.${of[at + 1]}.${of[at + 2]}`;
};

/** A status and the millisecond it should come at. */
export type Expected = readonly [ms: number, status: number];

/**
 * What does not fit in a list of `statuses()`: another order, or a time that is more than 20 % off (5 ms for short ones),
 * which is as near as our firmware keeps to the times of the public one.
 */
export const misfits = (seen: readonly string[], expected: readonly Expected[]): readonly string[] => {
  const fits = seen.map((line, i) => {
    const [at = 0, status = -1] = [Number.parseInt(line, 10), Number.parseInt(line.split(' ')[1] ?? '', 16)];
    const [wanted, code] = expected[i] ?? [0, -1];
    return status === code && Math.abs(at - wanted) <= Math.max(5, wanted * 0.2);
  });
  if (seen.length === expected.length && fits.every((fit) => fit)) return [];
  return [
    `seen ${seen.join(', ')}`,
    `expected ${expected.map(([at, code]) => `${at}: ${code.toString(16)}`).join(', ')}`,
  ];
};

export const bench = (options: Partial<Qt2025Options> = {}) => {
  const clock = new VirtualClock();
  const device = new Qt2025({ clock, seed: 1, ...options });
  const interrupts: string[] = [];
  device.onInterrupt((line, asserted) => void interrupts.push(`${line} ${asserted ? 'asserted' : 'released'}`));
  const it = {
    clock,
    device,
    interrupts,
    wait: (milliseconds: number) => clock.advance(ms(milliseconds)),
    /** A bus read, with its side effects. */
    read: <G extends Register>(register: G): Values<G> => decode(register, device.read(register.at)),
    raw: (register: Register): number => device.read(register.at),
    /** The level, without side effects. */
    peek: <G extends Register>(register: G): Values<G> => decode(register, device.peek(register.at)),
    byte: (register: Register): number => device.peek(register.at),
    write: (register: Register, value: number): void => device.write(register.at, value),
    /** Read, change, write. */
    set: <G extends Register>(register: G, values: Pokes<G>): void =>
      device.write(register.at, encode(register, values, device.read(register.at))),
    xdata: (offset: number): number => device.peek(QT2025_XDATA_WINDOW.at + offset),
    status: (): number => device.peek(QT2025_XDATA.UC_STATUS.at),
    upload: (bytes: Uint8Array): void => {
      bytes.forEach((byte, i) => {
        const window = QT2025_SRAM.find(({ offset, length }) => i >= offset && i < offset + length);
        if (window !== undefined) device.write(window.at + i - window.offset, byte);
      });
    },
    /** Configuration, upload and start, as the Rust driver does; `word` 0893h holds the receiver off until lock. */
    start: (bytes: Uint8Array = image(), { mode = 0x38, word = 0x0893 } = {}): void => {
      it.write(QT2025.MICRO_RESETN, 0);
      it.write(QT2025.SREFCLK_FREQ, 4);
      it.write(QT2025.OP_MODE, mode);
      it.write(QT2025.LAN_WAN, 0x98);
      it.write(QT2025.CFG_WORD0, 0x0e00);
      it.write(QT2025.CFG_WORD1, word);
      it.write(QT2025.CFG_SIGNATURE, 0xa528);
      it.write(QT2025.CFG_WORD3, 3);
      it.write(QT2025.A30A, 0x06e1);
      it.write(QT2025.MICRO_RESETN, 2);
      it.write(QT2025.MICRO_BOOT, 0xc0);
      it.upload(bytes);
      it.write(QT2025.MICRO_BOOT, 0x40);
    },
    /** Started, settled, latches read. */
    up: (word = 0x0893): void => {
      it.start(image(), { word });
      it.wait(1300);
      it.readAll();
    },
    /** Reads every hardware register once: re-arms all latches. */
    readAll: (): void => {
      for (const { at } of Object.values(QT2025)) device.read(at);
      for (const { at } of Object.values(QT2025)) device.read(at);
    },
    /** Every change of status with its millisecond, while `milliseconds` pass. */
    statuses: (milliseconds: number): string[] => {
      const seen: string[] = [];
      let last = -1;
      for (let t = 0; t <= milliseconds; t++) {
        const now = it.status();
        if (now !== last) seen.push(`${t}: ${now.toString(16).padStart(2, '0')}`);
        last = now;
        if (t < milliseconds) it.wait(1);
      }
      return seen;
    },
    /** Links of the three MMDs as levels. */
    links: () => ({
      pma: it.peek(QT2025.PMA_STAT1).LSTATUS,
      pcs: it.peek(QT2025.PCS_STAT1).LSTATUS,
      phyxs: it.peek(QT2025.PHYXS_STAT1).LSTATUS,
    }),
    opinions: () => device.inspect().opinions,
  };
  return it;
};
