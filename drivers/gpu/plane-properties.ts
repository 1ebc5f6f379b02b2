/** The properties of planes: how each is read from a state, and set in one (drm_atomic_uapi.c, drm_blend.c). */
import { LabError } from '#bus/errors.ts';
import type { Blob } from './blob.ts';
import { MODIFIER_LINEAR } from './fourcc.ts';
import { BLEND, PLANE_TYPE, type PlaneState, SCALING_FILTER } from './kms-state.ts';
import type { Plane } from './pipeline.ts';
import { bitmask, blobOf, named, objectOf, range, signed } from './property.ts';
import { ATOMIC, blobFrom, crtcFrom, FIXED, fbFrom, type PropertyShelf, plain, sized } from './property-shelf.ts';

const U32 = 0xffffffff;
const I32 = 0x7fffffff;
const CLIP_BYTES = 16;

export const bindPlane = (shelf: PropertyShelf, plane: Plane, inFormats: Blob): void => {
  const { is } = plane;
  const number = plain<PlaneState>(shelf, plane);
  shelf.attach(plane, named('type', PLANE_TYPE, FIXED), () => PLANE_TYPE[is.type]);
  shelf.attach(
    plane,
    objectOf('FB_ID', 'fb', ATOMIC),
    ({ fb }) => fb?.id ?? 0,
    (state, value, atomic) => void Object.assign(state, { fb: fbFrom(atomic, value) }),
  );
  shelf.attach(
    plane,
    objectOf('CRTC_ID', 'crtc', ATOMIC),
    ({ crtc }) => crtc?.id ?? 0,
    (_, value, atomic) => atomic.setPlaneCrtc(plane, crtcFrom(atomic, value)),
  );
  number(signed('CRTC_X', -I32 - 1, I32, ATOMIC), 'crtcX');
  number(signed('CRTC_Y', -I32 - 1, I32, ATOMIC), 'crtcY');
  number(range('CRTC_W', 0, U32, ATOMIC), 'crtcW');
  number(range('CRTC_H', 0, U32, ATOMIC), 'crtcH');
  number(range('SRC_X', 0, U32, ATOMIC), 'srcX');
  number(range('SRC_Y', 0, U32, ATOMIC), 'srcY');
  number(range('SRC_W', 0, U32, ATOMIC), 'srcW');
  number(range('SRC_H', 0, U32, ATOMIC), 'srcH');
  shelf.attach(
    plane,
    signed('IN_FENCE_FD', -1, I32, ATOMIC),
    () => -1,
    (state, value, atomic) => {
      if (state.fence !== null) throw new LabError('EINVAL', `plane ${plane.id} has a fence to wait for already`);
      if (value === -1) return;
      const fence = atomic.fences?.find(value);
      if (fence === undefined) throw new LabError('EINVAL', `IN_FENCE_FD ${value} is no fence`);
      state.fence = fence;
    },
  );
  shelf.attach(
    plane,
    blobOf('FB_DAMAGE_CLIPS', ATOMIC),
    ({ damageClips }) => damageClips?.id ?? 0,
    (state, value, atomic) => {
      state.damageClips = sized(blobFrom(atomic, value), (bytes) => bytes % CLIP_BYTES === 0, 'FB_DAMAGE_CLIPS');
    },
  );
  shelf.attach(plane, blobOf('IN_FORMATS', FIXED), () => inFormats.id);
  if (is.alpha === true) number(range('alpha', 0, 0xffff), 'alpha');
  if (is.blendModes !== undefined)
    number(named('pixel blend mode', Object.fromEntries(is.blendModes.map((name) => [name, BLEND[name]]))), 'blend');
  if (is.zpos !== undefined) {
    const { min, max } = is.zpos;
    number(range('zpos', min, max, min === max ? FIXED : {}), 'zpos');
  }
  if (is.scalingFilter === true) number(named('SCALING_FILTER', SCALING_FILTER), 'filter');
  if (is.colorEncoding === true) {
    const encodings = { 'ITU-R BT.601 YCbCr': 0, 'ITU-R BT.709 YCbCr': 1, 'ITU-R BT.2020 YCbCr': 2 };
    number(named('COLOR_ENCODING', encodings), 'colorEncoding');
    number(named('COLOR_RANGE', { 'YCbCr limited range': 0, 'YCbCr full range': 1 }), 'colorRange');
  }
  if (is.hotspot === true) {
    number(signed('HOTSPOT_X', -I32 - 1, I32, ATOMIC), 'hotspotX');
    number(signed('HOTSPOT_Y', -I32 - 1, I32, ATOMIC), 'hotspotY');
  }
  if (is.rotations !== undefined)
    shelf.attach(
      plane,
      bitmask('rotation', rotationNames(is.rotations)),
      ({ rotation }) => rotation,
      (state, value) => {
        const turns = value & 15;
        if (turns === 0 || (turns & (turns - 1)) !== 0)
          throw new LabError('EINVAL', `rotation ${value}: exactly one of rotate-0, -90, -180, -270`);
        state.rotation = value;
      },
    );
};

const rotationNames = (mask: number): Readonly<Record<string, number>> =>
  Object.fromEntries(
    ['rotate-0', 'rotate-90', 'rotate-180', 'rotate-270', 'reflect-x', 'reflect-y']
      .map((name, bit) => [name, bit] as const)
      .filter(([, bit]) => (mask & (1 << bit)) !== 0),
  );

/** struct drm_format_modifier_blob: every format of the plane, linear. */
export const inFormatsBytes = (formats: readonly number[]): Uint8Array => {
  const HEADER = 24;
  const MODIFIER = 24;
  const formatsAt = HEADER;
  const modifiersAt = Math.ceil((HEADER + 4 * formats.length) / 8) * 8;
  const groups = Math.max(1, Math.ceil(formats.length / 64));
  const view = new DataView(new ArrayBuffer(modifiersAt + MODIFIER * groups));
  for (const [i, word] of [1, 0, formats.length, formatsAt, groups, modifiersAt].entries())
    view.setUint32(4 * i, word, true);
  for (const [i, code] of formats.entries()) view.setUint32(formatsAt + 4 * i, code, true);
  for (let group = 0; group < groups; group++) {
    const at = modifiersAt + MODIFIER * group;
    const here = Math.min(64, formats.length - 64 * group);
    view.setBigUint64(at, (1n << BigInt(here)) - 1n, true);
    view.setUint32(at + 8, 64 * group, true);
    view.setBigUint64(at + 16, BigInt(MODIFIER_LINEAR), true);
  }
  return new Uint8Array(view.buffer);
};
