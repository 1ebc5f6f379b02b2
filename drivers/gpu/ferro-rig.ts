/** For tests: a display under the ferro-drm driver, a program that has lit it, and framebuffers in any format. */
import type { VirtualClock } from '#bus/clock.ts';
import type { VirtualDevice } from '#bus/device.ts';
import type { MmioSilicon } from '#bus/mmio.ts';
import { type Card, openCard, type Picture } from './card.ts';
import { DisplayRig } from './display-rig.ts';
import type { DrmDevice } from './drm-device.ts';
import type { DrmFile } from './drm-file.ts';
import { probeFerro } from './ferro-drm.ts';
import { formatNamed, minPitchBytes, planeExtent } from './fourcc.ts';
import type { PlaneType } from './kms-state.ts';
import type { Mode } from './modes.ts';
import type { Crtc, Plane } from './pipeline.ts';
import type { UserValue } from './property.ts';

/** What tests look at of a display; which one it is, they say: drivers know no device. */
export type Screen = VirtualDevice &
  MmioSilicon & {
    frame(): { readonly width: number; readonly height: number; readonly rgba: Uint8Array };
    frameCrc(): number;
  };

export interface FerroBench<D extends Screen> {
  readonly rig: DisplayRig<D>;
  readonly display: D;
  readonly device: DrmDevice;
  exit(): Promise<void>;
  /** What a monitor shows there: `ff8040`. */
  pixel(x: number, y: number): string;
}

/** The driver is bound, and nothing is on show. */
export const benchOn =
  <D extends Screen, O>(make: (clock: VirtualClock, options?: O) => D) =>
  async (options?: O, lagNs = 0): Promise<FerroBench<D>> => {
    const rig = new DisplayRig((clock) => make(clock, options), lagNs);
    const { device, exit } = await rig.probe((kernel) => probeFerro(kernel));
    const pixel = (x: number, y: number): string => {
      const { width, rgba } = rig.display.frame();
      const at = 4 * (y * width + x);
      return Buffer.from(rgba.subarray(at, at + 3)).toString('hex');
    };
    return { rig, device, exit, display: rig.display, pixel };
  };

export interface LitBench<D extends Screen> extends FerroBench<D> {
  readonly card: Card;
  readonly file: DrmFile;
  readonly crtc: Crtc;
  /** On the primary plane: 203040 all over. */
  readonly picture: Picture;
  plane(type: PlaneType): Plane;
  /** Sets properties of one object. */
  set(id: number, values: Readonly<Record<string, UserValue>>, flags?: number): Promise<void>;
}

export const at640 = (modes: readonly Mode[]): Mode | undefined => modes.find(({ name }) => name === '640x480');

/** A program has lit the screen in the mode it picked. */
export const litOn =
  <D extends Screen, O>(make: (clock: VirtualClock, options?: O) => D) =>
  async (options?: O, pick: (modes: readonly Mode[]) => Mode | undefined = at640, lagNs = 0): Promise<LitBench<D>> => {
    const made = await benchOn(make)(options, lagNs);
    const { rig, device } = made;
    const card = await rig.until(openCard(device, { mode: pick }));
    const picture = card.picture();
    picture.fill(0, 0, picture.width, picture.height, 0x203040);
    await rig.until(card.commit({ primary: { picture } }));
    const { file } = card;
    const crtc = device.crtcs[0]!; // the display has one
    const plane = (type: PlaneType): Plane => device.planes.find(({ is }) => is.type === type)!; // and one of each
    const set = (id: number, values: Readonly<Record<string, UserValue>>, flags = 0): Promise<void> =>
      rig.until(file.atomic({ objects: [requestFor(file, id, values)], flags }));
    return { ...made, card, picture, file, plane, set, crtc };
  };

/** One object of an atomic request, with names for properties. */
export const requestFor = (file: DrmFile, id: number, values: Readonly<Record<string, UserValue>>) => {
  const known = file.properties(id);
  const properties = Object.entries(values).map(([name, value]) => {
    const property = known.get(name)?.id;
    if (property === undefined) throw new Error(`object ${id} has no property ${name}`);
    return [property, value] as const;
  });
  return { id, properties };
};

export interface FormatBuffer {
  readonly fbId: number;
  readonly bytes: Uint8Array;
  readonly pitches: readonly number[];
  readonly offsets: readonly number[];
}

/** A framebuffer of any format in one buffer, its planes one after the other. */
export const bufferIn = (file: DrmFile, name: string, width: number, height: number): FormatBuffer => {
  const format = formatNamed(name);
  if (format === undefined) throw new Error(`no format ${name}`);
  const pitches = format.planes.map((plane) => Math.ceil(minPitchBytes(plane, width) / 64) * 64);
  const sizes = format.planes.map(({ shiftY }, i) => (pitches[i] ?? 0) * planeExtent(height, shiftY));
  const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const { handle } = file.createDumb({ width: 4096, height: Math.ceil(total / 4096), bpp: 8 });
  const handles = format.planes.map(() => handle);
  const fbId = file.addFb2({ width, height, fourcc: format.code, handles, pitches, offsets });
  return { fbId, bytes: file.map(handle), pitches, offsets };
};
