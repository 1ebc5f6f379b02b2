/** What a client says it can cope with, and so gets to see: SET_CLIENT_CAP (drm_ioctl.c). */
import { LabError } from '#bus/errors.ts';
import type { DrmFile } from './drm-file.ts';

/** What clients may ask for; the last one of a display whose cursor has a hotspot. */
export const CLIENT_CAPS = [
  'stereo_3d',
  'universal_planes',
  'atomic',
  'aspect_ratio',
  'writeback_connectors',
  'cursor_plane_hotspot',
] as const;
export type ClientCap = (typeof CLIENT_CAPS)[number];

export const setClientCap = ({ device, caps }: DrmFile, cap: ClientCap, value: number): void => {
  if (!CLIENT_CAPS.includes(cap))
    throw new LabError('EINVAL', `no client cap '${cap}'; there is ${CLIENT_CAPS.join(', ')}`);
  if (cap === 'atomic' && device.is.atomic !== true)
    throw new LabError('EOPNOTSUPP', `${device.is.name} is not atomic`);
  if (cap === 'cursor_plane_hotspot' && !device.planes.some(({ is }) => is.hotspot === true))
    throw new LabError('EOPNOTSUPP', `the cursor of ${device.is.name} has no hotspot`);
  if (value !== 0 && value !== 1) throw new LabError('EINVAL', `client cap ${cap}: ${value}; it takes 0 or 1`);
  if ((cap === 'writeback_connectors' || cap === 'cursor_plane_hotspot') && !caps.has('atomic'))
    throw new LabError('EINVAL', `client cap ${cap} is for atomic clients`);
  for (const one of cap === 'atomic' ? (['atomic', 'universal_planes', 'aspect_ratio'] as const) : [cap])
    if (value === 1) caps.add(one);
    else caps.delete(one);
};
