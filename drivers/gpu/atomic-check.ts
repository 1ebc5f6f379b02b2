/** Is this whole state legal: the checks of the core and of its helpers, in their order (drm_atomic.c, drm_atomic_helper.c). */
import { LabError } from '#bus/errors.ts';
import type { AtomicState, Change } from './atomic-state.ts';
import { decodeClips } from './damage.ts';
import { printFourcc } from './fourcc.ts';
import { type ConnectorState, type CrtcState, type PlaneState, ROTATION } from './kms-state.ts';
import { sameTimings } from './modes.ts';
import { type Connector, type Crtc, Encoder, type Plane } from './pipeline.ts';
import { intersect, rectAt } from './rect.ts';

const INT_MAX = 0x7fffffff;
const invalid = (text: string): LabError => new LabError('EINVAL', text);

/** Throws the errno of the first thing wrong. `wantsEvent` tells which CRTCs an event or a fence was asked of. */
export const checkAtomic = (atomic: AtomicState, wantsEvent: (crtc: Crtc) => boolean = () => false): void => {
  for (const change of atomic.planes.values()) checkPlane(change);
  for (const change of atomic.crtcs.values()) checkCrtc(change, wantsEvent(change.object));
  for (const change of atomic.connectors.values()) checkConnector(change, atomic);
  checkModeset(atomic);
  checkZpos(atomic);
  for (const { object, now } of atomic.planes.values()) {
    checkPlaced(object, now, atomic);
    object.is.funcs.atomicCheck?.(now, atomic);
  }
  for (const { object, now } of atomic.crtcs.values()) if (now.enable) object.is.funcs.atomicCheck?.(now, atomic);
  for (const { object, now } of atomic.connectors.values()) object.is.funcs.atomicCheck?.(now, atomic);
  if (atomic.allowModeset) return;
  for (const { object, now } of atomic.crtcs.values())
    if (atomic.needsModeset(now)) throw invalid(`CRTC ${object.id} needs a full modeset; ALLOW_MODESET is not given`);
};

const checkPlane = ({ object: { id, formats, is }, old, now }: Change<Plane, PlaneState>): void => {
  const { crtc, fb } = now;
  if (crtc !== null && fb === null) throw invalid(`plane ${id} has a CRTC and no framebuffer`);
  if (fb !== null && crtc === null) throw invalid(`plane ${id} has a framebuffer and no CRTC`);
  if (crtc === null || fb === null) return;
  if (((is.possibleCrtcs >> crtc.index) & 1) === 0) throw invalid(`plane ${id} cannot be on CRTC ${crtc.id}`);
  if (!formats.has(fb.format.code)) throw invalid(`plane ${id} does not take ${printFourcc(fb.format.code)}`);
  const { crtcX, crtcY, crtcW, crtcH, srcX, srcY, srcW, srcH } = now;
  if (crtcW > INT_MAX || crtcH > INT_MAX || crtcX + crtcW > INT_MAX || crtcY + crtcH > INT_MAX)
    throw new LabError('ERANGE', `plane ${id}: ${crtcW}x${crtcH}+${crtcX}+${crtcY} leaves the range of coordinates`);
  if (srcX + srcW > fb.width * 65536 || srcY + srcH > fb.height * 65536)
    throw new LabError(
      'ENOSPC',
      `plane ${id}: source ${srcW / 65536}x${srcH / 65536}+${srcX / 65536}+${srcY / 65536} is not inside ${fb.width}x${fb.height}`,
    );
  for (const { x1, y1, x2, y2 } of now.damageClips === null ? [] : decodeClips(now.damageClips.bytes))
    if (x1 < 0 || y1 < 0 || x1 >= x2 || y1 >= y2 || x2 > fb.width * 65536 || y2 > fb.height * 65536)
      throw invalid(`plane ${id}: damage clip ${x1},${y1} to ${x2},${y2}`);
  if (old.crtc !== null && old.crtc !== crtc) throw invalid(`plane ${id} cannot go straight to another CRTC`);
};

const checkCrtc = ({ object: { id }, old, now }: Change<Crtc, CrtcState>, wantsEvent: boolean): void => {
  if (now.active && !now.enable) throw invalid(`CRTC ${id} is to be active and has no mode`);
  if (wantsEvent && !now.active && !old.active) throw invalid(`an event of CRTC ${id}, which is off and stays off`);
};

const checkConnector = ({ object, now }: Change<Connector, ConnectorState>, atomic: AtomicState): void => {
  const { crtc, writebackFb } = now;
  if (object.is.writeback === undefined) return;
  if (writebackFb === null) {
    if (now.writebackFenceAt !== 0) throw invalid(`writeback ${object.id}: a fence without a framebuffer`);
    return;
  }
  if (crtc === null) throw invalid(`writeback ${object.id} has a framebuffer and no CRTC`);
  const { active, mode } = atomic.crtc(crtc);
  if (!active || mode === null) throw invalid(`writeback ${object.id}: CRTC ${crtc.id} is not active`);
  if (!object.is.writeback.includes(writebackFb.format.code))
    throw invalid(`writeback ${object.id} does not take ${printFourcc(writebackFb.format.code)}`);
  if (writebackFb.width !== mode.hdisplay || writebackFb.height !== mode.vdisplay)
    throw invalid(
      `writeback of ${mode.hdisplay}x${mode.vdisplay} into a framebuffer of ${writebackFb.width}x${writebackFb.height}`,
    );
};

/** drm_atomic_helper_check_modeset. */
const checkModeset = (atomic: AtomicState): void => {
  const { connectors, planes, objects } = atomic.device;
  for (const { old, now } of atomic.crtcs.values()) {
    now.modeChanged ||=
      old.enable !== now.enable ||
      (old.mode !== now.mode && (old.mode === null || now.mode === null || !sameTimings(old.mode, now.mode)));
    now.activeChanged = old.active !== now.active;
  }
  for (const { object, old, now } of atomic.connectors.values()) {
    if (old.crtc !== now.crtc || old.linkStatus !== now.linkStatus)
      for (const crtc of [old.crtc, now.crtc]) if (crtc !== null) atomic.crtc(crtc).connectorsChanged = true;
    const encoder = objects.find(object.encoderId);
    if (now.crtc === null || !(encoder instanceof Encoder)) continue;
    if (((encoder.possibleCrtcs >> now.crtc.index) & 1) === 0)
      throw invalid(`connector ${object.id} cannot be on CRTC ${now.crtc.id}`);
  }
  for (const { object: crtc, now } of [...atomic.crtcs.values()]) {
    const mine = connectors.filter((connector) => atomic.connectorAfter(connector).crtc === crtc);
    if (now.enable !== mine.length > 0)
      throw invalid(
        now.enable ? `CRTC ${crtc.id} has a mode and no connector` : `CRTC ${crtc.id} has a connector and no mode`,
      );
    if (!atomic.needsModeset(now)) continue;
    const { mode } = now;
    for (const connector of mine) {
      const problem = mode === null ? undefined : connector.is.funcs.modeValid?.(mode);
      if (problem !== undefined) throw invalid(`connector ${connector.id}: mode ${mode?.name}: ${problem}`);
      atomic.connector(connector);
    }
    for (const plane of planes) if (atomic.planeAfter(plane).crtc === crtc) keepContent(atomic, plane);
  }
};

/** A plane that comes along with a modeset keeps what it shows. */
const keepContent = (atomic: AtomicState, plane: Plane): void => void atomic.plane(plane);

/** Two planes of one CRTC at the same height would be in no order; the id decides, which is what the kernel does too. */
const checkZpos = (atomic: AtomicState): void => {
  for (const { object, now } of atomic.planes.values()) {
    const { zpos } = object.is;
    if (zpos !== undefined && (now.zpos < zpos.min || now.zpos > zpos.max))
      throw invalid(`plane ${object.id}: zpos ${now.zpos}; it takes ${zpos.min} to ${zpos.max}`);
  }
};

/** drm_atomic_helper_check_plane_state: what of it lies on the screen, and whether it may lie so. */
const checkPlaced = ({ id, is }: Plane, now: PlaneState, atomic: AtomicState): void => {
  now.visible = false;
  const { crtc, fb, rotation } = now;
  if (crtc === null || fb === null) return;
  const { enable, active, mode } = atomic.crtc(crtc);
  if (!enable || mode === null) throw invalid(`plane ${id} on CRTC ${crtc.id}, which has no mode`);
  const turned = (rotation & (ROTATION.rotate90 | ROTATION.rotate270)) !== 0;
  const [across, down] = turned ? [now.srcH, now.srcW] : [now.srcW, now.srcH];
  for (const [source, shown] of [
    [across, now.crtcW],
    [down, now.crtcH],
  ] as const) {
    if (shown === 0) continue;
    const factor = Math.floor(source / shown);
    if (factor < is.scaling.min || factor > is.scaling.max)
      throw new LabError('ERANGE', `plane ${id}: scaling by ${factor / 65536}; this plane does ${printScaling(is)}`);
  }
  const screen = rectAt(0, 0, mode.hdisplay, mode.vdisplay);
  const shown = intersect(rectAt(now.crtcX, now.crtcY, now.crtcW, now.crtcH), screen);
  const covers =
    shown !== undefined && now.crtcX <= 0 && now.crtcY <= 0 && shown.x2 === mode.hdisplay && shown.y2 === mode.vdisplay;
  if (!is.canPosition && !covers) throw invalid(`plane ${id} must cover CRTC ${crtc.id}`);
  now.visible = active && shown !== undefined && now.srcW > 0 && now.srcH > 0;
};

const printScaling = ({ scaling: { min, max } }: Plane['is']): string =>
  min === max ? 'none' : `${min / 65536} to ${max / 65536}`;
