/** What `export --frames` does: the pictures of a recording as PNG files, each held against the CRC that was recorded of its frame. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { asLabError, LabError } from '#bus/errors.ts';
import type { RecordedSection } from '#recording/decode.ts';
import { type FrameEvent, isEvent } from '#recording/format.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { crcOfPicture } from '#server/recording/picture-check.ts';
import { print, printJson, stamp } from './print.ts';
import { titleOf, warn } from './recording-file.ts';

export interface ExportedFrame {
  readonly section: string;
  readonly device: string;
  readonly time_s: number;
  readonly width: number;
  readonly height: number;
  readonly crc: string;
  /** Null: only the CRC was recorded, or the screen was dark. */
  readonly file: string | null;
  /** The picture has the CRC that was recorded; null where there is no picture. */
  readonly verified: boolean | null;
  /** Why it is not the same. */
  readonly note: string | null;
}

export const exportFrames = (
  path: string,
  sections: readonly RecordedSection[],
  folder: string,
  json: boolean,
): void => {
  const frames = sections.flatMap((section, nth) =>
    section.events.flatMap(({ event }) => (isEvent(event, 'frame') ? [{ section, nth, event }] : [])),
  );
  if (frames.length === 0) throw new LabError('EINVAL', `${path} holds no frames: no display was recorded with it`);
  make(folder);
  const written = new Map<string, string>();
  const rows = frames.map(({ section, nth, event }) => {
    const file = section.pictures.get(event.picture ?? -1);
    const base = { section: titleOf(section), device: event.device, time_s: event.time / 1e9, ...sizes(event) };
    if (file === undefined) return { ...base, file: null, verified: null, note: noPicture(event) };
    const name = nameOf(event, sections.length > 1 ? nth + 1 : undefined);
    if (!written.has(name)) {
      const out = new AppendFile(join(folder, name), '--frames');
      out.append(file);
      out.close();
      written.set(name, name);
    }
    return { ...base, file: name, ...checked(file, event) };
  });
  if (json) printJson(rows);
  else for (const row of rows) print(lineOf(row));
  const pictures = written.size;
  const wrong = rows.filter(({ verified }) => verified === false).length;
  if (!json) print(`${pictures} pictures of ${rows.length} frames in ${folder}`);
  if (wrong > 0) warn(`${wrong} frames have a picture with another CRC than was recorded`);
};

const make = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new LabError('EACCES', `--frames: ${(cause as Error).message}`, { cause });
  }
};

const sizes = ({ width, height, crc }: FrameEvent) => ({ width, height, crc: hexCrc(crc) });

const hexCrc = (crc: number): string => `${(crc >>> 0).toString(16).toUpperCase().padStart(8, '0')}h`;

/** The same picture has one file. Names of devices are the recording's, and no paths. */
const nameOf = ({ device, picture }: FrameEvent, nth: number | undefined): string =>
  `${nth === undefined ? '' : `run${nth}-`}${device.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)}-${String(picture).padStart(4, '0')}.png`;

const noPicture = ({ width, picture }: FrameEvent): string => {
  if (width === 0) return 'no frame on the screen';
  return picture === null ? 'only its CRC was recorded' : 'its picture was cut off';
};

const checked = (file: Uint8Array, { width, height, crc }: FrameEvent): Pick<ExportedFrame, 'verified' | 'note'> => {
  try {
    const is = crcOfPicture(file, width, height);
    // a picture has eight bits a channel, a frame sixteen: gamma and blending may need them
    if (is !== crc >>> 0)
      return {
        verified: false,
        note: `the picture has CRC ${hexCrc(is)}: a frame deeper than eight bits, or a wrong CRC`,
      };
    return { verified: true, note: null };
  } catch (thrown) {
    return { verified: false, note: asLabError(thrown).message };
  }
};

const lineOf = ({ device, time_s, width, height, crc, file, verified, note }: ExportedFrame): string => {
  const size = width === 0 ? 'off' : `${width}x${height}`;
  const mark = verified === null ? ' ' : verified ? '✓' : '✗';
  return `${mark} ${stamp(time_s * 1e9)} ${device.padEnd(8)} ${size.padEnd(9)} ${crc} ${file ?? ''}${note === null ? '' : ` ${note}`}`.trimEnd();
};
