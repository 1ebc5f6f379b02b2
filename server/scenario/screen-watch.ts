/** Looking at screens, panels, drawing programs and findings while a run goes on. */
import { LabError } from '#bus/errors.ts';
import { Display } from '#devices/display/display.ts';
import type { DrawWork } from './draw-work.ts';
import type { ScenarioEnv } from './env.ts';
import type { ScreenCondition } from './model.ts';
import { panelText } from './panel-fields.ts';
import { pictureCrc } from './pictures.ts';
import type { Recording } from './recording.ts';
import type { Watch } from './watch.ts';

export interface ScreenMarks {
  readonly record: number;
  /** Drawing that was begun under a name. */
  readonly drawn: ReadonlyMap<string, DrawWork>;
  /** CRCs of frames that were kept. */
  readonly kept: ReadonlyMap<string, number>;
  /** Vertical blanks each display had counted at the last action. */
  readonly vblanks: ReadonlyMap<string, number>;
}

export const watchScreen = (
  that: ScreenCondition,
  env: ScenarioEnv,
  recording: Recording,
  marks: ScreenMarks,
): Watch => {
  switch (that.kind) {
    case 'frame':
      return watchFrame(that, env, marks);
    case 'vblanks': {
      const count = () => displayOf(env, that.device).inspect().vblank.count - (marks.vblanks.get(that.device) ?? 0);
      return { holds: () => within(that, count()), found: () => `${count()} vertical blanks`, used: {} };
    }
    case 'draw': {
      const work = marks.drawn.get(that.name);
      return { holds: () => work?.held(that.error) === true, found: () => work?.found ?? 'not begun', used: {} };
    }
    case 'frames':
    case 'missed': {
      const work = marks.drawn.get(that.name);
      return {
        holds: () => work !== undefined && within(that, work[that.kind]),
        found: () => work?.found ?? 'not begun',
        used: {},
      };
    }
    case 'panel': {
      const text = () => panelText(env.device(that.device).device.inspect(), that.fields);
      const name = that.fields.join('.');
      return {
        holds: () => text() === that.is,
        found: () => (text() === undefined ? `no ${name}` : `${name} is '${text()}'`),
        used: {},
      };
    }
    case 'finding':
      return watchFinding(that, recording, marks.record);
  }
};

/** The display of that name; EOPNOTSUPP for another kind of device. */
export const displayOf = (env: ScenarioEnv, name: string): Display => {
  const { device } = env.device(name);
  if (device instanceof Display) return device;
  throw new LabError('EOPNOTSUPP', `${name} is a ${device.kind} and shows no frames`);
};

type Of<K extends ScreenCondition['kind']> = Extract<ScreenCondition, { kind: K }>;

const watchFrame = (that: Of<'frame'>, env: ScenarioEnv, marks: ScreenMarks): Watch => {
  const display = () => displayOf(env, that.device);
  const size = (): string => {
    const { width, height } = display().scene;
    return width === 0 ? 'off' : `${width}x${height}`;
  };
  const wanted = (): number | null => {
    const { width, height } = display().scene;
    if (that.shows !== null) return pictureCrc(that.shows, width, height);
    return that.crc ?? marks.kept.get(that.like ?? that.unlike ?? '') ?? null;
  };
  return {
    holds() {
      if (that.size !== null) return size() === that.size;
      if (size() === 'off') return false;
      return (display().frameCrc() === wanted()) === (that.unlike === null);
    },
    found() {
      if (that.size !== null || size() === 'off') return size() === 'off' ? 'the screen off' : `a frame of ${size()}`;
      const should = that.shows === null ? '' : `, ${that.shows} has ${hex(wanted() ?? 0)}`;
      return `a frame of ${size()} with CRC ${hex(display().frameCrc())}${should}`;
    },
    used: {},
  };
};

const watchFinding = (that: Of<'finding'>, recording: Recording, from: number): Watch => {
  const used: { record?: number } = {};
  let next = from;
  let last: string | undefined;
  return {
    holds() {
      for (; next < recording.count; next++) {
        const record = recording.at(next);
        if (!recording.isMisuse(record)) continue;
        const text = `${recording.requester(record)} on ${recording.device(record)}: ${recording.text(record)}`;
        last = text;
        if (!that.pattern.test(text)) continue;
        used.record = next + 1;
        return true;
      }
      return false;
    },
    found: () => (last === undefined ? 'no finding' : `'${last}' as the last finding`),
    used,
  };
};

const within = ({ min, max }: { readonly min: number; readonly max: number }, count: number): boolean =>
  count >= min && count <= max;

const hex = (value: number): string => `${value.toString(16).toUpperCase().padStart(8, '0')}h`;
