/** The frame on show: composed when somebody looks, and only the lines that may have changed. */
import type { PixelFormat } from '#datasheets/display-formats.ts';
import { Compositor, NO_SCENE, type Scene } from './compositor.ts';
import { LineCrc } from './crc.ts';
import { Damage, type DamageSince, TILE_PIXELS } from './damage.ts';
import { onScreen } from './layer.ts';
import { CHANNELS } from './pixel-read.ts';
import { writeLine } from './pixel-write.ts';
import { QuickLines } from './quick-lines.ts';
import { touchedBy } from './scanout.ts';
import { wideRoom } from './wide-room.ts';

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, 255. The picture itself: it changes with the next look. */
  readonly rgba: Uint8Array<ArrayBuffer>;
  /** Counts pictures; the next look has the same when nothing changed. */
  readonly version: number;
}

export class Picture {
  readonly #memory: Uint8Array;
  #scene: Scene = NO_SCENE;
  #compositor: Compositor | undefined;
  #quick: QuickLines;
  #damage = new Damage(0, 0, 0);
  #rgba = new Uint8Array(0);
  #pixels = new Uint32Array(0);
  /** What is composed of a line, until it is taken over. */
  #line = new Uint32Array(0);
  #crc: { readonly version: number; readonly value: number } | undefined;

  constructor(memory: Uint8Array) {
    this.#memory = memory;
    this.#quick = new QuickLines(NO_SCENE, memory);
  }

  get scene(): Scene {
    return this.#scene;
  }

  /** What is scanned out from now on. */
  show(scene: Scene): void {
    const before = this.#scene;
    this.#scene = scene;
    this.#compositor = undefined;
    this.#quick = new QuickLines(scene, this.#memory);
    if (scene.width !== before.width || scene.height !== before.height) {
      this.#damage = new Damage(scene.width, scene.height, this.#damage.version);
      this.#rgba = new Uint8Array(scene.width * scene.height * 4);
      this.#pixels = new Uint32Array(this.#rgba.buffer);
      this.#line = new Uint32Array(scene.width);
      return;
    }
    if (sameGround(scene, before)) this.#changedLayers(before);
    else this.#damage.all();
  }

  /** Bytes of video memory changed. */
  wrote(offset: number, length: number): void {
    for (const layer of this.#scene.layers) {
      const touched = touchedBy(layer, offset, length);
      if (touched !== undefined) this.#damage.add(touched);
    }
  }

  frame(): Frame {
    const { width, height } = this.#scene;
    const room = wideRoom();
    const quick = room?.line(width);
    const line = quick ?? this.#line;
    const pixels = this.#pixels;
    let compositor: Compositor | undefined;
    /** Whole tiles that were compared in one go, and what was found. */
    let [first, end] = [0, 0];
    let found: Int32Array | undefined;
    this.#damage.settle({
      compose: (y, from, to) => {
        const deep = this.#quick.deep(y, from, to);
        if (deep.from < deep.to) {
          compositor ??= this.#pass();
          compositor.line(y, compositor.row, deep.from, deep.to);
          narrowed(compositor.row, line, deep.from, deep.to);
        }
        this.#quick.line(y, from, deep.from, line, 0);
        this.#quick.line(y, deep.to, to, line, 0);
        first = Math.ceil(from / TILE_PIXELS) * TILE_PIXELS;
        end = Math.floor(to / TILE_PIXELS) * TILE_PIXELS;
        if (quick === undefined || first >= end) found = undefined;
        else found = room?.differing(pixels.subarray(y * width + first, y * width + end), first);
      },
      differ: (y, from, to) => {
        if (found !== undefined && from >= first && to <= end) {
          const at = (from - first) >> 4;
          return (found[at]! | found[at + 1]! | found[at + 2]! | found[at + 3]!) !== 0;
        }
        for (let x = from, at = y * width + from; x < to; x++, at++) if (line[x] !== pixels[at]) return true;
        return false;
      },
      take: (y, from, to) => pixels.set(line.subarray(from, to), y * width + from),
    });
    return { width, height, rgba: this.#rgba, version: this.#damage.version };
  }

  /** Where the picture changed since that version, of a frame of this size. */
  damageSince(version: number): DamageSince {
    this.frame();
    return this.#damage.since(version);
  }

  /** As vkms: chained over the lines, 8 bytes a pixel, start 0. */
  crc(): number {
    const { version } = this.frame();
    if (this.#crc?.version === version) return this.#crc.value;
    const compositor = this.#pass();
    const { row } = compositor;
    const words = new Uint32Array(row.buffer, row.byteOffset, row.length / 2);
    const lines = new LineCrc(words.length);
    let value = 0;
    for (let y = 0; y < this.#scene.height; y++) {
      compositor.line(y, row);
      value = lines.next(value, words);
    }
    this.#crc = { version, value };
    return value;
  }

  /** Packs the frame into memory; the caller has checked that it fits. */
  writeBack(format: PixelFormat, base: number, pitch: number): void {
    // all lines are composed before one is written: the target may be on show
    const compositor = this.#pass();
    const { row } = compositor;
    const lines = new Uint16Array(this.#scene.height * row.length);
    for (let y = 0; y < this.#scene.height; y++) {
      compositor.line(y, row);
      lines.set(row, y * row.length);
    }
    const line = (y: number): Uint16Array => lines.subarray(y * row.length, (y + 1) * row.length);
    for (let y = 0; y < this.#scene.height; y++) writeLine(format, line(y), this.#memory, base + y * pitch);
    this.wrote(base, pitch * this.#scene.height);
  }

  /** The compositor of the scene, ready for a pass. */
  #pass(): Compositor {
    this.#compositor ??= new Compositor(this.#scene, this.#memory);
    this.#compositor.begin();
    return this.#compositor;
  }

  #changedLayers(before: Scene): void {
    const { width, height } = this.#scene;
    const now = new Map(this.#scene.layers.map((layer, i) => [layer.plane, JSON.stringify([i, layer])]));
    const then = new Map(before.layers.map((layer, i) => [layer.plane, JSON.stringify([i, layer])]));
    for (const [layers, others] of [
      [before.layers, now],
      [this.#scene.layers, then],
    ] as const)
      for (const [i, layer] of layers.entries())
        if (others.get(layer.plane) !== JSON.stringify([i, layer])) this.#damage.add(onScreen(layer, width, height));
  }
}

/** The upper bytes of the composed columns of a line. */
const narrowed = (row: Uint16Array, line: Uint32Array, from: number, to: number): void => {
  const room = wideRoom();
  const wide = room?.place(row, from * CHANNELS);
  if (room !== undefined && wide !== undefined && line.byteOffset === room.lineAt) {
    room.loops.narrow(wide, line.byteOffset + 4 * from, to - from);
    return;
  }
  for (let x = from, i = from * CHANNELS; x < to; x++, i += CHANNELS)
    line[x] = 0xff000000 | ((row[i + 3]! >> 8) << 16) | (row[i + 2]! & 0xff00) | (row[i + 1]! >> 8);
};

const sameGround = (a: Scene, b: Scene): boolean =>
  a.gamma === b.gamma && a.starvedFrom === b.starvedFrom && a.background.every((part, i) => part === b.background[i]);
