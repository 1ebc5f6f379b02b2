/** `export`: the options of writing a recording in another form. */
import type { Command } from 'commander';
import type { ExportOptions } from './export-recording.ts';

export const EXPORT_FORMATS = ['vcd', 'pcapng', 'csv', 'jsonl', 'iolog'] as const;

export const addExport = (program: Command): void => {
  program
    .command('export <file>')
    .description(
      'a recording as VCD (wires of the management bus), pcapng, CSV, JSON Lines, an iolog of fio or PNG frames',
    )
    .option('--format <format>', EXPORT_FORMATS.join(', '))
    .option('--frames <folder>', 'in place of a format: the frames of displays as PNG files, each with its CRC')
    .option('--out <file>', 'where to; standard output unless given')
    .option('--section <n>', 'which run of a file with several')
    .option('--device <name...>', 'only these devices')
    .option('--target <file>', 'iolog: what fio shall open')
    .option('--json', 'with --out: say as JSON what was written')
    .addHelpText('after', '\nExample: ferrolab export probe.pcapng --format vcd --out probe.vcd')
    .action(async (path: string, options: ExportOptions) =>
      (await import('./export-recording.ts')).exportFile(path, options),
    );
};
