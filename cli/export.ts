/** `export`: a recording in a form that other programs read. */
import type { Command } from 'commander';
import { LabError, unknownName } from '#bus/errors.ts';
import type { RecordedSection } from '#recording/decode.ts';
import { iologOf } from '#recording/iolog.ts';
import { csvOf, jsonLinesOf } from '#recording/lines.ts';
import { encodeSections, onlyDevices } from '#recording/sections.ts';
import { vcdOf } from '#recording/vcd.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { printJson } from './print.ts';
import { chooseSection, openRecording, warn } from './recording-file.ts';

interface Options {
  readonly format: string;
  readonly out?: string;
  readonly section?: string;
  readonly device?: readonly string[];
  readonly target?: string;
  readonly json?: boolean;
}

const FORMATS = ['vcd', 'pcapng', 'csv', 'jsonl', 'iolog'] as const;

export const addExport = (program: Command): void => {
  program
    .command('export <file>')
    .description('a recording as VCD (wires of the management bus), pcapng, CSV, JSON Lines or an iolog of fio')
    .requiredOption('--format <format>', FORMATS.join(', '))
    .option('--out <file>', 'where to; standard output unless given')
    .option('--section <n>', 'which run of a file with several')
    .option('--device <name...>', 'only these devices')
    .option('--target <file>', 'iolog: what fio shall open')
    .option('--json', 'with --out: say as JSON what was written')
    .addHelpText('after', '\nExample: ferrolab export probe.pcapng --format vcd --out probe.vcd')
    .action(exportFile);
};

const exportFile = async (path: string, options: Options): Promise<void> => {
  const format = FORMATS.find((one) => one === options.format);
  if (format === undefined)
    throw new LabError('EINVAL', `--format is '${options.format}'; it takes one of ${FORMATS.join(', ')}`);
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
  format: (typeof FORMATS)[number],
  sections: readonly RecordedSection[],
  { device, target }: Options,
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
