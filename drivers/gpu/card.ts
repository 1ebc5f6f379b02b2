/** The small way to draw for a program: open the card, get a buffer, draw, commit; no ids, no properties. */
import { LabError } from '#bus/errors.ts';
import { ATOMIC_FLAG } from './atomic-request.ts';
import { encodeClips } from './damage.ts';
import type { DrmDevice } from './drm-device.ts';
import type { DrmEvent } from './drm-event.ts';
import type { DrmFile } from './drm-file.ts';
import { formatNamed } from './fourcc.ts';
import { LINK_STATUS } from './kms-state.ts';
import { encodeMode, type Mode, printMode } from './modes.ts';
import type { UserValue } from './property.ts';
import { intersect, type Rect, rectAt } from './rect.ts';

/** Pixels in memory, four bytes each: blue, green, red, and one that is alpha in ARGB8888. */
export class Picture {
  readonly fbId: number;
  readonly width: number;
  readonly height: number;
  readonly pitchBytes: number;
  readonly bytes: Uint8Array;
  readonly #pixels: Uint32Array;

  constructor(fbId: number, width: number, height: number, pitchBytes: number, bytes: Uint8Array) {
    this.fbId = fbId;
    this.width = width;
    this.height = height;
    this.pitchBytes = pitchBytes;
    this.bytes = bytes;
    this.#pixels = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  }

  /** Fills what of the rectangle lies in the picture. Colours are AARRGGBBh. */
  fill(x: number, y: number, width: number, height: number, colour: number): void {
    const part = intersect(rectAt(x, y, width, height), rectAt(0, 0, this.width, this.height));
    if (part === undefined) return;
    const row = this.pitchBytes >> 2;
    for (let line = part.y1; line < part.y2; line++)
      this.#pixels.fill(colour >>> 0, line * row + part.x1, line * row + part.x2);
  }
}

export interface Layer {
  readonly picture: Picture;
  /** Top left corner on the screen. */
  readonly x?: number;
  readonly y?: number;
  /** What changed since the last commit of this layer; without it, everything. */
  readonly damage?: readonly Rect[];
}

export interface Frame {
  readonly primary: Layer;
  /** Null takes it away. */
  readonly overlay?: Layer | null;
  readonly cursor?: Layer | null;
}

export interface CardOptions {
  readonly name?: string;
  /** Picks one of the monitor's modes; the preferred one without it. */
  readonly mode?: (modes: readonly Mode[]) => Mode | undefined;
}

const TYPES = { primary: 'Primary', overlay: 'Overlay', cursor: 'Cursor' } as const;

export class Card {
  readonly file: DrmFile;
  readonly #crtcId: number;
  readonly #connectorId: number;
  #mode: Mode;
  #lit = false;
  readonly #shown = new Map<string, string>();

  constructor(file: DrmFile, crtcId: number, connectorId: number, mode: Mode) {
    this.file = file;
    this.#crtcId = crtcId;
    this.#connectorId = connectorId;
    this.#mode = mode;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** From the next commit on. */
  setMode(mode: Mode): void {
    this.#mode = mode;
    this.#lit = false;
  }

  /** XRGB8888 of the size of the screen unless told otherwise. */
  picture(
    width: number = this.#mode.hdisplay,
    height: number = this.#mode.vdisplay,
    format: 'XRGB8888' | 'ARGB8888' = 'XRGB8888',
  ): Picture {
    const { handle, pitchBytes } = this.file.createDumb({ width, height, bpp: 32 });
    const fourcc = formatNamed(format)?.code ?? 0;
    const fbId = this.file.addFb2({ width, height, fourcc, handles: [handle], pitches: [pitchBytes] });
    return new Picture(fbId, width, height, pitchBytes, this.file.map(handle));
  }

  /** Resolves with the flip when the frame is on the screen. */
  async commit(frame: Frame): Promise<DrmEvent> {
    await this.#send(frame, 0);
    const event = this.file.events.next();
    if (event === undefined) throw new LabError('EIO', 'the frame was committed and no flip came of it');
    return event;
  }

  /** Resolves when the frame is taken; its flip comes as an event of the file. EBUSY while the last one has not. */
  async submit(frame: Frame): Promise<void> {
    await this.#send(frame, ATOMIC_FLAG.NONBLOCK);
  }

  async #send(frame: Frame, how: number): Promise<void> {
    const blobs: number[] = [];
    const blob = (bytes: Uint8Array): number => {
      const id = this.file.createBlob(bytes);
      blobs.push(id);
      return id;
    };
    try {
      const objects = this.#lit
        ? []
        : [
            this.#set(this.#crtcId, { ACTIVE: 1, MODE_ID: blob(encodeMode(this.#mode)) }),
            this.#set(this.#connectorId, { CRTC_ID: this.#crtcId, ...this.#linkGood() }),
          ];
      for (const key of ['primary', 'overlay', 'cursor'] as const) {
        const layer = frame[key];
        if (layer !== undefined) objects.push(this.#layer(key, layer, blob));
      }
      const flags = how | ATOMIC_FLAG.PAGE_FLIP_EVENT | (this.#lit ? 0 : ATOMIC_FLAG.ALLOW_MODESET);
      await this.file.atomic({ objects, flags });
      this.#lit = true;
    } finally {
      for (const id of blobs) this.file.destroyBlob(id);
    }
  }

  /** The screen goes dark, pictures are gone. */
  close(): Promise<void> {
    return this.file.close();
  }

  /** A modeset is what mends a bad link; the program says that it has seen to it. */
  #linkGood(): Readonly<Record<string, UserValue>> {
    return this.file.properties(this.#connectorId).has('link-status') ? { 'link-status': LINK_STATUS.Good } : {};
  }

  #layer(key: keyof typeof TYPES, layer: Layer | null, blob: (bytes: Uint8Array) => number) {
    const plane = this.file.device.planes.find(({ is }) => is.type === TYPES[key]);
    if (plane === undefined) throw new LabError('ENOENT', `this display has no ${key} plane`);
    if (layer === null) return this.#set(plane.id, { FB_ID: 0, CRTC_ID: 0 });
    const { picture, x = 0, y = 0, damage } = layer;
    const place = `${x},${y},${picture.width},${picture.height}`;
    const known = this.#shown.get(key) === place;
    this.#shown.set(key, place);
    return this.#set(plane.id, {
      FB_ID: picture.fbId,
      CRTC_ID: this.#crtcId,
      ...{ CRTC_X: x, CRTC_Y: y, CRTC_W: picture.width, CRTC_H: picture.height },
      ...{ SRC_X: 0, SRC_Y: 0, SRC_W: picture.width * 65536, SRC_H: picture.height * 65536 },
      ...(damage !== undefined && damage.length > 0 && known ? { FB_DAMAGE_CLIPS: blob(encodeClips(damage)) } : {}),
    });
  }

  #set(id: number, values: Readonly<Record<string, UserValue>>) {
    const known = this.file.properties(id);
    return {
      id,
      properties: Object.entries(values).map(([name, value]) => {
        const property = known.get(name);
        if (property === undefined) throw new LabError('ENOENT', `object ${id} has no property ${name}`);
        return [property.id, value] as const;
      }),
    };
  }
}

/** Opens a display as its master, with the first connected monitor. ENODEV without one. */
export const openCard = async (device: DrmDevice, options: CardOptions = {}): Promise<Card> => {
  const file = device.open(options.name ?? 'program');
  try {
    if (!file.isMaster) file.setMaster();
    file.setClientCap('atomic', 1);
    const { connectors, crtcs } = file.resources();
    for (const id of connectors) {
      const { status, modes } = await file.connector(id);
      const [preferred] = modes;
      const mode = options.mode?.(modes) ?? preferred;
      if (status !== 'connected' || mode === undefined) continue;
      device.kernel.pr.info(`${file.name}: ${printMode(mode)}`);
      return new Card(file, crtcs[0] ?? 0, id, mode);
    }
    throw new LabError('ENODEV', 'no monitor is plugged in');
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
};
