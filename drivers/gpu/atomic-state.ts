/** A whole new state being put together: copies of the objects it touches, beside what is committed (drm_atomic.c). */
import type { Blob } from './blob.ts';
import type { FenceTable } from './fence.ts';
import type { Framebuffer } from './framebuffer.ts';
import type { ConnectorState, CrtcState, PlaneState } from './kms-state.ts';
import type { ObjectSpace } from './mode-object.ts';
import type { Connector, Crtc, Plane } from './pipeline.ts';

export interface Change<O, S> {
  readonly object: O;
  readonly old: S;
  readonly now: S;
}

/** Objects of the device a state may pull in. */
export interface Pipeline {
  readonly objects: ObjectSpace;
  readonly planes: readonly Plane[];
  readonly crtcs: readonly Crtc[];
  readonly connectors: readonly Connector[];
}

/** When a state is shown: at the next vblank, at once, or, of the legacy cursor, at once after flips that are on their way. */
export type Pace = 'vblank' | 'async' | 'cursor';

export interface AtomicOptions {
  readonly allowModeset?: boolean;
  readonly fences?: FenceTable;
  readonly pace?: Pace;
  /** Objects the client may name. */
  readonly sees?: (id: number) => boolean;
}

export class AtomicState {
  readonly device: Pipeline;
  readonly planes = new Map<Plane, Change<Plane, PlaneState>>();
  readonly crtcs = new Map<Crtc, Change<Crtc, CrtcState>>();
  readonly connectors = new Map<Connector, Change<Connector, ConnectorState>>();
  readonly allowModeset: boolean;
  readonly fences: FenceTable | undefined;
  readonly pace: Pace;
  readonly sees: (id: number) => boolean;

  constructor(
    device: Pipeline,
    { allowModeset = false, fences, pace = 'vblank', sees = () => true }: AtomicOptions = {},
  ) {
    this.device = device;
    this.allowModeset = allowModeset;
    this.fences = fences;
    this.pace = pace;
    this.sees = sees;
  }

  /** The plane's new state; its CRTC is part of the commit too. */
  plane(plane: Plane): PlaneState {
    const found = this.planes.get(plane);
    if (found !== undefined) return found.now;
    const { state } = plane;
    const now = { ...state, damageClips: null, fence: null };
    this.planes.set(plane, { object: plane, old: state, now });
    if (now.crtc !== null) this.crtc(now.crtc);
    return now;
  }

  crtc(crtc: Crtc): CrtcState {
    const found = this.crtcs.get(crtc);
    if (found !== undefined) return found.now;
    const { state } = crtc;
    const now = { ...state, modeChanged: false, activeChanged: false, connectorsChanged: false, outFenceAt: 0 };
    this.crtcs.set(crtc, { object: crtc, old: state, now });
    return now;
  }

  connector(connector: Connector): ConnectorState {
    const found = this.connectors.get(connector);
    if (found !== undefined) return found.now;
    const { state } = connector;
    const now = { ...state, writebackFb: null, writebackFenceAt: 0 };
    this.connectors.set(connector, { object: connector, old: state, now });
    if (now.crtc !== null) this.crtc(now.crtc);
    return now;
  }

  setPlaneCrtc(plane: Plane, crtc: Crtc | null): void {
    this.plane(plane).crtc = crtc;
    if (crtc !== null) this.crtc(crtc);
  }

  setConnectorCrtc(connector: Connector, crtc: Crtc | null): void {
    this.connector(connector).crtc = crtc;
    if (crtc !== null) this.crtc(crtc);
  }

  /** Each plane's state as it will be, whether part of the commit or not. */
  planeAfter(plane: Plane): PlaneState {
    return this.planes.get(plane)?.now ?? plane.state;
  }

  connectorAfter(connector: Connector): ConnectorState {
    return this.connectors.get(connector)?.now ?? connector.state;
  }

  crtcAfter(crtc: Crtc): CrtcState {
    return this.crtcs.get(crtc)?.now ?? crtc.state;
  }

  needsModeset({ modeChanged, activeChanged, connectorsChanged }: CrtcState): boolean {
    return modeChanged || activeChanged || connectorsChanged;
  }
}

/** What a state keeps alive. */
export const holdsOf = (state: PlaneState | CrtcState | ConnectorState): readonly (Blob | Framebuffer)[] => {
  const held =
    'crtcX' in state
      ? [state.fb, state.damageClips]
      : 'mode' in state
        ? [state.modeBlob, state.gammaLut]
        : [state.writebackFb];
  return held.filter((one) => one !== null);
};
