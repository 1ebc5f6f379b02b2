/** The gamma table by the calls older than atomic: GETGAMMA and SETGAMMA (drm_color_mgmt.c). */
import { LabError } from '#bus/errors.ts';
import { createBlob } from './blob.ts';
import type { DrmFile } from './drm-file.ts';
import { Crtc } from './pipeline.ts';

/** As many entries of 16 bits for each colour as the CRTC has. */
export interface GammaTable {
  readonly red: readonly number[];
  readonly green: readonly number[];
  readonly blue: readonly number[];
}

const ENTRY_BYTES = 8;
const CHANNELS = ['red', 'green', 'blue'] as const;

/** The table in force; a straight line where there is none. */
export const getGamma = (file: DrmFile, crtcId: number, entries: number): GammaTable => {
  const { crtc, size } = gammaOf(file, crtcId, entries);
  const { gammaLut } = crtc.state;
  const line = Array.from({ length: size }, (_, i) => Math.round((i * 0xffff) / (size - 1)));
  if (gammaLut === null) return { red: line, green: line, blue: line };
  const view = new DataView(gammaLut.bytes.buffer, gammaLut.bytes.byteOffset);
  const [red = [], green = [], blue = []] = CHANNELS.map((_, channel) =>
    line.map((_, i) => view.getUint16(ENTRY_BYTES * i + 2 * channel, true)),
  );
  return { red, green, blue };
};

export const setGamma = async (file: DrmFile, crtcId: number, table: GammaTable): Promise<void> => {
  const { crtc, size } = gammaOf(file, crtcId, table.red.length);
  const view = new DataView(new ArrayBuffer(ENTRY_BYTES * size));
  for (const [channel, name] of CHANNELS.entries()) {
    const values = table[name];
    if (values.length !== size) throw new LabError('EINVAL', `${values.length} entries of ${name}; ${size} of red`);
    for (const [i, value] of values.entries()) {
      if (!Number.isInteger(value) || value < 0 || value > 0xffff)
        throw new LabError('EINVAL', `${name} ${i} of the gamma table is ${value}; it takes 0 to 65535`);
      view.setUint16(ENTRY_BYTES * i + 2 * channel, value, true);
    }
  }
  const blob = createBlob(file.device.objects, new Uint8Array(view.buffer));
  try {
    await file.device.commitKernel((atomic) => void Object.assign(atomic.crtc(crtc), { gammaLut: blob }));
  } finally {
    blob.put();
  }
};

const gammaOf = (file: DrmFile, crtcId: number, entries: number) => {
  const crtc = file.object(crtcId, Crtc, 'crtc');
  const size = crtc.is.gammaEntries ?? 0;
  if (size === 0) throw new LabError('ENOSYS', `CRTC ${crtcId} has no gamma table`);
  if (entries !== size) throw new LabError('EINVAL', `a gamma table of ${entries} entries; CRTC ${crtcId} has ${size}`);
  return { crtc, size };
};
