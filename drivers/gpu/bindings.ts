/** The properties of planes, CRTCs and connectors: how each is read from a state, and set in one (drm_atomic_uapi.c). */
import { LabError } from '#bus/errors.ts';
import type { AtomicState } from './atomic-state.ts';
import { Blob } from './blob.ts';
import { MODIFIER_LINEAR } from './fourcc.ts';
import { Framebuffer } from './framebuffer.ts';
import type { ObjectSpace } from './mode-object.ts';
import { decodeMode, modeProblem } from './modes.ts';
import {
  type Binding,
  BLEND,
  type Connector,
  type ConnectorState,
  Crtc,
  LINK_STATUS,
  PLANE_TYPE,
  type Plane,
  type PlaneState,
  SCALING_FILTER,
} from './pipeline.ts';
import { bitmask, blobOf, named, objectOf, Property, type PropertyDeclaration, range, signed } from './property.ts';

const U32 = 0xffffffff;
const I32 = 0x7fffffff;
const ATOMIC = { atomic: true } as const;
const FIXED = { immutable: true } as const;
const GAMMA_ENTRY_BYTES = 8;
const CLIP_BYTES = 16;

/** One property object serves every object it is attached to. */
export class PropertyShelf {
  readonly #objects: ObjectSpace;
  readonly #made = new Map<string, Property>();

  constructor(objects: ObjectSpace) {
    this.#objects = objects;
  }

  take(declaration: PropertyDeclaration): Property {
    const key = JSON.stringify(declaration);
    const made = this.#made.get(key) ?? this.#objects.add((id) => new Property(id, declaration));
    this.#made.set(key, made);
    return made;
  }

  attach<S>(
    to: { readonly bindings: Map<number, Binding<S>> },
    declaration: PropertyDeclaration,
    get: (state: S) => number,
    set?: (state: S, value: number, atomic: AtomicState) => void,
  ): void {
    const property = this.take(declaration);
    to.bindings.set(property.id, { property, get, ...(set === undefined ? {} : { set }) });
  }
}

/** Fields a number goes into as it is. */
type NumberField<S> = { [K in keyof S]: S[K] extends number ? K : never }[keyof S];

const plain =
  <S>(shelf: PropertyShelf, to: { readonly bindings: Map<number, Binding<S>> }) =>
  <K extends NumberField<S>>(declaration: PropertyDeclaration, key: K): void =>
    shelf.attach(
      to,
      declaration,
      (state: S) => Number(state[key]),
      (state: S, value) => void Object.assign(state as object, { [key]: value }),
    );

const crtcFrom = (atomic: AtomicState, id: number): Crtc | null => {
  const found = atomic.device.objects.find(id);
  return found instanceof Crtc ? found : null;
};
const fbFrom = (atomic: AtomicState, id: number): Framebuffer | null => {
  const found = atomic.device.objects.find(id);
  return found instanceof Framebuffer ? found : null;
};
const blobFrom = (atomic: AtomicState, id: number): Blob | null => {
  const found = atomic.device.objects.find(id);
  return found instanceof Blob ? found : null;
};

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

const sized = (blob: Blob | null, fits: (bytes: number) => boolean, what: string): Blob | null => {
  if (blob !== null && !fits(blob.bytes.length))
    throw new LabError('EINVAL', `${what}: a blob of ${blob.bytes.length} bytes`);
  return blob;
};

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

export const bindConnector = (shelf: PropertyShelf, connector: Connector, writebackFormats: Blob | null): void => {
  const { is } = connector;
  shelf.attach(
    connector,
    objectOf('CRTC_ID', 'crtc', ATOMIC),
    ({ crtc }) => crtc?.id ?? 0,
    (_, value, atomic) => atomic.setConnectorCrtc(connector, crtcFrom(atomic, value)),
  );
  if (writebackFormats !== null) {
    shelf.attach(
      connector,
      objectOf('WRITEBACK_FB_ID', 'fb', ATOMIC),
      () => 0,
      (state, value, atomic) => void Object.assign(state, { writebackFb: fbFrom(atomic, value) }),
    );
    shelf.attach(connector, blobOf('WRITEBACK_PIXEL_FORMATS', FIXED), () => writebackFormats.id);
    shelf.attach(
      connector,
      range('WRITEBACK_OUT_FENCE_PTR', 0, Number.MAX_SAFE_INTEGER, ATOMIC),
      () => 0,
      (state, value, atomic) => {
        if (value !== 0) atomic.fences?.put(value, -1);
        state.writebackFenceAt = value;
      },
    );
    return;
  }
  shelf.attach(connector, blobOf('EDID', FIXED), () => connector.edidBlob?.id ?? 0);
  shelf.attach(
    connector,
    named('DPMS', { On: 0, Standby: 1, Suspend: 2, Off: 3 }),
    ({ crtc }) => (crtc?.state.active === true ? 0 : 3),
    () => {
      throw new LabError('EINVAL', 'DPMS is not set by an atomic commit: use ACTIVE');
    },
  );
  shelf.attach(connector, range('non-desktop', 0, 1, FIXED), () => 0);
  if (is.maxBpc !== undefined) plain<ConnectorState>(shelf, connector)(range('max bpc', 6, is.maxBpc), 'maxBpc');
  if (is.vrrCapable === true)
    shelf.attach(connector, range('vrr_capable', 0, 1, FIXED), () => Number(connector.vrrCapable));
  if (is.linkStatus === true)
    shelf.attach(
      connector,
      named('link-status', LINK_STATUS),
      ({ linkStatus }) => linkStatus,
      (state, value) => {
        // Only hardware makes it worse (drm_atomic_connector_set_property).
        if (state.linkStatus === LINK_STATUS.Bad) state.linkStatus = value;
      },
    );
};

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
