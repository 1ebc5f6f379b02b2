/** What one flipped bit of the open firmware does: the chip's end, and what two drivers make of it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { seconds } from '#bus/clock.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { Random } from '#bus/random.ts';
import { QT2025_IMAGE, QT2025_XDATA, UC_STATUS } from '#datasheets/qt2025.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { VirtualBench } from '#drivers/kernel/virtual-bench.ts';
import { qt202x } from '#drivers/phy/qt202x.ts';
import { QT2025_FIRMWARE, qt2025 } from '#drivers/phy/qt2025.ts';

/** The header's sum is left as it was, or made right again: then the firmware cannot know. */
export type Sum = 'kept' | 'corrected';

export interface Flip {
  readonly offset: number;
  readonly bit: number;
  readonly sum: Sum;
}

export interface Outcome {
  readonly end: End;
  /** 3.D7FDh at the end. */
  readonly status: number;
  /** How each driver's probe ended, and the link it reports. */
  readonly qt2025: string;
  readonly qt202x: string;
}

/** In the order they are looked for. */
export const ENDS = {
  dead: 'the heartbeat stands',
  parked: 'status F0h: the firmware found it, and parks with its heart beating',
  lies: 'status 70h, and no link',
  harmless: 'status 70h, and the link is up for both',
  'half up': 'status 70h, and the link is up for one of them',
  stuck: 'another status, the heart beats, no link',
  'link up': 'another status, and the link is up',
} as const;
export type End = keyof typeof ENDS;

const SEED = 2025;
export const IMAGE = new Uint8Array(readFileSync(new URL('../firmware/ferrolab-qt2025.fw', import.meta.url)));
export const imageHash = (): string => createHash('sha256').update(IMAGE).digest('hex').slice(0, 16);

/** Where the program ends and padding begins; padding repeats every 64 bytes. */
const CODE_END = (() => {
  let end = 0x4000;
  while (IMAGE[end - 1] === IMAGE[0x4000 + ((end - 1) % 64)]) end--;
  return end;
})();
const CODE_AT = 0x0b00;

export const REGIONS = ['vectors', 'header', 'program', 'padding'] as const;
export const regionOf = (offset: number): (typeof REGIONS)[number] => {
  if (offset < 3 || (offset >= 0x0b && offset < 0x0e)) return 'vectors';
  if (offset >= QT2025_IMAGE.sumAt && offset < QT2025_IMAGE.versionAt + 4) return 'header';
  return offset >= CODE_AT && offset < CODE_END ? 'program' : 'padding';
};

/** Random offsets, each once; with the sum corrected only inside the program, where it matters. */
export const flips = (count: number, sum: Sum): readonly Flip[] => {
  const random = new Random(SEED);
  const drawn = new Map<number, Flip>();
  const [from, to] = sum === 'kept' ? [0, IMAGE.length] : [CODE_AT, CODE_END];
  while (drawn.size < Math.min(count, to - from)) {
    const offset = from + random.below(to - from);
    const bit = random.below(8);
    if (!drawn.has(offset)) drawn.set(offset, { offset, bit, sum });
  }
  return [...drawn.values()];
};

export const flipped = ({ offset, bit, sum }: Flip): Uint8Array => {
  const image = IMAGE.with(offset, (IMAGE[offset] ?? 0) ^ (1 << bit));
  if (sum === 'kept') return image;
  const { sumAt } = QT2025_IMAGE;
  const total = image.reduce((all, byte, at) => (at === sumAt || at === sumAt + 1 ? all : all + byte), 0);
  return image.with(sumAt, (total >> 8) & 0xff).with(sumAt + 1, total & 0xff);
};

export const runFlip = async (flip: Flip): Promise<Outcome> => {
  const image = flipped(flip);
  const rust = await drive(qt2025, image);
  const falcon = await drive(qt202x, image);
  return { ...rust.chip, qt2025: rust.reaction, qt202x: falcon.reaction };
};

/** Rust uploads the image; Solarflare's board has it in the boot EEPROM, and has been on for a while. */
const drive = async (driver: DriverModule, image: Uint8Array) => {
  const eeprom = driver === qt202x ? { bootEeprom: image } : {};
  const lab = new VirtualBench((clock) => new Qt2025({ clock, seed: 1, ...eeprom }), { [QT2025_FIRMWARE]: image });
  if (driver === qt202x) await lab.pass(seconds(3));
  const kernel = lab.kernel(driver.info.name);
  const probed = await lab.insmod(driver, {}, kernel).catch(() => undefined);
  if (probed !== undefined) await lab.pass(seconds(4));
  const { state, link, error } = kernel.status;
  const reaction = error === null ? `${state}, link ${link ?? 'down'}` : `probe fails, ${error.code}`;
  return { reaction, chip: await lookAt(lab) };
};

const lookAt = async (lab: VirtualBench<Qt2025>): Promise<{ readonly end: End; readonly status: number }> => {
  const peek = (register: { readonly at: number }): number => lab.device.peek(register.at);
  const before = peek(QT2025_XDATA.HEARTBEAT);
  await lab.pass(seconds(0.1));
  const beats = peek(QT2025_XDATA.HEARTBEAT) !== before;
  const status = peek(QT2025_XDATA.UC_STATUS);
  const { phylib, falcon } = lab.device.inspect().opinions;
  return { end: endOf(status, beats, phylib, falcon), status };
};

const endOf = (status: number, beats: boolean, phylib: boolean, falcon: boolean): End => {
  if (!beats) return 'dead';
  if (status === UC_STATUS['checksum-wrong']) return 'parked';
  const links = Number(phylib) + Number(falcon);
  if (status !== UC_STATUS.tracking) return links > 0 ? 'link up' : 'stuck';
  return links === 2 ? 'harmless' : links === 1 ? 'half up' : 'lies';
};
