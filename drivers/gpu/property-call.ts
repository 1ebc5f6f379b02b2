/** One property set by a client that need not know of atomic: SETPROPERTY and OBJ_SETPROPERTY (drm_mode_object.c). */
import { LabError } from '#bus/errors.ts';
import { ATOMIC_FLAG, atomicCall } from './atomic-request.ts';
import type { DrmFile } from './drm-file.ts';
import { Connector, Crtc, Plane } from './pipeline.ts';
import type { UserValue } from './property.ts';

/** ENOENT for no object; EINVAL for one without properties, and for a property it does not have. */
export const setProperty = async (
  file: DrmFile,
  objectId: number,
  propertyId: number,
  value: UserValue,
): Promise<void> => {
  const found = file.device.objects.find(objectId);
  if (found === undefined || !file.sees(objectId)) throw new LabError('ENOENT', `no object ${objectId}`);
  if (!(found instanceof Plane || found instanceof Crtc || found instanceof Connector))
    throw new LabError('EINVAL', `${found.kind} ${objectId} has no properties`);
  const property = found.bindings.get(propertyId)?.property;
  if (property === undefined) throw new LabError('EINVAL', `object ${objectId} has no property ${propertyId}`);
  if (found instanceof Connector && property.name === 'DPMS')
    await setPower(file, found, property.check(value, file.device.objects) === DPMS_ON);
  else {
    const objects = [{ id: objectId, properties: [[propertyId, value] as const] }];
    await atomicCall(file, { objects, flags: ATOMIC_FLAG.ALLOW_MODESET }, true);
  }
};

const DPMS_ON = 0;

/** DPMS of an atomic driver: its CRTC scans out or does not, and keeps its mode (drm_atomic_connector_commit_dpms). */
const setPower = async ({ device }: DrmFile, { state: { crtc } }: Connector, on: boolean): Promise<void> => {
  if (crtc !== null) await device.commitKernel((atomic) => void Object.assign(atomic.crtc(crtc), { active: on }));
};
