/** What can be set of planes, CRTCs and connectors: their states, and the words for values in them (drm_plane.h, drm_crtc.h, drm_connector.h). */
import type { Blob } from './blob.ts';
import type { Fence } from './fence.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { Mode } from './modes.ts';
import type { Crtc } from './pipeline.ts';

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
  /** Of a cursor: the pixel that points. */
  hotspotX: number;
  hotspotY: number;
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

export const IDLE_PLANE: PlaneState = {
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
  hotspotX: 0,
  hotspotY: 0,
  damageClips: null,
  fence: null,
  visible: false,
};

export const IDLE_CRTC: CrtcState = {
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
