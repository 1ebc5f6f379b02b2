/** Calls older than atomic, on top of it: SETCRTC, PAGE_FLIP, DIRTYFB (drm_crtc.c, drm_plane.c, drm_framebuffer.c). */
import { LabError } from '#bus/errors.ts';
import { checkAtomic } from './atomic-check.ts';
import { AtomicState } from './atomic-state.ts';
import { createBlob } from './blob.ts';
import { encodeClips } from './damage.ts';
import type { DrmFile } from './drm-file.ts';
import { printFourcc } from './fourcc.ts';
import { Framebuffer } from './framebuffer.ts';
import { encodeMode, type Mode, modeProblem } from './modes.ts';
import { Connector, Crtc, type Plane } from './pipeline.ts';

export interface FlipRequest {
  readonly crtcId: number;
  readonly fbId: number;
  /** PAGE_FLIP_EVENT 1, PAGE_FLIP_ASYNC 2. */
  readonly flags?: number;
  readonly userData?: bigint;
  readonly reserved?: number;
}

const FLIP_EVENT = 1;
const FLIP_ASYNC = 2;

const primaryOf = (file: DrmFile, crtc: Crtc): Plane => {
  const found = file.device.planes.find(
    ({ is }) => is.type === 'Primary' && ((is.possibleCrtcs >> crtc.index) & 1) === 1,
  );
  if (found === undefined) throw new LabError('EINVAL', `CRTC ${crtc.id} has no primary plane`);
  if (!file.sees(found.id)) throw new LabError('EACCES', `the primary plane of CRTC ${crtc.id} is not on lease`);
  return found;
};

export const pageFlip = async (file: DrmFile, request: FlipRequest): Promise<void> => {
  const { crtcId, fbId, flags = 0, userData = 0n, reserved = 0 } = request;
  if ((flags & ~(FLIP_EVENT | FLIP_ASYNC)) !== 0) throw new LabError('EINVAL', `page flip flags ${flags}`);
  if (reserved !== 0) throw new LabError('EINVAL', `page flip with reserved ${reserved}, not 0`);
  const async = (flags & FLIP_ASYNC) !== 0;
  if (async && file.device.is.asyncFlip !== true)
    throw new LabError('EINVAL', `${file.device.is.name} flips at vblanks only`);
  const crtc = file.object(crtcId, Crtc, 'crtc');
  const plane = primaryOf(file, crtc);
  const { fb: shown } = plane.state;
  if (shown === null) throw new LabError('EBUSY', `CRTC ${crtcId} shows no framebuffer: set a mode first`);
  const fb = file.object(fbId, Framebuffer, 'fb');
  const { srcX, srcY, srcW, srcH } = plane.state;
  if (srcX + srcW > fb.width * 65536 || srcY + srcH > fb.height * 65536)
    throw new LabError(
      'ENOSPC',
      `framebuffer of ${fb.width}x${fb.height} for a viewport of ${srcW / 65536}x${srcH / 65536}`,
    );
  if (fb.format !== shown.format)
    throw new LabError('EINVAL', `a flip from ${printFourcc(shown.format.code)} to ${printFourcc(fb.format.code)}`);
  const event = (flags & FLIP_EVENT) === 0 ? undefined : file.events.promise('flip', userData);
  try {
    await file.device.commit(
      () => {
        const atomic = new AtomicState(file.device, { pace: async ? 'async' : 'vblank' });
        if (!atomic.crtc(crtc).active) throw new LabError('EINVAL', `CRTC ${crtcId} is off`);
        atomic.setPlaneCrtc(plane, crtc);
        atomic.plane(plane).fb = fb;
        checkAtomic(atomic, () => event !== undefined);
        return { atomic, flipped: (_, stamp) => event?.send(crtcId, stamp) };
      },
      { nonblock: true },
    );
  } catch (thrown) {
    event?.cancel();
    throw thrown;
  }
};

export interface SetCrtc {
  readonly crtcId: number;
  /** -1 keeps the framebuffer. */
  readonly fbId: number;
  readonly x?: number;
  readonly y?: number;
  /** Null turns it off. */
  readonly mode: Mode | null;
  readonly connectors: readonly number[];
}

export const setCrtc = async (file: DrmFile, request: SetCrtc): Promise<void> => {
  const { crtcId, fbId, x = 0, y = 0, mode, connectors } = request;
  const { device } = file;
  const crtc = file.object(crtcId, Crtc, 'crtc');
  const plane = primaryOf(file, crtc);
  if (x < 0 || y < 0 || x > 0x7fffffff || y > 0x7fffffff) throw new LabError('ERANGE', `a viewport at ${x},${y}`);
  if (mode === null) {
    if (connectors.length > 0) throw new LabError('EINVAL', `${connectors.length} connectors and no mode`);
    await device.commitKernel((atomic) => turnOff(atomic, device.planes, device.connectors, crtc));
    return;
  }
  const fb = fbId === -1 ? plane.state.fb : file.object(fbId, Framebuffer, 'fb');
  if (fb === null) throw new LabError('EINVAL', `CRTC ${crtcId} has no framebuffer to keep`);
  const problem = modeProblem(mode) ?? crtc.is.funcs.modeValid?.(mode);
  if (problem !== undefined) throw new LabError('EINVAL', `mode ${mode.name}: ${problem}`);
  if (!plane.formats.has(fb.format.code))
    throw new LabError('EINVAL', `the primary plane does not take ${fb.format.name}`);
  if (x + mode.hdisplay > fb.width || y + mode.vdisplay > fb.height)
    throw new LabError('ENOSPC', `${mode.hdisplay}x${mode.vdisplay}+${x}+${y} is not inside ${fb.width}x${fb.height}`);
  if (connectors.length === 0) throw new LabError('EINVAL', 'a mode and no connector');
  const sinks = connectors.map((id) => file.object(id, Connector, 'connector'));
  const modeBlob = createBlob(device.objects, encodeMode(mode));
  try {
    await device.commitKernel((atomic) => {
      Object.assign(atomic.crtc(crtc), { active: true, enable: true, mode, modeBlob });
      for (const connector of device.connectors)
        if (sinks.includes(connector)) atomic.setConnectorCrtc(connector, crtc);
        else if (connector.state.crtc === crtc) atomic.setConnectorCrtc(connector, null);
      atomic.setPlaneCrtc(plane, crtc);
      Object.assign(atomic.plane(plane), {
        fb,
        crtcX: 0,
        crtcY: 0,
        crtcW: mode.hdisplay,
        crtcH: mode.vdisplay,
        srcX: x * 65536,
        srcY: y * 65536,
        srcW: mode.hdisplay * 65536,
        srcH: mode.vdisplay * 65536,
      });
    });
  } finally {
    modeBlob.put();
  }
};

export const turnOff = (
  atomic: AtomicState,
  planes: readonly Plane[],
  connectors: readonly Connector[],
  crtc: Crtc,
): void => {
  Object.assign(atomic.crtc(crtc), { active: false, enable: false, mode: null, modeBlob: null });
  for (const connector of connectors) if (connector.state.crtc === crtc) atomic.setConnectorCrtc(connector, null);
  for (const plane of planes)
    if (plane.state.crtc === crtc) {
      Object.assign(atomic.plane(plane), { fb: null });
      atomic.setPlaneCrtc(plane, null);
    }
};

export interface DirtyRequest {
  readonly fbId: number;
  /** ANNOTATE_COPY 1, ANNOTATE_FILL 2. */
  readonly flags?: number;
  /** As the client counts them; the clips themselves may be missing. */
  readonly numClips?: number;
  /** u16 corners, the right and bottom ones outside. */
  readonly clips?: readonly { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }[];
}

const MAX_CLIPS = 256;

/** A blocking commit with the clips as damage: a natural limit to its rate. */
export const dirtyFb = async (file: DrmFile, request: DirtyRequest): Promise<void> => {
  const { fbId, flags = 0, clips, numClips = clips?.length ?? 0 } = request;
  const fb = file.object(fbId, Framebuffer, 'fb');
  if (numClips > 0 !== (clips !== undefined && clips.length > 0))
    throw new LabError('EINVAL', `${numClips} clips, and ${clips === undefined ? 'none' : clips.length} given`);
  if (flags !== 0 && flags !== 1 && flags !== 2) throw new LabError('EINVAL', `DIRTYFB flags ${flags}`);
  if (flags === 1 && numClips % 2 !== 0) throw new LabError('EINVAL', `a copy of ${numClips} clips; it takes pairs`);
  if (numClips > MAX_CLIPS) throw new LabError('EINVAL', `${numClips} clips; at most ${MAX_CLIPS}`);
  for (const clip of clips ?? [])
    for (const edge of Object.values(clip))
      if (!Number.isInteger(edge) || edge < 0 || edge > 0xffff) throw new LabError('EINVAL', `a clip edge at ${edge}`);
  // The source of a copy (each even clip) has not changed.
  const changed = (clips ?? []).filter((_, i) => flags !== 1 || i % 2 === 1);
  const proper = changed.filter(({ x1, y1, x2, y2 }) => x1 < x2 && y1 < y2);
  if (changed.length > 0 && proper.length === 0) return;
  const blob = proper.length === 0 ? null : createBlob(file.device.objects, encodeClips(proper));
  try {
    await file.device.commit(() => {
      const atomic = new AtomicState(file.device);
      for (const plane of file.device.planes) if (plane.state.fb === fb) atomic.plane(plane).damageClips = blob;
      checkAtomic(atomic);
      return { atomic };
    });
  } finally {
    blob?.put();
  }
};
