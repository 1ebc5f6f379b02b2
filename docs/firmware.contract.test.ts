/** The guide to the firmware is true: its change compiles, loads and blinks. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ms } from '#bus/clock.ts';
import { QT2025, QT2025_XDATA, UC_STATUS } from '#datasheets/qt2025.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { VirtualBench } from '#drivers/kernel/virtual-bench.ts';
import { qt2025 } from '#drivers/phy/qt2025.ts';

const root = join(import.meta.dirname, '..');
const page = readFileSync(new URL('firmware.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map((block) => block[1] ?? '');
const sdccPresent = spawnSync('sdcc', ['--version']).error === undefined;

const work = mkdtempSync(join(tmpdir(), 'ferrolab-guide-'));
afterAll(() => rmSync(work, { recursive: true }));

const blinking = (): string => {
  const mine = join(work, 'my-firmware');
  mkdirSync(mine);
  for (const name of readdirSync(join(root, 'firmware/open')))
    if (/\.[ch]$/.test(name)) cpSync(join(root, 'firmware/open', name), join(mine, name));
  const [body = '', call = ''] = blocks('c');
  const source = readFileSync(join(mine, 'main.c'), 'utf8');
  const parts = source.split(/(?<=\n)(?=\/\* [^*]*\*\/\nstatic void serve\(void\) \{\n)/);
  expect(parts.length, 'serve stands in main.c once').toBe(2);
  const served = parts[1]?.replace('static uint16_t dom_ms;\n', (first) => first + call) ?? '';
  writeFileSync(join(mine, 'main.c'), `${parts[0]}${body}\n${served}`);
  return mine;
};

test.skipIf(!sdccPresent)(
  'the change of the guide compiles, comes up, and blinks LED2 four times in two seconds',
  async () => {
    const mine = blinking();
    const args = [join(root, 'firmware/open/build.ts'), join(mine, 'my.fw'), mine];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: work });
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(mine, 'my.map'), 'utf8')).toMatch(/^_blink [0-9A-F]{4}$/m);

    const firmware = new Uint8Array(readFileSync(join(mine, 'my.fw')));
    const lab = new VirtualBench((clock) => new Qt2025({ clock, seed: 1 }), { './my-firmware/my.fw': firmware });
    const { kernel } = await lab.insmod(qt2025, { firmware: './my-firmware/my.fw' });
    await lab.pass(ms(2000));
    expect(kernel.status).toMatchObject({ state: 'live', link: 'up' });
    expect(lab.device.peek(QT2025_XDATA.UC_STATUS.at)).toBe(UC_STATUS.tracking);
    const seen: number[] = [];
    for (let n = 0; n < 200; n++) {
      const now = lab.device.peek(QT2025.LED2.at);
      if (now !== seen.at(-1)) seen.push(now);
      await lab.pass(ms(10));
    }
    expect(new Set(seen)).toEqual(new Set([4, 5]));
    expect(seen.length).toBeGreaterThanOrEqual(8);
    expect(seen.length).toBeLessThanOrEqual(10);
  },
);

test('the guide names files that are there', () => {
  for (const [, path = ''] of page.matchAll(/\]\(((?!https?:)[^)]+)\)/g))
    expect(existsSync(join(root, 'docs', path)), path).toBe(true);
  expect(blocks('sh').join('')).toContain('npx ferrolab insmod qt2025 phy0 firmware=./my-firmware/my.fw');
});
