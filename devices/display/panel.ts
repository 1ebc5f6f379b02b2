/** The display's panel, from its parts. */
import type { DisplayPanel } from '#bus/display-panel.ts';
import { COMPAT_FRAME_NS, type DISPLAY } from '#datasheets/display.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { Scene } from './compositor.ts';
import type { Connector } from './connector.ts';
import type { Mode } from './scanout.ts';
import type { Blank } from './vblank.ts';

export interface PanelParts {
  readonly now: number;
  readonly regs: RegisterFile<typeof DISPLAY>;
  readonly mode: Mode | undefined;
  readonly scene: Scene;
  readonly blank: Blank;
  readonly running: boolean;
  readonly connector: Connector;
  readonly asserted: boolean;
  readonly vramBytes: number;
}

export const panel = (parts: PanelParts): DisplayPanel => {
  const { now, regs, mode, scene, blank, running, connector, asserted, vramBytes } = parts;
  const { width, height, layers, gamma } = scene;
  const crc = regs.peek('FRAME_CRC').VALUE;
  return {
    at: now,
    mode: width === 0 ? null : { width, height, frameNs: mode?.frameNs ?? COMPAT_FRAME_NS },
    half: mode !== undefined ? 'ferro' : width === 0 ? 'off' : 'dispi',
    planes: layers.map(({ plane, format, source, target, zpos, alpha, blend, rotation, reflectX, reflectY }) => ({
      plane,
      format: format.name,
      source,
      target,
      zpos,
      alpha,
      blend,
      rotation,
      reflectX,
      reflectY,
    })),
    vblank: { count: blank.count, atNs: blank.at, running },
    flip: { pending: regs.peek('FLIP_STATUS').PENDING, done: regs.peek('FLIP_COUNT').VALUE },
    connector: {
      connected: connector.connected,
      linkBad: connector.linkBad,
      monitor: connector.monitor,
      edid: [...connector.edid()].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    },
    crc: crc === 0 ? null : crc,
    interrupt: { asserted, status: setIn(regs.peek('INT_STATUS')), enabled: setIn(regs.peek('INT_ENABLE')) },
    findings: setIn(regs.peek('FINDING')),
    gamma: gamma !== null,
    vrr: regs.peek('CRTC_CTRL').VRR,
    vramBytes,
  };
};

const setIn = (flags: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(flags).flatMap(([name, set]) => (set ? [name] : []));
