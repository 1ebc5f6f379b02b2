/** Framebuffers taken away: whatever shows one is turned off first, a CRTC with its primary plane (drm_framebuffer_remove). */
import type { DrmDevice } from './drm-device.ts';
import type { Framebuffer } from './framebuffer.ts';

export const removeFramebuffers = async (device: DrmDevice, fbs: readonly Framebuffer[]): Promise<void> => {
  const gone = new Set(fbs);
  for (const fb of gone) device.objects.remove(fb); // nobody can name it any more
  try {
    if (device.planes.some(({ state: { fb } }) => fb !== null && gone.has(fb)))
      await device.commitKernel((atomic) => {
        for (const plane of device.planes) {
          const { fb, crtc } = plane.state;
          if (fb === null || !gone.has(fb)) continue;
          Object.assign(atomic.plane(plane), { fb: null });
          atomic.setPlaneCrtc(plane, null);
          if (plane.is.type !== 'Primary' || crtc === null) continue;
          Object.assign(atomic.crtc(crtc), { active: false, enable: false, mode: null, modeBlob: null });
          for (const connector of device.connectors)
            if (connector.state.crtc === crtc) atomic.setConnectorCrtc(connector, null);
          // What else lies on it loses its ground.
          for (const other of device.planes)
            if (other !== plane && other.state.crtc === crtc) {
              Object.assign(atomic.plane(other), { fb: null });
              atomic.setPlaneCrtc(other, null);
            }
        }
      });
  } finally {
    for (const fb of gone) fb.put();
  }
};
