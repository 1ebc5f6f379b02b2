/** Recordings from files: read whole, refused in one line. */
import { asLabError, LabError } from '#bus/errors.ts';
import { type RecordedSection, type Recording, readRecording } from '#recording/decode.ts';
import { readBytes } from './read-file.ts';

const FILE_BYTES = 1024 * 1024 * 1024;

/** What is missing of it is said on stderr. */
export const openRecording = (path: string): Recording => openWithBytes(path).recording;

/** The same, with the file as it is. */
export const openWithBytes = (path: string): { readonly bytes: Uint8Array; readonly recording: Recording } => {
  const bytes = readBytes('recording', path, FILE_BYTES);
  try {
    const recording = readRecording(bytes);
    const last = recording.sections.at(-1);
    if (last?.complete === false)
      warn(`${path} was cut off: ${last.count.toLocaleString('en-US')} records of its last section are there`);
    for (const { missing } of recording.sections)
      if (missing > 0) warn(`${path} has a gap: ${missing.toLocaleString('en-US')} records were lost when it was made`);
    return { bytes, recording };
  } catch (error) {
    const { code, message } = asLabError(error);
    throw new LabError(code, `${path} ${message}`, { cause: error });
  }
};

/** The section asked for; the only one where none is. */
export const chooseSection = (path: string, { sections }: Recording, asked: string | undefined): RecordedSection => {
  const nth = asked === undefined && sections.length === 1 ? 1 : Number(asked ?? Number.NaN);
  const section = Number.isInteger(nth) ? sections[nth - 1] : undefined;
  if (section !== undefined) return section;
  const there = sections.map((one, i) => `${i + 1} ${titleOf(one)}`).join(', ');
  throw new LabError(
    'EINVAL',
    asked === undefined
      ? `${path} has ${sections.length} sections; choose one with --section: ${there}`
      : `--section is '${asked}'; ${path} has ${there}`,
  );
};

/** The section asked for, or all of them. */
export const chosenSections = (
  path: string,
  recording: Recording,
  asked: string | undefined,
): readonly RecordedSection[] => (asked === undefined ? recording.sections : [chooseSection(path, recording, asked)]);

export const titleOf = ({ header }: RecordedSection): string =>
  header.scenario === null ? `lab ${header.lab ?? ''}` : header.scenario.name;

export const warn = (line: string): void => void process.stderr.write(`ferrolab: ${line}\n`);
