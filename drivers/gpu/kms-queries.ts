/** What a client may look at without changing anything: resources, objects, properties, capabilities (drm_mode_config.c, drm_ioctl.c). */
import { LabError } from '#bus/errors.ts';
import type { DrmFile } from './drm-file.ts';
import { OBJECT_TYPE } from './mode-object.ts';
import { type Binding, Connector, Crtc, Plane } from './pipeline.ts';

/** GETRESOURCES and GETPLANERESOURCES. */
export const resourcesOf = (file: DrmFile) => {
  const { is, crtcs, connectors, planes } = file.device;
  const seen = <O extends { readonly id: number }>(objects: readonly O[]): readonly O[] =>
    objects.filter(({ id }) => file.sees(id));
  const writeback = file.caps.has('writeback_connectors');
  const all = file.caps.has('universal_planes');
  const shown = seen(connectors).filter(({ is }) => is.writeback === undefined || writeback);
  return {
    crtcs: seen(crtcs).map(({ id }) => id),
    connectors: shown.map(({ id }) => id),
    encoders: shown.map(({ encoderId }) => encoderId),
    planes: seen(planes).flatMap(({ id, is: { type } }) => (type === 'Overlay' || all ? id : [])),
    fbs: file.framebuffers.ids,
    minWidth: is.minWidth,
    maxWidth: is.maxWidth,
    minHeight: is.minHeight,
    maxHeight: is.maxHeight,
  };
};

/** GETCONNECTOR; probing asks the hardware again. */
export const connectorOf = async (file: DrmFile, id: number, probe: boolean) => {
  const connector = file.object(id, Connector, 'connector');
  if (probe) await file.device.probe(connector);
  const { is, status, modes, encoderId, edid, state } = connector;
  const physical = { widthMm: edid?.widthMm ?? 0, heightMm: edid?.heightMm ?? 0 };
  return { id, name: is.name, type: is.type, status, modes, encoderId, crtcId: state.crtc?.id ?? 0, ...physical };
};

/** GETCRTC. */
export const crtcOf = (file: DrmFile, id: number) => {
  const { state, index, is } = file.object(id, Crtc, 'crtc');
  const primary = file.device.planes.find((plane) => plane.is.type === 'Primary' && plane.state.crtc?.id === id)?.state;
  return {
    ...{ id, index, active: state.active, mode: state.mode, gammaSize: is.gammaEntries ?? 0 },
    fbId: primary?.fb?.id ?? 0,
    x: (primary?.srcX ?? 0) / 65536,
    y: (primary?.srcY ?? 0) / 65536,
  };
};

/** GETPLANE. */
export const planeOf = (file: DrmFile, id: number) => {
  const { state, is } = file.object(id, Plane, 'plane');
  const { type, possibleCrtcs, formats } = is;
  return { id, type, possibleCrtcs, formats, crtcId: state.crtc?.id ?? 0, fbId: state.fb?.id ?? 0 };
};

/** OBJ_GETPROPERTIES: names and values; 0 as the kind means any. */
export const propertiesOf = (
  file: DrmFile,
  id: number,
  type: number,
): ReadonlyMap<string, { readonly id: number; readonly value: number }> => {
  const found = file.device.objects.find(id);
  if (found === undefined || !file.sees(id) || (type !== 0 && OBJECT_TYPE[found.kind] !== type))
    throw new LabError('ENOENT', `no object ${id} of that kind`);
  const seen = new Map<string, { readonly id: number; readonly value: number }>();
  const add = <S>(bindings: ReadonlyMap<number, Binding<S>>, state: S): void => {
    for (const { property, get } of bindings.values())
      if (!property.atomic || file.caps.has('atomic')) seen.set(property.name, { id: property.id, value: get(state) });
  };
  if (found instanceof Plane) add(found.bindings, found.state);
  else if (found instanceof Crtc) add(found.bindings, found.state);
  else if (found instanceof Connector) add(found.bindings, found.state);
  else throw new LabError('EINVAL', `${found.kind} ${id} has no properties`);
  return seen;
};

/** DRM_IOCTL_GET_CAP. EINVAL for one nobody knows. */
export const capabilityOf = ({ device: { is } }: DrmFile, name: string): number => {
  const known: Readonly<Record<string, number>> = {
    dumb_buffer: Number(is.dumb === true),
    vblank_high_crtc: 1,
    dumb_preferred_depth: 24,
    dumb_prefer_shadow: 0,
    prime: 0,
    timestamp_monotonic: 1,
    async_page_flip: Number(is.asyncFlip === true),
    cursor_width: is.cursorWidth,
    cursor_height: is.cursorHeight,
    addfb2_modifiers: Number(is.modifiers === true),
    page_flip_target: 0,
    crtc_in_vblank_event: 1,
    syncobj: 0,
    syncobj_timeline: 0,
    atomic_async_page_flip: Number(is.asyncFlip === true && is.atomic === true),
  };
  const value = Object.hasOwn(known, name) ? known[name] : undefined;
  if (value === undefined)
    throw new LabError('EINVAL', `no capability '${name}'; there is ${Object.keys(known).join(', ')}`);
  return value;
};
