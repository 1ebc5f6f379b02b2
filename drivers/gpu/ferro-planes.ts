/** The three planes of the virtual display as the DRM core sees them. */
import { LabError } from '#bus/errors.ts';
import { PIXEL_FORMATS } from '#datasheets/display-formats.ts';
import { PLANE_MOST_PIXELS, type PlaneName } from '#datasheets/display-planes.ts';
import { sourceOf } from './damage.ts';
import type { DrmDevice } from './drm-device.ts';
import type { FerroHardware } from './ferro-hardware.ts';
import { formatNamed } from './fourcc.ts';
import { type PlaneState, type PlaneType, ROTATION } from './kms-state.ts';
import type { Plane } from './pipeline.ts';
import type { VramBuffers } from './vram-buffers.ts';

/** In the order they lie on each other unless told otherwise. */
const LINE_OF = { Primary: 'PRIMARY', Overlay: 'OVERLAY', Cursor: 'CURSOR' } as const satisfies Readonly<
  Record<PlaneType, PlaneName>
>;
const TYPES = ['Primary', 'Overlay', 'Cursor'] as const satisfies readonly PlaneType[];
const SCALING = { min: 65536 / 16, max: 65536 * 16 };
const ALL_ROTATIONS = Object.values(ROTATION).reduce((mask, bit) => mask | bit, 0);
const HIGHEST_ZPOS = 7;
const CURSOR_FORMAT = formatNamed('ARGB8888')?.code;

export const addPlane = (device: DrmDevice, type: PlaneType, hardware: FerroHardware, buffers: VramBuffers): Plane => {
  const name = LINE_OF[type];
  const plane: Plane = device.addPlane({
    type,
    possibleCrtcs: 1,
    formats: PIXEL_FORMATS.map(({ code }) => code).filter((code) => type !== 'Cursor' || code === CURSOR_FORMAT),
    scaling: SCALING,
    canPosition: true,
    zpos: { min: 0, max: HIGHEST_ZPOS, initially: TYPES.indexOf(type) },
    rotations: ALL_ROTATIONS,
    alpha: true,
    blendModes: ['Pre-multiplied', 'Coverage', 'None'],
    colorEncoding: type !== 'Cursor',
    scalingFilter: true,
    hotspot: type === 'Cursor',
    funcs: {
      atomicCheck: checkSize,
      prepareFb: ({ fb }) => void (fb !== null && buffers.pin(fb)),
      cleanupFb: ({ fb }) => void (fb !== null && buffers.unpin(fb)),
      atomicUpdate: async (now, _, damage) => {
        const { fb } = now;
        if (fb === null) return;
        await buffers.upload(plane, fb, damage, sourceOf(now));
        hardware.setPlane(name, now, (i) => buffers.address(fb, i));
      },
      atomicDisable: async () => hardware.clearPlane(name),
    },
  });
  return plane;
};

const checkSize = ({ fb, crtcW, crtcH }: PlaneState): void => {
  if (fb !== null && (crtcW > PLANE_MOST_PIXELS || crtcH > PLANE_MOST_PIXELS))
    throw new LabError('EINVAL', `a plane of ${crtcW}x${crtcH} on the screen; at most ${PLANE_MOST_PIXELS} each way`);
};
