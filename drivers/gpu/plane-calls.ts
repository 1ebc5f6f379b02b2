/** Planes and cursors by the calls older than atomic: SETPLANE, CURSOR and CURSOR2 (drm_plane.c). */
import { LabError } from '#bus/errors.ts';
import { checkAtomic } from './atomic-check.ts';
import { AtomicState } from './atomic-state.ts';
import type { DrmFile } from './drm-file.ts';
import { fourcc } from './fourcc.ts';
import { Framebuffer } from './framebuffer.ts';
import type { PlaneState } from './kms-state.ts';
import { Crtc, Plane } from './pipeline.ts';

export interface SetPlane {
  readonly planeId: number;
  readonly crtcId: number;
  /** 0 turns it off. */
  readonly fbId: number;
  readonly crtcX: number;
  readonly crtcY: number;
  readonly crtcW: number;
  readonly crtcH: number;
  /** 16.16. */
  readonly srcX: number;
  readonly srcY: number;
  readonly srcW: number;
  readonly srcH: number;
}

export const setPlane = async (file: DrmFile, request: SetPlane): Promise<void> => {
  const { planeId, crtcId, fbId, ...place } = request;
  const plane = file.object(planeId, Plane, 'plane');
  const fb = fbId === 0 ? null : file.object(fbId, Framebuffer, 'fb');
  const crtc = fb === null ? null : file.object(crtcId, Crtc, 'crtc');
  for (const [name, value] of Object.entries(place)) {
    const [least, most] = name === 'crtcX' || name === 'crtcY' ? [-0x80000000, 0x7fffffff] : [0, 0xffffffff];
    if (!Number.isInteger(value) || value < least || value > most)
      throw new LabError('EINVAL', `${name} ${value}; it takes ${least} to ${most}`);
  }
  if (fb === null && plane.state.crtc === null) return;
  await file.device.commit(() => {
    const atomic = new AtomicState(file.device);
    atomic.setPlaneCrtc(plane, crtc);
    Object.assign(atomic.plane(plane), { fb, ...(fb === null ? {} : place) });
    checkAtomic(atomic);
    return { atomic };
  });
};

export const CURSOR_FLAG = { BO: 1, MOVE: 2 } as const;

export interface SetCursor {
  readonly crtcId: number;
  /** BO 1: the picture changes; MOVE 2: the place does. */
  readonly flags: number;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  /** An ARGB8888 buffer without gaps between its rows; 0 hides the cursor. */
  readonly handle?: number;
  /** CURSOR2: the pixel that points. */
  readonly hotX?: number;
  readonly hotY?: number;
}

/** Shown at once, however many come: a cursor never waits for a flip, and no flip finds the CRTC busy with one. */
export const setCursor = async (file: DrmFile, request: SetCursor): Promise<void> => {
  const { crtcId, flags, x = 0, y = 0, width = 0, height = 0, handle = 0, hotX = 0, hotY = 0 } = request;
  const { device } = file;
  if (flags === 0 || (flags & ~(CURSOR_FLAG.BO | CURSOR_FLAG.MOVE)) !== 0)
    throw new LabError('EINVAL', `cursor flags ${flags}; BO is 1, MOVE is 2`);
  for (const [name, value] of Object.entries({ x, y, hotX, hotY }))
    if (!Number.isInteger(value) || value < -0x80000000 || value > 0x7fffffff)
      throw new LabError('EINVAL', `cursor ${name} ${value} is no 32-bit number`);
  const crtc = file.object(crtcId, Crtc, 'crtc');
  const plane = cursorOf(file, crtc);
  const made = (flags & CURSOR_FLAG.BO) !== 0 && handle !== 0 ? makePicture(file, width, height, handle) : undefined;
  try {
    await device.commit(() => {
      const atomic = new AtomicState(device, { pace: 'cursor' });
      const { state } = plane;
      const fb = (flags & CURSOR_FLAG.BO) === 0 ? state.fb : (made ?? null);
      atomic.setPlaneCrtc(plane, fb === null ? null : crtc);
      const at = (flags & CURSOR_FLAG.MOVE) === 0 ? {} : { crtcX: x, crtcY: y };
      const points = (flags & CURSOR_FLAG.BO) === 0 ? {} : { hotspotX: hotX, hotspotY: hotY };
      Object.assign(atomic.plane(plane), { fb, ...at, ...points, ...(made === undefined ? {} : sizeOf(made)) });
      // A CRTC that is off has no cursor; where it goes is remembered.
      if (!crtc.state.active && fb !== null) throw new LabError('EINVAL', `a cursor on CRTC ${crtcId}, which is off`);
      checkAtomic(atomic);
      return { atomic };
    });
  } finally {
    if (made !== undefined) {
      device.objects.remove(made); // the state has it now, and nobody else can name it
      made.put();
    }
  }
};

const cursorOf = (file: DrmFile, crtc: Crtc): Plane => {
  const found = file.device.planes.find(
    ({ is }) => is.type === 'Cursor' && ((is.possibleCrtcs >> crtc.index) & 1) === 1,
  );
  if (found === undefined) throw new LabError('ENXIO', `CRTC ${crtc.id} has no cursor`);
  if (!file.sees(found.id)) throw new LabError('EACCES', `the cursor of CRTC ${crtc.id} is not on lease`);
  return found;
};

const ARGB8888 = fourcc('AR24');

const makePicture = (file: DrmFile, width: number, height: number, handle: number): Framebuffer => {
  const { cursorWidth, cursorHeight } = file.device.is;
  if (width > cursorWidth || height > cursorHeight)
    throw new LabError('EINVAL', `a cursor of ${width}x${height}; at most ${cursorWidth}x${cursorHeight}`);
  file.buffers.get(handle);
  return file.framebuffers.make({ width, height, fourcc: ARGB8888, handles: [handle], pitches: [4 * width] });
};

const sizeOf = ({ width, height }: Framebuffer): Partial<PlaneState> => ({
  ...{ crtcW: width, crtcH: height, srcX: 0, srcY: 0, srcW: width * 65536, srcH: height * 65536 },
});
