/** A recording in the dashboard: opened beside a lab, and with none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, startBrowser } from './browser.ts';
import { ferrolab, type RunningLab, startLab } from './lab.ts';
import { openCommand } from './open-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-recording-'));
const file = join(folder, 'runs.pcapng');
let browser: Browser;
let lab: RunningLab;
const undo: (() => unknown)[] = [];
beforeAll(async () => {
  const scenarios = ['scenarios/bring-up.yaml', 'scenarios/block-deep-queue.yaml'];
  const [recorded, started, opened] = await Promise.all([
    ferrolab('run', ...scenarios, '--record', file, '--json'),
    startLab('--no-drivers'),
    startBrowser(),
  ]);
  [lab, browser] = [started, opened];
  expect(recorded.code).toBe(0);
});
afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  for (const step of undo) await step();
  rmSync(folder, { recursive: true });
});

test('a file chosen on the Traffic page fills its table, section by section, and closes again', async () => {
  const { page } = await openPage(browser, `${lab.url}/traffic`);
  await page.getByLabel('open a recording').setInputFiles(file);
  const bar = page.getByRole('region', { name: 'Recording' });
  await bar.getByText('runs.pcapng').waitFor();
  await page.getByText('PMA_STAT1').first().waitFor();
  await bar.getByLabel('Section of the recording').selectOption('1');
  await page.getByText('nullb0').first().waitFor();
  await bar.getByRole('button', { name: 'Close' }).click();
  await page.getByText('open a recording').waitFor();
  expect(await bar.count()).toBe(0);
});

test('a file that is no recording is refused in a sentence, and the page stays', async () => {
  const bad = join(folder, 'bad.pcapng');
  writeFileSync(bad, 'nothing of the kind');
  const { page, errors } = await openPage(browser, `${lab.url}/traffic`);
  await page.getByLabel('open a recording').setInputFiles(bad);
  await page.getByRole('alert').getByText('bad.pcapng is no pcapng file').waitFor();
  expect(errors).toEqual([]);
});

test('ferrolab open shows a recording with no lab', async () => {
  const viewer = await openCommand(file);
  undo.push(viewer.stop);
  const { page } = await openPage(browser, viewer.url);
  await page.getByRole('region', { name: 'Recording' }).getByText('runs.pcapng').waitFor();
  await page.getByText('PMA_STAT1').first().waitFor();
  await page.getByText('A recording, no lab').waitFor();
  await picture(page, 'recording');
  await page.getByRole('link', { name: 'Ferrolab, to the bench' }).click();
  await page.getByText('No lab is here, only a recording').waitFor();
  await page.getByRole('link', { name: 'Go to the recording' }).click();
  await page.getByText('PMA_STAT1').first().waitFor();
  expect(await viewer.stop()).toBe(0);
});
