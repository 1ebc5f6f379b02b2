/** The panel of a display, told apart from other panels, and what it says in words. */
import type { DeviceView, ModuleView } from '#bus/api.ts';
import type { DisplayPanel, PanelRect } from '#bus/display-panel.ts';

/** The panel of a display of this lab, or null when the device is another. */
export const displayPanel = ({ kind, panel }: Pick<DeviceView, 'kind' | 'panel'>): DisplayPanel | null =>
  kind === 'display' && typeof panel === 'object' && panel !== null
    ? (panel as DisplayPanel) // the wire: the lab's own inspect() of this kind
    : null;

export type PanelPlane = DisplayPanel['planes'][number];

/** `1920×1080`. */
export const sizeText = ({ width, height }: { readonly width: number; readonly height: number }): string =>
  `${width}×${height}`;

/** `60.00`, or nothing while there are no vertical blanks. */
export const refreshHz = ({ mode }: DisplayPanel): number | null =>
  mode === null || mode.frameNs === 0 ? null : 1e9 / mode.frameNs;

/** `1920×1080@60`. */
export const modeText = (panel: DisplayPanel): string => {
  const { mode } = panel;
  return mode === null ? 'no mode' : `${sizeText(mode)}@${Math.round(refreshHz(panel) ?? 0)}`;
};

export type Shows = 'picture' | 'off' | 'unplugged' | 'link-bad';

/** Whether a person in front of the monitor sees something, and if not why. */
export const showsOf = ({ mode, connector }: DisplayPanel): Shows => {
  if (!connector.connected) return 'unplugged';
  if (mode === null) return 'off';
  return connector.linkBad ? 'link-bad' : 'picture';
};

/** What a driver said before it went down for good; null while it lives. */
export const panicOf = (modules: readonly ModuleView[], device: string): string | null => {
  const dead = modules.find((module) => module.device === device && module.state === 'failed');
  const [, description] = /^Kernel panic: ([\s\S]*)$/.exec(dead?.error?.message ?? '') ?? [];
  return description ?? null;
};

export const PLANE_WORDS: Readonly<Record<string, string>> = {
  PRIMARY: 'primary',
  OVERLAY: 'overlay',
  CURSOR: 'cursor',
  DISPI: 'DISPI frame buffer',
};

export const planeName = (plane: string): string => PLANE_WORDS[plane] ?? plane.toLowerCase();

/** `r90, mirrored in x`; empty for a plane that stands as it lies in memory. */
export const turnText = ({ rotation, reflectX, reflectY }: PanelPlane): string =>
  [
    ...(rotation === 0 ? [] : [`${rotation}°`]),
    ...(reflectX ? ['mirrored in x'] : []),
    ...(reflectY ? ['mirrored in y'] : []),
  ].join(', ');

/** `2.00 × 2.00` for a plane that is scaled; empty for one that is not. */
export const scaleText = ({ source, target, rotation }: PanelPlane): string => {
  const turned = rotation === 90 || rotation === 270;
  const [w, h] = turned ? [source.height, source.width] : [source.width, source.height];
  if (w === target.width && h === target.height) return '';
  return `${(target.width / w).toFixed(2)} × ${(target.height / h).toFixed(2)}`;
};

const inside = ({ x, y, width, height }: PanelRect, px: number, py: number): boolean =>
  px >= x && py >= y && px < x + width && py < y + height;

/** The planes under a pixel of the screen, nearest first. */
export const planesAt = (planes: readonly PanelPlane[], x: number, y: number): readonly PanelPlane[] =>
  planes.filter(({ target }) => inside(target, x, y)).toReversed();

/** Where in a plane's own buffer a pixel of the screen comes from; fractions where it is scaled. */
export const sourcePoint = (plane: PanelPlane, x: number, y: number): { readonly x: number; readonly y: number } => {
  const { source, target, rotation, reflectX, reflectY } = plane;
  // from 0 to 1 on the screen, then back through the counter-clockwise turn, then through the reflection
  const u = (x + 0.5 - target.x) / target.width;
  const v = (y + 0.5 - target.y) / target.height;
  const [a, b] =
    rotation === 90 ? [1 - v, u] : rotation === 180 ? [1 - u, 1 - v] : rotation === 270 ? [v, 1 - u] : [u, v];
  const [sx, sy] = [reflectX ? 1 - a : a, reflectY ? 1 - b : b];
  return { x: source.x + sx * source.width, y: source.y + sy * source.height };
};
