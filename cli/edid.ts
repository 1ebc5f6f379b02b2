/** `edid`: what the monitor of a display tells, in words or to a file; and other bytes in its place. */
import type { Command } from 'commander';
import type { EdidTiming, EdidView } from '#bus/edid-view.ts';
import { EDID_WINDOW_BYTES } from '#datasheets/display.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { hex, print, printJson, printTable } from './print.ts';
import { readBytes } from './read-file.ts';
import { writeBytes } from './write-file.ts';

interface Options extends LabOptions {
  readonly save?: string;
}

export const addEdid = (program: Command): void => {
  withLab(program.command('edid <device> [file]'))
    .description(
      'what the EDID of a display says; with a file, the monitor tells its bytes from now on, right or wrong',
    )
    .option('--save <file>', 'write the bytes as they read now to a file (- is standard output)')
    .addHelpText(
      'after',
      '\nExample: ferrolab edid card0 --save card0.bin\n         ferrolab edid card0 my-monitor.bin',
    )
    .action(async (device: string, file: string | undefined, options: Options) => {
      const lab = new LabHttp(options);
      const path = `/devices/${encodeURIComponent(device)}/edid`;
      const bytes = file === undefined ? undefined : readBytes('EDID', file, EDID_WINDOW_BYTES);
      if (options.save !== undefined) {
        writeBytes(options.save, await lab.getBytes(path));
        if (options.save === '-') return;
        if (!options.json) print(`${options.save}: the EDID of ${device}`);
      }
      const view =
        bytes === undefined ? await lab.get<EdidView>(`${path}?decoded`) : await lab.put<EdidView>(path, bytes);
      if (options.json) printJson(view);
      else if (bytes !== undefined || options.save === undefined) tell(device, view);
    });
};

const tell = (device: string, view: EdidView): void => {
  const { bytes, version, maker, name, product, serial, made, input, sizeMm, range, timings, blocks, problems } = view;
  if (bytes > 0) {
    print(`${device}: ${maker} ${name}, product ${hex(product)}${serial === '' ? '' : `, ${serial}`}, ${made}`);
    print(`EDID ${version ?? '?'}, ${bytes} bytes; ${input}; ${sizeMm[0]} x ${sizeMm[1]} mm`);
  }
  if (range !== null) {
    const { verticalHz, horizontalKhz, clockMhz } = range;
    const any = view.continuous ? ', any rate in between' : '';
    print(`${verticalHz.join('-')} Hz${any}, ${horizontalKhz.join('-')} kHz, up to ${clockMhz} MHz`);
  }
  if (timings.length > 0) printTable(['MODE', 'HZ', 'CLOCK', 'ACROSS', 'DOWN', 'SYNC', 'FROM'], timings.map(row));
  for (const { kind, holds } of blocks.slice(1)) print(`${kind}: ${holds.join('; ')}`);
  for (const problem of problems) print(`${device}: wrong: ${problem}`);
};

const row = ({ width, height, refreshHz, interlaced, origin, preferred, detail }: EdidTiming): string[] => [
  `${width}x${height}${interlaced ? 'i' : ''}`,
  refreshHz.toFixed(detail === null ? 0 : 3),
  detail === null ? '-' : `${detail.clockKhz / 1000} MHz`,
  detail === null ? '-' : detail.horizontal.join(' '),
  detail === null ? '-' : detail.vertical.join(' '),
  detail?.sync || '-',
  `${origin}${preferred ? ', preferred' : ''}`,
];
