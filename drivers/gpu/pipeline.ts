/** The display pipeline: planes, CRTCs and connectors with their committed states, and what a driver is called for. */
import type { AtomicState } from './atomic-state.ts';
import type { Blob } from './blob.ts';
import type { Commit } from './commit.ts';
import type { Edid } from './edid.ts';
import type { Fence } from './fence.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { ModeObject } from './mode-object.ts';
import type { Mode } from './modes.ts';
import type { Property } from './property.ts';
import type { Rect } from './rect.ts';
import type { Vblank, VblankStamp } from './vblank.ts';

export const PLANE_TYPE = { Overlay: 0, Primary: 1, Cursor: 2 } as const;
export type PlaneType = keyof typeof PLANE_TYPE;
export const CONNECTOR_STATUS = { connected: 1, disconnected: 2, unknown: 3 } as const;
export type ConnectorStatus = keyof typeof CONNECTOR_STATUS;
export const ROTATION = { rotate0: 1, rotate90: 2, rotate180: 4, rotate270: 8, reflectX: 16, reflectY: 32 } as const;
export const BLEND = { None: 2, Coverage: 1, 'Pre-multiplied': 0 } as const;
export const SCALING_FILTER = { Default: 0, 'Nearest Neighbor': 1 } as const;
export const LINK_STATUS = { Good: 0, Bad: 1 } as const;

export interface PlaneState {
  crtc: Crtc | null;
  fb: Framebuffer | null;
  crtcX: number;
  crtcY: number;
  crtcW: number;
  crtcH: number;
  /** 16.16 fixed point, in the framebuffer. */
  srcX: number;
  srcY: number;
  srcW: number;
  srcH: number;
  /** 0 to FFFFh. */
  alpha: number;
  blend: number;
  rotation: number;
  zpos: number;
  filter: number;
  colorEncoding: number;
  colorRange: number;
  damageClips: Blob | null;
  fence: Fence | null;
  /** Found by the check: some of it lies on the screen. */
  visible: boolean;
}

export interface CrtcState {
  /** Has a mode; `active` says whether it scans out. */
  enable: boolean;
  active: boolean;
  mode: Mode | null;
  modeBlob: Blob | null;
  gammaLut: Blob | null;
  vrrEnabled: boolean;
  /** 16 bits a channel: red, green, blue. */
  background: number;
  /** Of this commit alone. */
  modeChanged: boolean;
  activeChanged: boolean;
  connectorsChanged: boolean;
  outFenceAt: number;
}

export interface ConnectorState {
  crtc: Crtc | null;
  linkStatus: number;
  maxBpc: number;
  writebackFb: Framebuffer | null;
  writebackFenceAt: number;
}

/** A property on an object: how it is read from a state, and set in one. */
export interface Binding<S> {
  readonly property: Property;
  get(state: S): number;
  set?(state: S, value: number, atomic: AtomicState): void;
}

export interface PlaneFuncs {
  /** Throws the LabError that refuses the state. */
  atomicCheck?(now: PlaneState, atomic: AtomicState): void;
  /** Before anything changes: makes sure of memory. Throws ENOMEM. */
  prepareFb?(now: PlaneState): void;
  /** The buffer is no longer on show. */
  cleanupFb?(old: PlaneState): void;
  /** Shows the state from the next flush on; `damage` is what changed in the framebuffer, undefined for all of it. */
  atomicUpdate(now: PlaneState, old: PlaneState, damage: readonly Rect[]): Promise<void>;
  atomicDisable(old: PlaneState): Promise<void>;
}

export interface CrtcFuncs {
  atomicCheck?(now: CrtcState, atomic: AtomicState): void;
  modeValid?(mode: Mode): string | undefined;
  atomicEnable(now: CrtcState): Promise<void>;
  atomicDisable(old: CrtcState): Promise<void>;
  /**
   * Makes the planes' new states count, all at once. Says when they are on show: by `Vblank.flipDone` later, or at once.
   */
  atomicFlush(now: CrtcState, old: CrtcState): Promise<'flip-done-follows' | 'at-next-vblank' | 'done'>;
  enableVblank?(): Promise<void>;
  disableVblank?(): Promise<void>;
  /** The hardware's own counter. */
  queryVblank?(): Promise<VblankStamp>;
}

export interface ConnectorFuncs {
  detect(): Promise<ConnectorStatus>;
  /** Undefined: no EDID, the generic list is offered. */
  readEdid?(): Promise<Uint8Array | undefined>;
  modeValid?(mode: Mode): string | undefined;
  /** Writes the composed picture into the framebuffer; resolves when it is there. */
  writeback?(fb: Framebuffer): Promise<void>;
  atomicCheck?(now: ConnectorState, atomic: AtomicState): void;
}

export interface Scaling {
  /** Source to destination, 16.16. */
  readonly min: number;
  readonly max: number;
}
export const NO_SCALING: Scaling = { min: 65536, max: 65536 };

export interface PlaneDeclaration {
  readonly type: PlaneType;
  readonly possibleCrtcs: number;
  /** Fourcc codes. */
  readonly formats: readonly number[];
  readonly scaling: Scaling;
  /** May lie anywhere, rather than cover the screen. */
  readonly canPosition: boolean;
  readonly zpos?: { readonly min: number; readonly max: number; readonly initially: number };
  readonly rotations?: number;
  readonly alpha?: boolean;
  readonly blendModes?: readonly (keyof typeof BLEND)[];
  readonly colorEncoding?: boolean;
  readonly scalingFilter?: boolean;
  readonly funcs: PlaneFuncs;
}

export class Plane implements ModeObject {
  readonly kind = 'plane';
  readonly id: number;
  readonly is: PlaneDeclaration;
  readonly formats: ReadonlySet<number>;
  readonly bindings = new Map<number, Binding<PlaneState>>();
  state: PlaneState;
  commit: Commit | undefined;

  constructor(id: number, is: PlaneDeclaration) {
    this.id = id;
    this.is = is;
    this.formats = new Set(is.formats);
    this.state = { ...IDLE_PLANE, zpos: is.zpos?.initially ?? 0 };
  }
}

export interface CrtcDeclaration {
  readonly gammaEntries?: number;
  readonly vrr?: boolean;
  readonly background?: boolean;
  readonly funcs: CrtcFuncs;
}

export class Crtc implements ModeObject {
  readonly kind = 'crtc';
  readonly id: number;
  /** Its place in masks of possible CRTCs. */
  readonly index: number;
  readonly is: CrtcDeclaration;
  readonly vblank: Vblank;
  readonly bindings = new Map<number, Binding<CrtcState>>();
  state: CrtcState = { ...IDLE_CRTC };
  commit: Commit | undefined;

  constructor(id: number, index: number, is: CrtcDeclaration, vblank: Vblank) {
    this.id = id;
    this.index = index;
    this.is = is;
    this.vblank = vblank;
  }
}

export interface ConnectorDeclaration {
  readonly name: string;
  /** DRM_MODE_CONNECTOR_*. */
  readonly type: number;
  readonly possibleCrtcs: number;
  /** Largest size the generic list of modes offers where there is no EDID. */
  readonly generic?: { readonly width: number; readonly height: number; readonly preferred: readonly [number, number] };
  /** Fourcc codes; a writeback connector. */
  readonly writeback?: readonly number[];
  readonly linkStatus?: boolean;
  readonly vrrCapable?: boolean;
  readonly maxBpc?: number;
  readonly funcs: ConnectorFuncs;
}

export class Connector implements ModeObject {
  readonly kind = 'connector';
  readonly id: number;
  readonly encoderId: number;
  readonly is: ConnectorDeclaration;
  readonly bindings = new Map<number, Binding<ConnectorState>>();
  state: ConnectorState;
  commit: Commit | undefined;
  status: ConnectorStatus = 'unknown';
  modes: readonly Mode[] = [];
  edid: Edid | undefined;
  edidBlob: Blob | null = null;
  vrrCapable = false;

  constructor(id: number, encoderId: number, is: ConnectorDeclaration) {
    this.id = id;
    this.encoderId = encoderId;
    this.is = is;
    this.state = {
      crtc: null,
      linkStatus: LINK_STATUS.Good,
      maxBpc: is.maxBpc ?? 8,
      writebackFb: null,
      writebackFenceAt: 0,
    };
  }
}

export class Encoder implements ModeObject {
  readonly kind = 'encoder';
  readonly id: number;
  readonly possibleCrtcs: number;

  constructor(id: number, possibleCrtcs: number) {
    this.id = id;
    this.possibleCrtcs = possibleCrtcs;
  }
}

const IDLE_PLANE: PlaneState = {
  crtc: null,
  fb: null,
  crtcX: 0,
  crtcY: 0,
  crtcW: 0,
  crtcH: 0,
  srcX: 0,
  srcY: 0,
  srcW: 0,
  srcH: 0,
  alpha: 0xffff,
  blend: BLEND['Pre-multiplied'],
  rotation: ROTATION.rotate0,
  zpos: 0,
  filter: SCALING_FILTER.Default,
  colorEncoding: 0,
  colorRange: 1,
  damageClips: null,
  fence: null,
  visible: false,
};

const IDLE_CRTC: CrtcState = {
  enable: false,
  active: false,
  mode: null,
  modeBlob: null,
  gammaLut: null,
  vrrEnabled: false,
  background: 0,
  modeChanged: false,
  activeChanged: false,
  connectorsChanged: false,
  outFenceAt: 0,
};
