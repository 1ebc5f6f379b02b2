/** `snapshot`, `restore`: the whole bench of a running lab to a file and back. */
import type { Command } from 'commander';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { print, printJson } from './print.ts';
import { readBytes } from './read-file.ts';
import { writeBytes } from './write-file.ts';

export const addSnapshotCommands = (program: Command): void => {
  withLab(program.command('snapshot <file>'))
    .description('keep every device of the bench, with all it holds, in a file')
    .addHelpText('after', '\nExample: ferrolab snapshot before-upload.bench')
    .action(async (file: string, options: LabOptions) => {
      const bytes = await new LabHttp(options).getBytes('/snapshot');
      const { decodeSnapshot } = await import('#server/snapshot/file.ts');
      const { devices, takenAt } = decodeSnapshot(bytes, 'what the lab sent');
      writeBytes(file, bytes);
      if (file === '-') return;
      const names = Object.keys(devices);
      if (options.json) return printJson({ file, bytes: bytes.length, takenAt, devices: names });
      print(`${file}: ${names.join(', ')}; ${bytes.length.toLocaleString('en-US')} bytes`);
    });

  withLab(program.command('restore <file>'))
    .description('put the bench back to a snapshot; drivers keep their devices and find out')
    .addHelpText('after', '\nExample: ferrolab restore before-upload.bench')
    .action(async (file: string, options: LabOptions) => {
      const { decodeSnapshot, SNAPSHOT_FILE_BYTES } = await import('#server/snapshot/file.ts');
      const bytes = readBytes('snapshot', file, SNAPSHOT_FILE_BYTES);
      decodeSnapshot(bytes, file); // a bad file is told of here, by its name, and not sent
      const { devices, takenAt } = await new LabHttp(options).postBytes<{
        readonly devices: readonly string[];
        readonly takenAt: string;
      }>('/snapshot', bytes);
      if (options.json) return printJson({ file, takenAt, devices });
      print(`${devices.join(', ')} ${devices.length === 1 ? 'is' : 'are'} as on ${takenAt}`);
    });
};
