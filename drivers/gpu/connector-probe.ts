/** Asking a connector: is something plugged in, what does its EDID say, which modes can be used (drm_probe_helper.c). */
import { asLabError } from '#bus/errors.ts';
import { createBlob } from './blob.ts';
import type { DrmDevice } from './drm-device.ts';
import { type Edid, parseEdid } from './edid.ts';
import { cvtReduced, DMT } from './mode-list.ts';
import { MODE_TYPE, type Mode, modeProblem } from './modes.ts';
import type { Connector } from './pipeline.ts';

/** True when its status or its EDID is another than before. */
export const probeConnector = async (device: DrmDevice, connector: Connector): Promise<boolean> => {
  const { is, status: statusBefore, edidBlob: blobBefore } = connector;
  const { funcs } = is;
  const { pr } = device.kernel;
  const where = `[CONNECTOR:${connector.id}:${is.name}]`;
  const status = await funcs.detect();
  const raw = status === 'connected' ? await funcs.readEdid?.() : undefined;
  const edid = raw === undefined ? undefined : readEdid(raw, (line) => pr.warning(`${where} ${line}`));
  const bytes = edid?.bytes ?? NO_BYTES;
  const changed = !sameBytes(bytes, blobBefore?.bytes ?? NO_BYTES);
  if (changed) {
    connector.edidBlob = bytes.length === 0 ? null : createBlob(device.objects, bytes);
    blobBefore?.put();
  }
  connector.status = status;
  connector.edid = edid;
  connector.vrrCapable = edid?.refreshHz != null && edid.continuous && edid.refreshHz.max > edid.refreshHz.min;
  connector.modes = status === 'disconnected' ? [] : usable(device, connector, edid?.modes ?? genericModes(connector));
  if (status !== statusBefore && statusBefore !== 'unknown') pr.info(`${where} ${statusBefore} -> ${status}`);
  return statusBefore !== 'unknown' && (status !== statusBefore || changed);
};

const NO_BYTES = new Uint8Array();

const readEdid = (raw: Uint8Array, warn: (line: string) => void): Edid | undefined => {
  try {
    const edid = parseEdid(raw);
    for (const line of edid.warnings) warn(line);
    return edid;
  } catch (thrown) {
    warn(`EDID is refused: ${asLabError(thrown).message}`);
    return undefined;
  }
};

/** drm_add_modes_noedid, the one asked for first. */
const genericModes = ({ is: { generic } }: Connector): readonly Mode[] => {
  if (generic === undefined) return [];
  const { width, height, preferred } = generic;
  const fits = DMT.filter(({ hdisplay, vdisplay }) => hdisplay <= width && vdisplay <= height);
  const first =
    fits.find(({ hdisplay, vdisplay }) => hdisplay === preferred[0] && vdisplay === preferred[1]) ??
    cvtReduced(preferred[0], preferred[1], 60);
  return [{ ...first, type: MODE_TYPE.DRIVER | MODE_TYPE.PREFERRED }, ...fits.filter((one) => one !== first)];
};

const usable = ({ is, crtcs }: DrmDevice, connector: Connector, modes: readonly Mode[]): readonly Mode[] =>
  modes.filter(
    (mode) =>
      mode.hdisplay <= is.maxWidth &&
      mode.vdisplay <= is.maxHeight &&
      modeProblem(mode) === undefined &&
      connector.is.funcs.modeValid?.(mode) === undefined &&
      crtcs.some((crtc) => crtc.is.funcs.modeValid?.(mode) === undefined),
  );

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
