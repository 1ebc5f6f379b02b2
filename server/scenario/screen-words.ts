/** Looks at screens in words. */
import type { ScreenCondition } from './model.ts';

export const screenText = (that: ScreenCondition): string => {
  switch (that.kind) {
    case 'frame':
      return `${that.device} to show ${frameText(that)}`;
    case 'vblanks':
      return `${limitsText(that)} vertical blanks of ${that.device}`;
    case 'draw':
      return `${that.name} to end ${that.error === null ? 'well' : `with ${that.error}`}`;
    case 'frames':
      return `${limitsText(that)} frames of ${that.name}`;
    case 'missed':
      return `${limitsText(that)} vblanks missed by ${that.name}`;
    case 'panel':
      return `${that.device} ${that.fields.join('.')} '${that.is}'`;
    case 'finding':
      return `a finding /${that.pattern.source}/`;
  }
};

const frameText = ({ shows, crc, size, like, unlike }: Extract<ScreenCondition, { kind: 'frame' }>): string => {
  if (shows !== null) return shows;
  if (crc !== null) return `a frame with CRC ${crc.toString(16).toUpperCase().padStart(8, '0')}h`;
  if (size !== null) return size === 'off' ? 'nothing' : `a frame of ${size}`;
  return like === null ? `another frame than ${unlike}` : `the frame ${like}`;
};

const limitsText = ({ min, max }: { readonly min: number; readonly max: number }): string => {
  if (min === max) return `${min}`;
  if (max === Number.POSITIVE_INFINITY) return `at least ${min}`;
  return min === 0 ? `at most ${max}` : `${min} to ${max}`;
};
