/** A bench for tests: one PHY on virtual time, driven by register names, and the bring-up every driver does. */
import { ms, VirtualClock } from '#bus/clock.ts';
import { QT2025, QT2025_IMAGE, QT2025_SRAM, QT2025_XDATA, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';
import { decode, encode } from '#regmap/codec.ts';
import type { Pokes, Register, Values } from '#regmap/declare.ts';
import { Qt2025, type Qt2025Options } from './qt2025.ts';

export const R = { ...QT2025, ...QT2025_XDATA };

/** A small image that keeps the checksum rule and reaches into the second window. */
export const image = (length = 0x4100): Uint8Array => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
  bytes[0] = 0x02;
  bytes.set(new TextEncoder().encode('03/04/25'), QT2025_IMAGE.dateAt);
  bytes.set([0x31, 4, 5, 0xff], QT2025_IMAGE.versionAt);
  bytes.set([length >> 8, length & 0xff], QT2025_IMAGE.lengthAt);
  const { sumAt } = QT2025_IMAGE;
  const sum = bytes.reduce((total, byte, i) => (i === sumAt || i === sumAt + 1 ? total : (total + byte) & 0xffff), 0);
  bytes.set([sum >> 8, sum & 0xff], sumAt);
  return bytes;
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
