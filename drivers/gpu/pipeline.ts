/** The display pipeline: planes, CRTCs and connectors with their committed states, and what a driver is called for. */
import type { AtomicState } from './atomic-state.ts';
import type { Blob } from './blob.ts';
import type { Commit } from './commit.ts';
import type { Edid } from './edid.ts';
import type { Framebuffer } from './framebuffer.ts';
import {
  type BLEND,
  type ConnectorState,
  type ConnectorStatus,
  type CrtcState,
  IDLE_CRTC,
  IDLE_PLANE,
  LINK_STATUS,
  type PlaneState,
  type PlaneType,
} from './kms-state.ts';
import type { ModeObject } from './mode-object.ts';
import type { Mode } from './modes.ts';
import type { Property } from './property.ts';
import type { Rect } from './rect.ts';
import type { Vblank, VblankStamp } from './vblank.ts';

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
   * Makes the planes' new states count, all at once; `async`: without waiting for a vblank. Says when they are on show:
   * by `Vblank.flipDone` later, or at once.
   */
  atomicFlush(now: CrtcState, old: CrtcState, async: boolean): Promise<'flip-done-follows' | 'at-next-vblank' | 'done'>;
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
  /** Of a cursor: properties for the pixel that points. */
  readonly hotspot?: boolean;
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
