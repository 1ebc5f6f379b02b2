/** Scenes from registers: of the extension, and of the compatible half. */
import { DISPLAY } from '#datasheets/display.ts';
import { decode } from '#regmap/codec.ts';
import { NO_SCENE, type Scene } from './compositor.ts';
import type { GammaTables } from './gamma.ts';
import { dispiLayer, type Findings, type Levels, layersOf, type Mode } from './scanout.ts';

export interface SceneAndFindings {
  readonly scene: Scene;
  readonly findings: Findings;
}

/** `starved`: per cent of the lines that memory is quick enough for; undefined: all. */
export const ferroScene = (
  { width, height }: Mode,
  levels: Levels,
  memoryBytes: number,
  gammaTables: () => GammaTables,
  starved: number | undefined,
): SceneAndFindings => {
  const { layers, findings } = layersOf(levels, memoryBytes);
  const { GREEN, BLUE } = decode(DISPLAY.BACKGROUND_GB, levels(DISPLAY.BACKGROUND_GB.at));
  const { RED } = decode(DISPLAY.BACKGROUND_R, levels(DISPLAY.BACKGROUND_R.at));
  const { GAMMA } = decode(DISPLAY.CRTC_CTRL, levels(DISPLAY.CRTC_CTRL.at));
  const gamma = GAMMA ? gammaTables() : null;
  const starvedFrom = starvedLine(height, starved);
  return { scene: { width, height, layers, background: [RED, GREEN, BLUE], gamma, starvedFrom }, findings };
};

export const dispiScene = (levels: Levels, memoryBytes: number, starved: number | undefined): SceneAndFindings => {
  const layer = dispiLayer(levels);
  if (layer === undefined) return { scene: NO_SCENE, findings: {} };
  const { width, height } = layer.target;
  const end = layer.bases[0]! + height * layer.pitches[0]!;
  return {
    scene: { ...NO_SCENE, width, height, layers: [layer], starvedFrom: starvedLine(height, starved) },
    findings: end > memoryBytes ? { BASE_BEYOND_VRAM: true } : {},
  };
};

const starvedLine = (height: number, percent: number | undefined): number =>
  percent === undefined ? Number.POSITIVE_INFINITY : Math.floor((height * percent) / 100);
