/** The properties of CRTCs: how each is read from a state, and set in one (drm_atomic_uapi.c, drm_color_mgmt.c). */
import { LabError } from '#bus/errors.ts';
import { decodeMode, modeProblem } from './modes.ts';
import type { Crtc } from './pipeline.ts';
import { blobOf, range } from './property.ts';
import { ATOMIC, blobFrom, FIXED, type PropertyShelf, sized } from './property-shelf.ts';

const U32 = 0xffffffff;
const GAMMA_ENTRY_BYTES = 8;

export const bindCrtc = (shelf: PropertyShelf, crtc: Crtc): void => {
  const { gammaEntries = 0, vrr, background } = crtc.is;
  shelf.attach(
    crtc,
    range('ACTIVE', 0, 1, ATOMIC),
    ({ active }) => Number(active),
    (state, value) => void Object.assign(state, { active: value === 1 }),
  );
  shelf.attach(
    crtc,
    blobOf('MODE_ID', ATOMIC),
    ({ modeBlob }) => modeBlob?.id ?? 0,
    (state, value, atomic) => {
      const modeBlob = blobFrom(atomic, value);
      const mode = modeBlob === null ? null : decodeMode(modeBlob.bytes);
      const problem = mode === null ? undefined : (modeProblem(mode) ?? crtc.is.funcs.modeValid?.(mode));
      if (problem !== undefined) throw new LabError('EINVAL', `mode ${mode?.name}: ${problem}`);
      Object.assign(state, { modeBlob, mode, enable: mode !== null });
    },
  );
  shelf.attach(
    crtc,
    range('OUT_FENCE_PTR', 0, Number.MAX_SAFE_INTEGER, ATOMIC),
    () => 0,
    (state, value, atomic) => {
      if (value !== 0) atomic.fences?.put(value, -1);
      state.outFenceAt = value;
    },
  );
  if (vrr === true)
    shelf.attach(
      crtc,
      range('VRR_ENABLED', 0, 1),
      ({ vrrEnabled }) => Number(vrrEnabled),
      (state, value) => void Object.assign(state, { vrrEnabled: value === 1 }),
    );
  if (background === true)
    shelf.attach(
      crtc,
      range('BACKGROUND_COLOR', 0, 2 ** 48 - 1),
      (state) => state.background,
      (state, value) => void Object.assign(state, { background: value }),
    );
  if (gammaEntries === 0) return;
  shelf.attach(
    crtc,
    blobOf('GAMMA_LUT'),
    ({ gammaLut }) => gammaLut?.id ?? 0,
    (state, value, atomic) => {
      state.gammaLut = sized(
        blobFrom(atomic, value),
        (bytes) => bytes === gammaEntries * GAMMA_ENTRY_BYTES,
        `GAMMA_LUT of ${gammaEntries} entries`,
      );
    },
  );
  shelf.attach(crtc, range('GAMMA_LUT_SIZE', 0, U32, FIXED), () => gammaEntries);
};
