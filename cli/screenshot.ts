/** `screenshot`: what a display shows, as a PNG file. */
import type { Command } from 'commander';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { print, printJson } from './print.ts';
import { writeBytes } from './write-file.ts';

export const addScreenshot = (program: Command): void => {
  withLab(program.command('screenshot <device> <file>'))
    .description('what a display shows now, pixel for pixel, as a PNG file (- is standard output)')
    .addHelpText('after', '\nExample: ferrolab screenshot card0 card0.png')
    .action(async (device: string, file: string, options: LabOptions) => {
      const picture = await new LabHttp(options).getBytes(`/devices/${encodeURIComponent(device)}/frame.png`);
      writeBytes(file, picture);
      if (file === '-') return;
      const [width, height] = sizeOf(picture);
      if (options.json) return printJson({ device, file, width, height, bytes: picture.length });
      print(`${file}: ${width}x${height}, ${picture.length.toLocaleString('en-US')} bytes`);
    });
};

/** The first two words of IHDR, the first chunk of every PNG file. */
const sizeOf = (png: Uint8Array): readonly [width: number, height: number] => {
  const view = new DataView(png.buffer, png.byteOffset, png.length);
  return png.length < 24 ? [0, 0] : [view.getUint32(16), view.getUint32(20)];
};
