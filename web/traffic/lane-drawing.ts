/** The lanes on a canvas: bars, ticks, lines and boxes in the colours of the theme. */
import { axisStep, type Box, type Lanes } from './lane-model.ts';
import type { Mark, Marks } from './markers.ts';

export const LANE_NAMES = ['accesses', 'interrupts', 'link', 'faults', 'scenario'] as const;
export const LANE_HEIGHT = [24, 22, 22, 22, 22] as const;
/** Room for the flags of the marks above the lanes, and for the axis below. */
export const LANES_TOP = 15;
const AXIS = 16;
export const LANES_PX = LANES_TOP + LANE_HEIGHT.reduce((sum, height) => sum + height, 0) + AXIS;

export interface Overlay {
  readonly marks: Marks;
  readonly selectedTime: number | null;
  readonly empty: boolean;
}

/** Draws at the width given and the height the lanes need, sharp on any screen. */
export const drawLanes = (canvas: HTMLCanvasElement, width: number, lanes: Lanes, overlay: Overlay): void => {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(LANES_PX * ratio);
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const style = getComputedStyle(canvas);
  const colours = new Map<string, string>();
  const colour = (token: string): string => {
    const known = colours.get(token);
    if (known !== undefined) return known;
    const asked = style.getPropertyValue(`--${token}`).trim();
    colours.set(token, asked);
    return asked;
  };
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = `11px ${colour('font-ui')}`;
  pen.textBaseline = 'middle';
  new Drawing(pen, width, lanes, colour).all(overlay);
};

class Drawing {
  readonly #pen: CanvasRenderingContext2D;
  readonly #width: number;
  readonly #lanes: Lanes;
  readonly #colour: (token: string) => string;
  #labelled = 0;

  constructor(pen: CanvasRenderingContext2D, width: number, lanes: Lanes, colour: (token: string) => string) {
    this.#pen = pen;
    this.#width = width;
    this.#lanes = lanes;
    this.#colour = colour;
  }

  all({ marks, selectedTime, empty }: Overlay): void {
    this.#ground();
    if (empty) return;
    this.#accesses();
    this.#interrupts();
    this.#link();
    for (const box of this.#lanes.faults) this.#box(box, 3, 'fault-soft', 'fault', true);
    this.#labelled = 0;
    for (const box of this.#lanes.notes) this.#box(box, 4, 'scene-soft', 'scene', false);
    this.#axis();
    if (selectedTime !== null) this.#line(selectedTime, 'accent', []);
    if (marks.a !== null) this.#flag(marks.a, 'A');
    if (marks.b !== null) this.#flag(marks.b, 'B');
  }

  #x(time: number): number {
    const { from, to } = this.#lanes;
    return ((time - from) / (to - from)) * this.#width;
  }

  #lane(index: number): { readonly top: number; readonly height: number } {
    const top = LANES_TOP + LANE_HEIGHT.slice(0, index).reduce((sum, height) => sum + height, 0);
    return { top, height: LANE_HEIGHT[index] ?? 22 };
  }

  #ground(): void {
    this.#pen.fillStyle = this.#colour('well');
    this.#pen.fillRect(0, LANES_TOP, this.#width, LANES_PX - LANES_TOP - AXIS);
    this.#pen.fillStyle = this.#colour('line');
    for (let i = 1; i < LANE_NAMES.length; i++) this.#pen.fillRect(0, this.#lane(i).top, this.#width, 1);
  }

  /** Root scale: one access is still seen beside a thousand. */
  #accesses(): void {
    const { reads, writes, peak } = this.#lanes;
    const { top, height } = this.#lane(0);
    const each = this.#width / reads.length;
    const wide = Math.max(1, each - 1);
    const [bars, written] = [new Path2D(), new Path2D()];
    for (let bin = 0; bin < reads.length; bin++) {
      const all = reads[bin]! + writes[bin]!;
      if (all === 0) continue;
      const tall = Math.max(3, Math.sqrt(all / peak) * (height - 4));
      const below = tall * (writes[bin]! / all);
      bars.rect(bin * each, top + height - tall, wide, tall - below);
      if (below > 0) written.rect(bin * each, top + height - below, wide, below);
    }
    this.#pen.fillStyle = this.#colour('write-fill');
    this.#pen.fill(written);
    this.#pen.fillStyle = this.#colour('read-fill');
    this.#pen.fill(bars);
  }

  #interrupts(): void {
    const { top, height } = this.#lane(1);
    let free = 0;
    const ticks = this.#lanes.interrupts;
    for (const [i, { time, text }] of ticks.entries()) {
      const x = this.#x(time);
      this.#pen.fillStyle = this.#colour('irq');
      this.#pen.fillRect(x, top + 4, 2, height - 8);
      const room = this.#x(ticks[i + 1]?.time ?? Number.POSITIVE_INFINITY) - x;
      if (x < free || room < 12 + this.#pen.measureText(text).width) continue;
      free = x + 6 + this.#text(text, x + 6, top + height / 2, 'ink-2', this.#width - x) + 8;
    }
  }

  /** One line a device, one under the other. */
  #link(): void {
    const lane = this.#lane(2);
    const devices = [...new Set(this.#lanes.link.map(({ device }) => device))];
    const height = lane.height / Math.max(1, devices.length);
    for (const { from, to, up, text, device } of this.#lanes.link) {
      const top = lane.top + devices.indexOf(device) * height;
      const [left, right] = [Math.max(0, this.#x(from)), Math.min(this.#width, this.#x(to ?? this.#lanes.to))];
      this.#pen.fillStyle = this.#colour(up ? 'ok' : 'ink-2');
      this.#pen.fillRect(left, up ? top + 3 : top + height - 3, Math.max(1, right - left), 2);
      if (left > 0) this.#pen.fillRect(left, top + 3, 1, height - 4);
      if (devices.length === 1) this.#text(text, left + 5, top + height / 2, up ? 'ok' : 'ink-2', right - left - 8);
    }
    if (devices.length > 1)
      devices.forEach((device, i) => void this.#text(device, 4, lane.top + (i + 0.55) * height, 'ink-2', 60));
  }

  #box({ from, to, text }: Box, lane: number, fill: string, edge: string, dashed: boolean): void {
    const { top, height } = this.#lane(lane);
    const [left, right] = [Math.max(-2, this.#x(from)), Math.min(this.#width + 2, this.#x(to ?? this.#lanes.to))];
    const wide = Math.max(3, right - left);
    this.#pen.fillStyle = this.#colour(fill);
    this.#pen.fillRect(left, top + 4, wide, height - 8);
    this.#pen.strokeStyle = this.#colour(edge);
    this.#pen.setLineDash(dashed && to === null ? [3, 2] : []);
    this.#pen.strokeRect(Math.round(left) + 0.5, top + 4.5, Math.round(wide), height - 9);
    this.#pen.setLineDash([]);
    const begin = Math.max(0, left) + 6;
    // boxes may lie over each other; a label is not written over another
    if (begin < this.#labelled) return;
    const written = this.#text(text, begin, top + height / 2, 'ink', right - begin - 4);
    if (written > 0) this.#labelled = begin + written + 6;
  }

  /** Writes what fits and returns how wide it came. */
  #text(text: string, x: number, y: number, colour: string, room: number): number {
    const wide = this.#pen.measureText(text).width;
    const fits = wide <= room ? text : this.#shortened(text, room);
    if (fits === '') return 0;
    this.#pen.fillStyle = this.#colour(colour);
    this.#pen.fillText(fits, x, y);
    return Math.min(wide, room);
  }

  #shortened(text: string, room: number): string {
    if (room < 24) return '';
    let length = Math.floor(text.length * (room / this.#pen.measureText(text).width)) - 1;
    while (length > 0 && this.#pen.measureText(`${text.slice(0, length)}…`).width > room) length--;
    return length < 2 ? '' : `${text.slice(0, length)}…`;
  }

  #axis(): void {
    const { from, to } = this.#lanes;
    const step = axisStep(this.#lanes, Math.max(2, this.#width / 90));
    const places = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / 1e9))));
    this.#pen.font = `11px ${this.#colour('font-mono')}`;
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const label = `${(time / 1e9).toFixed(places)}${time === Math.ceil(from / step) * step ? ' s' : ''}`;
      const wide = this.#pen.measureText(label).width;
      const x = Math.min(this.#width - wide, Math.max(0, this.#x(time) - wide / 2));
      this.#pen.fillStyle = this.#colour('line-2');
      this.#pen.fillRect(this.#x(time), LANES_PX - AXIS, 1, 3);
      this.#pen.fillStyle = this.#colour('ink-3');
      this.#pen.fillText(label, x, LANES_PX - 6);
    }
    this.#pen.font = `11px ${this.#colour('font-ui')}`;
  }

  #line(time: number, colour: string, dash: number[]): void {
    const x = Math.round(this.#x(time)) + 0.5;
    if (x < 0 || x > this.#width) return;
    this.#pen.strokeStyle = this.#colour(colour);
    this.#pen.setLineDash(dash);
    this.#pen.beginPath();
    this.#pen.moveTo(x, LANES_TOP);
    this.#pen.lineTo(x, LANES_PX - AXIS);
    this.#pen.stroke();
    this.#pen.setLineDash([]);
  }

  #flag({ time }: Mark, name: string): void {
    const x = this.#x(time);
    if (x < 0 || x > this.#width) return;
    this.#line(time, 'accent', [2, 2]);
    const left = Math.min(this.#width - 14, Math.max(0, x - 7));
    this.#pen.fillStyle = this.#colour('accent');
    this.#pen.fillRect(left, 0, 14, 14);
    this.#pen.fillStyle = this.#colour('on-accent');
    this.#pen.font = `700 11px ${this.#colour('font-ui')}`;
    this.#pen.fillText(name, left + 3, 7.5);
    this.#pen.font = `11px ${this.#colour('font-ui')}`;
  }
}
