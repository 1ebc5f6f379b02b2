/** `screenshot`, `edid` and `panic` at a lab: what they print and write, and one clear line for what they refuse. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from '#server/lab.ts';
import { DRIVER_HOST, FIRMWARE_DIRS } from './paths.ts';

const main = join(import.meta.dirname, 'main.ts');

let lab: Lab;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferrolab-display-'));
  lab = await startLab({
    httpPort: 0,
    mqttPort: 0,
    bench: {
      card0: { device: 'display', monitor: 'xga', driver: 'ferro_drm', params: { panic_screen: 'user' } },
      phy0: { device: 'qt2025', prtad: 1 },
    },
    firmwareDirs: FIRMWARE_DIRS,
    driverHost: { command: DRIVER_HOST },
    logLevel: 'silent',
  });
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const ferrolab = (...words: string[]) =>
  new Promise<{ code: unknown; out: Buffer; text: string; error: string }>((resolve) => {
    const env = { ...process.env, FERROLAB_URL: lab.url };
    execFile(process.execPath, [main, ...words], { timeout: 20_000, env, encoding: 'buffer' }, (error, out, said) =>
      resolve({ code: error?.code ?? 0, out, text: out.toString(), error: said.toString().trim() }),
    );
  });

const mode = async () =>
  ((await (await fetch(`${lab.url}/api/v1/devices/card0`)).json()) as { panel: { mode: unknown } }).panel.mode;

test('refuses what it cannot do in one line each, and ends with 2', async () => {
  const refused = [
    [['screenshot', 'card1', 'x.png'], /no device 'card1'; did you mean 'card0'/],
    [['screenshot', 'phy0', 'x.png'], /phy0 is a qt2025, which shows no picture/],
    [['screenshot', 'card0', '/nowhere/x.png'], /\/nowhere\/x.png cannot be written/],
    [['edid', 'card0', '/nowhere/x.bin'], /EDID \/nowhere\/x.bin cannot be read \(ENOENT\)/],
    [['edid', 'card0', join(import.meta.dirname, 'micro.ts')], /1024 are allowed/],
    [['panic', 'crad0'], /no device 'crad0'; did you mean 'card0'/],
  ] as const;
  await expect.poll(mode, { timeout: 20_000, interval: 50 }).not.toBeNull();
  const answers = await Promise.all(refused.map(([words]) => ferrolab(...words)));
  for (const [i, { code, text, error }] of answers.entries()) {
    expect({ code, text }).toEqual({ code: 2, text: '' });
    expect(error).toMatch(refused[i]?.[1] ?? '');
    expect(error.split('\n')).toHaveLength(1);
  }
});

test('tells the EDID in words, saves it, and puts another in its place', async () => {
  const told = await ferrolab('edid', 'card0');
  expect(told.text).toMatch(/^card0: FRL FERRO XGA, product 0300h, FL-XGA-0001, week 1 of 2025$/m);
  expect(told.text).toMatch(
    /^1024x768 +60\.004 +65 MHz +1024 1048 1184 1344 +768 771 777 806 +-hsync -vsync +detailed, preferred$/m,
  );
  const file = join(folder, 'xga.bin');
  expect((await ferrolab('edid', 'card0', '--save', file)).code).toBe(0);
  const edid = readFileSync(file);
  edid[20] = 0;
  writeFileSync(file, edid);
  const wrong = await ferrolab('edid', 'card0', file);
  expect(wrong.code).toBe(0);
  expect(wrong.text).toMatch(/^card0: wrong: block 0: wrong checksum, remainder is \d+$/m);
  const json = JSON.parse((await ferrolab('edid', 'card0', '--json')).text) as { hex: string };
  expect(json.hex).toBe(edid.toString('hex'));
});

test('takes a picture of the panic it asked for', async () => {
  const panic = await ferrolab('panic', 'the demo', 'gods');
  expect(panic.error).toBe('');
  expect(panic.text).toMatch(/^card0: Kernel panic - not syncing: the demo gods\ncard0: panic screen user/);
  const file = join(folder, 'panic.png');
  const shot = await ferrolab('screenshot', 'card0', file);
  expect(shot.text).toMatch(/panic\.png: 1024x768, [\d,]+ bytes\n$/);
  expect((await ferrolab('screenshot', 'card0', '-')).out).toEqual(readFileSync(file));
  expect(await ferrolab('panic')).toMatchObject({ code: 2, error: expect.stringMatching(/has failed already/) });
});
