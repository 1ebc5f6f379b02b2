/** What `export` does: a recording in a form that other programs read. */
import { LabError, unknownName } from '#bus/errors.ts';
import type { RecordedSection } from '#recording/decode.ts';
import { iologOf } from '#recording/iolog.ts';
import { csvOf, jsonLinesOf } from '#recording/lines.ts';
import { encodeSections, onlyDevices } from '#recording/sections.ts';
import { vcdOf } from '#recording/vcd.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { EXPORT_FORMATS } from './export.ts';
import { printJson } from './print.ts';
import { chooseSection, chosenSections, openRecording, warn } from './recording-file.ts';

export interface ExportOptions {
  readonly format?: string;
  readonly frames?: string;
  readonly out?: string;
  readonly section?: string;
  readonly device?: readonly string[];
  readonly target?: string;
  readonly json?: boolean;
}

export const exportFile = async (path: string, options: ExportOptions): Promise<void> => {
  if (options.frames !== undefined) {
    if (options.format !== undefined || options.out !== undefined || options.target !== undefined)
      throw new LabError('EINVAL', '--frames writes PNG files into a folder; it takes no --format, --out or --target');
    const chosen = chosenSections(path, openRecording(path), options.section);
    const sections = chosen.map((section) => narrowed(section, options.device));
    const { exportFrames } = await import('./export-frames.ts');
    exportFrames(path, sections, options.frames, options.json ?? false);
    return;
  }
  const format = EXPORT_FORMATS.find((one) => one === options.format);
  if (format === undefined)
    throw new LabError(
      'EINVAL',
      `--format is '${options.format ?? ''}'; it takes one of ${EXPORT_FORMATS.join(', ')}; or --frames a folder`,
    );
  const recording = openRecording(path);
  const chosen =
    format === 'pcapng' && options.section === undefined
      ? recording.sections
      : [chooseSection(path, recording, options.section)];
  const sections = chosen.map((section) => narrowed(section, options.device));
  const made = pieces(format, sections, options);
  const out = options.out === undefined ? undefined : new AppendFile(options.out, '--out');
  let bytes = 0;
  for (const piece of made) {
    const next = typeof piece === 'string' ? Buffer.from(piece) : piece;
    bytes += next.length;
    if (out !== undefined) out.append(next);
    else if (!process.stdout.write(next)) await new Promise((drained) => process.stdout.once('drain', drained));
  }
  out?.close();
  const records = sections.reduce((sum, { count }) => sum + count, 0);
  if (out !== undefined && options.json) printJson({ file: options.out, format, records, bytes });
};

const narrowed = (section: RecordedSection, devices: readonly string[] | undefined): RecordedSection => {
  if (devices === undefined) return section;
  const known = section.devices.map(({ name }) => name);
  for (const name of devices) if (!known.includes(name)) throw unknownName('device', name, known);
  return onlyDevices(section, new Set(devices));
};

/** What is wrong is said before anything is written. */
const pieces = (
  format: (typeof EXPORT_FORMATS)[number],
  sections: readonly RecordedSection[],
  { device, target }: ExportOptions,
): Iterable<string | Uint8Array> => {
  const [section] = sections;
  if (format === 'pcapng' || section === undefined) return [encodeSections(sections)];
  if (format === 'vcd') return vcdOf(section);
  if (format === 'csv') return csvOf(section);
  if (format === 'jsonl') return jsonLinesOf(section);
  const { text, leftOut } = iologOf(section, device?.[0], target);
  if (leftOut > 0) warn(`${leftOut} zone commands are left out: an iolog has no word for them`);
  return [text];
};
