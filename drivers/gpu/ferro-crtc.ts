/** The scanout of the virtual display as the DRM core sees it: mode, gamma table, variable rate, flips, vertical blanks. */
import type { MmioPort } from '#bus/mmio.ts';
import { DISPLAY, DISPLAY_MOST_PIXELS, GAMMA_BYTES, GAMMA_ENTRIES, GAMMA_SPAN } from '#datasheets/display.ts';
import type { DrmDevice } from './drm-device.ts';
import type { FerroHardware } from './ferro-hardware.ts';
import type { CrtcState } from './kms-state.ts';
import type { Mode } from './modes.ts';
import type { Connector, Crtc } from './pipeline.ts';

const MOST_TOTAL = 0xffff;
const BLOB_ENTRY_BYTES = 8;
const TABLE_ENTRY_BYTES = GAMMA_BYTES / GAMMA_ENTRIES;

/** `connector` is asked for the rates of the monitor when a mode is set. */
export const addCrtc = (
  device: DrmDevice,
  port: MmioPort,
  hardware: FerroHardware,
  connector: () => Connector,
): Crtc => {
  const loadGamma = async ({ gammaLut }: CrtcState, old: CrtcState | undefined): Promise<void> => {
    if (gammaLut !== null && gammaLut !== old?.gammaLut)
      await port.writeSpan(GAMMA_SPAN, 0, gammaTable(gammaLut.bytes));
  };
  const setVrrRange = async (): Promise<void> => {
    const { edid, vrrCapable } = connector();
    const range = edid?.refreshHz;
    if (range != null && vrrCapable) await hardware.write(DISPLAY.VRR_RANGE, { MIN_HZ: range.min, MAX_HZ: range.max });
  };
  return device.addCrtc(() => ({
    gammaEntries: GAMMA_ENTRIES,
    vrr: true,
    background: true,
    funcs: {
      modeValid: tooLarge,
      atomicEnable: async (now) => {
        await loadGamma(now, undefined);
        await setVrrRange();
        if (now.mode !== null) await hardware.start(now.mode, controlOf(now));
      },
      atomicDisable: () => hardware.stop(),
      atomicFlush: async (now, old, async) => {
        await loadGamma(now, old);
        const [is, was] = [controlOf(now), controlOf(old)];
        const control = is.gamma !== was.gamma || is.vrr !== was.vrr ? is : undefined;
        if (now.mode !== null) await hardware.flip(now.mode, now.background, control, async);
        return async ? 'done' : 'flip-done-follows';
      },
      enableVblank: () => hardware.enableInterrupts(true),
      disableVblank: () => hardware.enableInterrupts(false),
      queryVblank: () => hardware.vblank(),
    },
  }));
};

const controlOf = ({ gammaLut, vrrEnabled }: CrtcState) => ({ gamma: gammaLut !== null, vrr: vrrEnabled });

/** Entries of a GAMMA_LUT blob have four words, those of the hardware three. */
const gammaTable = (blob: Uint8Array): Uint8Array => {
  const table = new Uint8Array(GAMMA_BYTES);
  for (let i = 0; i < GAMMA_ENTRIES; i++) {
    const from = i * BLOB_ENTRY_BYTES;
    table.set(blob.subarray(from, from + TABLE_ENTRY_BYTES), i * TABLE_ENTRY_BYTES);
  }
  return table;
};

const tooLarge = ({ hdisplay, vdisplay, htotal, vtotal }: Mode): string | undefined =>
  hdisplay > DISPLAY_MOST_PIXELS || vdisplay > DISPLAY_MOST_PIXELS || htotal > MOST_TOTAL || vtotal > MOST_TOTAL
    ? `${hdisplay}x${vdisplay} is larger than ${DISPLAY_MOST_PIXELS}`
    : undefined;
