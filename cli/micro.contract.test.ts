/** `ferrolab micro` at a lab: what it prints, and one clear line for what it refuses. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from '#server/lab.ts';
import { DRIVER_HOST, FIRMWARE_DIRS } from './paths.ts';

const main = join(import.meta.dirname, 'main.ts');
const map = join(import.meta.dirname, '../firmware/ferrolab-qt2025.map');

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({
    httpPort: 0,
    mqttPort: 0,
    bench: { phy0: { device: 'qt2025', prtad: 1, module: 'sr' }, boots: { device: 'qt2025', prtad: 2, eeprom: true } },
    firmwareDirs: FIRMWARE_DIRS,
    driverHost: { command: DRIVER_HOST },
    logLevel: 'silent',
  });
});
afterAll(() => lab.close());

const micro = (...words: string[]) =>
  new Promise<{ code: unknown; out: string; error: string }>((resolve) => {
    const env = { ...process.env, FERROLAB_URL: lab.url };
    execFile(process.execPath, [main, 'micro', ...words], { timeout: 20_000, env }, (error, out, said) =>
      resolve({ code: error?.code ?? 0, out, error: said }),
    );
  });

test.each([
  ['no device', [], /micro takes a device/],
  ['a command that is none', ['phy0', 'brk'], /no command of micro 'brk'; did you mean 'break'/],
  ['an option that is none', ['phy0', 'regs', '--jsn'], /unknown option '--jsn'/],
  ['a place that is missing', ['phy0', 'until'], /missing required argument 'where'/],
  ['steps that are no number', ['phy0', 'step', 'far'], /'far' is no whole number from 1 to 100000/],
  ['a file that is no map', ['phy0', 'regs', '--symbols', main], /names no code addresses/],
  ['a halt without a program', ['phy0', 'halt'], /held in reset/],
])('refuses %s in one line and ends with 2', async (_, words, line) => {
  const { code, out, error } = await micro(...words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error.trim()).toMatch(line);
  expect(error.trim().split('\n').length).toBe(1);
});

test('breaks at a function before there is a program, by the names of a map', async () => {
  const { code, out } = await micro('phy0', 'break', 'search', '--symbols', map);
  expect(code).toBe(0);
  expect(out).toMatch(/^ID +ON +WHERE +VALUE +HITS\n1 +execute +search +any +0\n$/);
  expect((await micro('phy0')).out).toMatch(/^phy0: the 8051 is held in reset/);
});

test('halts, shows and lets go a program that runs', async () => {
  const state = async () => (await (await fetch(`${lab.url}/api/v1/devices/boots/micro`)).json()) as { state: string };
  await expect.poll(state, { timeout: 20_000, interval: 50 }).toMatchObject({ state: 'running' });
  const halted = await micro('boots', 'halt', '--limit', '3600');
  expect(halted.out).toMatch(/^boots: halted at \w+/);
  expect(halted.out).toMatch(/^PC [0-9A-F]{4}h {2}A [0-9A-F]{2}h/m);
  expect(halted.out).toMatch(/^ > [0-9A-F]{4}h {2}([0-9A-F]{2} )+ +[A-Z]+/m);
  const stepped = JSON.parse((await micro('boots', 'step', '3', '--json')).out);
  expect(stepped).toMatchObject({ state: 'halted', limitS: 3600, stop: { by: 'step' } });
  const [xdata, cells, listed] = await Promise.all([
    micro('boots', 'xdata', '0700h', '16'),
    micro('boots', 'cells'),
    micro('boots', 'disasm', 'main', '--count', '2'),
  ]);
  expect(xdata.out).toMatch(/^0700h {2}([0-9A-F]{2} ){15}[0-9A-F]{2} {2}.{16}\n$/);
  expect(cells.out).toMatch(/^07FDh +UC_STATUS +[0-9A-F]{2}h /m);
  expect(listed.out).toMatch(/^main:\n.*\n.*\n$/);
  expect((await micro('boots', 'continue')).out).toBe('boots: running\n');
  expect((await micro('boots', 'profile', '0.2')).out).toMatch(/SHARE +SYMBOL +CYCLES\n +\d+\.\d %/);
}, 90_000);

test('every command says what it does, with an example', async () => {
  const { code, out } = await micro('--help');
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}([a-z]+) (?:\[options\])/gm)].map(([, name = '']) => name);
  expect(names.length).toBe(16);
  expect((await micro('phy0', 'until', '--help')).out).toContain('Example: ferrolab micro phy0 until main');
});
