/** The committed image is what the source gives, wherever sdcc is installed. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildOpenFirmware, openFirmwareMapPath, openFirmwarePath } from './build.ts';

const version = spawnSync('sdcc', ['--version'], { encoding: 'utf8' });
/** Another compiler gives other code; the image is built with Debian 12's. */
const sameCompiler = version.error === undefined && version.stdout.includes(' 4.2.0 ');

test.skipIf(!sameCompiler)('rebuilds to the committed image and map, byte for byte', () => {
  const { image, map } = buildOpenFirmware();
  expect(image).toEqual(new Uint8Array(readFileSync(openFirmwarePath)));
  expect(map).toBe(readFileSync(openFirmwareMapPath, 'utf8'));
});
