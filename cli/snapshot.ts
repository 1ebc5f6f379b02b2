/** `snapshot`, `restore`: the whole bench of a running lab to a file and back. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { LabError } from '#bus/errors.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { print, printJson } from './print.ts';

export const addSnapshotCommands = (program: Command): void => {
  withLab(program.command('snapshot <file>'))
    .description('keep every device of the bench, with all it holds, in a file')
    .addHelpText('after', '\nExample: ferrolab snapshot before-upload.bench')
    .action(async (file: string, options: LabOptions) => {
      const bytes = await new LabHttp(options).getBytes('/snapshot');
      const { decodeSnapshot } = await import('#server/snapshot/file.ts');
      const { devices, takenAt } = decodeSnapshot(bytes, 'what the lab sent');
      write(file, bytes);
      const names = Object.keys(devices);
      if (options.json) return printJson({ file, bytes: bytes.length, takenAt, devices: names });
      print(`${file}: ${names.join(', ')}; ${bytes.length.toLocaleString('en-US')} bytes`);
    });

  withLab(program.command('restore <file>'))
    .description('put the bench back to a snapshot; drivers keep their devices and find out')
    .addHelpText('after', '\nExample: ferrolab restore before-upload.bench')
    .action(async (file: string, options: LabOptions) => {
      const { decodeSnapshot, SNAPSHOT_FILE_BYTES } = await import('#server/snapshot/file.ts');
      const bytes = read(file, SNAPSHOT_FILE_BYTES);
      decodeSnapshot(bytes, file); // a bad file is told of here, by its name, and not sent
      const { devices, takenAt } = await new LabHttp(options).postBytes<{
        readonly devices: readonly string[];
        readonly takenAt: string;
      }>('/snapshot', bytes);
      if (options.json) return printJson({ file, takenAt, devices });
      print(`${devices.join(', ')} ${devices.length === 1 ? 'is' : 'are'} as on ${takenAt}`);
    });
};

/** A file that is there is whole: it gets its name when all of it is written. */
const write = (file: string, bytes: Uint8Array): void => {
  const unfinished = `${file}.part`;
  try {
    writeFileSync(unfinished, bytes);
    renameSync(unfinished, file);
  } catch (cause) {
    rmSync(unfinished, { force: true });
    throw new LabError('EACCES', `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
};

const read = (file: string, mostBytes: number): Uint8Array => {
  try {
    const { size } = statSync(file);
    if (size > mostBytes) throw new LabError('EFBIG', `${file} has ${size} bytes; a snapshot has ${mostBytes} at most`);
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new LabError('ENOENT', `snapshot ${file} cannot be read (${code})`, { cause });
  }
};
