/** What a recording holds of devices besides their accesses: what a block device tells its driver, and the frames of a display. */
import type { BlockIdentity } from '#bus/block.ts';
import { ms, seconds } from '#bus/clock.ts';
import { Display } from '#devices/display/display.ts';
import type { RecordingEncoder } from '#recording/encode.ts';
import type { FrameEvent, RecordingEvent } from '#recording/format.ts';
import type { BenchDevice } from '../bench-device.ts';
import { pictureFile } from './picture-file.ts';

export interface DeviceLooksOptions {
  /** The devices as they are now. */
  readonly devices: () => Iterable<Pick<BenchDevice, 'name' | 'device' | 'buses'>>;
  readonly encoder: RecordingEncoder;
  /** A picture that only passes by is looked at so often, and no oftener. */
  readonly everyNs?: number;
}

const EVERY_NS = ms(100);
/** Pictures of what only passes by, nanoseconds apart. */
const PICTURE_EVERY_NS = seconds(1);
/** Of one section. */
const PICTURES_BYTES = 32 * 1024 * 1024;
const PICTURES_MOST = 256;
/** A block of the file has room for so much. */
const PICTURE_BYTES = 15 * 1024 * 1024;

interface Shown {
  version: number;
  lookedNs: number;
  keptNs: number;
  frame: Omit<FrameEvent, 'time' | 'picture'> & { readonly picture: number | null };
}

/** Composing a frame is work: it is done where something may have changed, and no oftener than is told. */
export class DeviceLooks {
  readonly #options: DeviceLooksOptions;
  readonly #identities = new Map<string, string>();
  readonly #shown = new Map<string, Shown>();
  /** Numbers of pictures by what they show: the same frame is kept once. */
  readonly #pictures = new Map<string, number>();
  #bytes = 0;

  constructor(options: DeviceLooksOptions) {
    this.#options = options;
  }

  /** What is new. `moment`: what is on show now is kept, as far as there is room. */
  look(timeNs: number, moment: boolean): RecordingEvent[] {
    const events: RecordingEvent[] = [];
    for (const { name, device, buses } of this.#options.devices()) {
      if (buses.block !== undefined) {
        const identity = identityOf(() => buses.block?.identify() ?? null);
        const text = JSON.stringify(identity);
        if (this.#identities.get(name) !== text)
          events.push({ event: 'identity', time: timeNs, device: name, identity });
        this.#identities.set(name, text);
      }
      if (device instanceof Display) {
        const frame = this.#frame(name, device, timeNs, moment);
        if (frame !== undefined) events.push(frame);
      }
    }
    return events;
  }

  #frame(name: string, display: Display, timeNs: number, moment: boolean): FrameEvent | undefined {
    const before = this.#shown.get(name);
    const { everyNs = EVERY_NS } = this.#options;
    if (!moment && before !== undefined && timeNs - before.lookedNs < everyNs) return undefined;
    const { width, height } = display.scene;
    if (width === 0) {
      this.#shown.set(name, { version: -1, lookedNs: timeNs, keptNs: timeNs, frame: { ...DARK, device: name } });
      const was = before?.frame.width ?? 0;
      return was === 0 ? undefined : { ...DARK, device: name, time: timeNs };
    }
    const { version, rgba } = display.frame();
    if (before !== undefined) before.lookedNs = timeNs;
    const same = before?.version === version;
    const due = moment || before === undefined || timeNs - before.keptNs >= PICTURE_EVERY_NS;
    if (same && (before.frame.picture !== null || !due)) return undefined;
    const crc = same ? before.frame.crc : display.frameCrc();
    const key = `${name} ${width}x${height} ${crc}`;
    const picture = this.#pictures.get(key) ?? (due ? this.#keep(key, name, timeNs, { width, height, rgba }) : null);
    if (same && picture === null) return undefined;
    const frame = { event: 'frame', device: name, width, height, crc, picture } as const;
    const keptNs = picture === null && before !== undefined ? before.keptNs : timeNs;
    this.#shown.set(name, { version, lookedNs: timeNs, keptNs, frame });
    return { ...frame, time: timeNs };
  }

  #keep(
    key: string,
    device: string,
    timeNs: number,
    frame: { readonly width: number; readonly height: number; readonly rgba: Uint8Array },
  ): number | null {
    if (this.#pictures.size >= PICTURES_MOST || this.#bytes >= PICTURES_BYTES) return null;
    const file = pictureFile(frame);
    if (file.length > PICTURE_BYTES || this.#bytes + file.length > PICTURES_BYTES) return null;
    const number = this.#pictures.size;
    this.#pictures.set(key, number);
    this.#bytes += file.length;
    this.#options.encoder.picture(device, number, timeNs, file);
    return number;
  }
}

const DARK = { event: 'frame', device: '', width: 0, height: 0, crc: 0, picture: null } as const;

/** Null while it is off. */
const identityOf = (ask: () => BlockIdentity | null): BlockIdentity | null => {
  try {
    return ask();
  } catch {
    return null;
  }
};
