/** Two runs, or two files, side by side in the page: what differs is one row, what is equal is folded. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, startBrowser, THEMES } from './browser.ts';
import { eventually, ferrolab, type RunningLab, startLab } from './lab.ts';
import { openCommand } from './open-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-diff-'));
const file = (name: string): string => join(folder, `${name}.pcapng`);
/** All the same but for one write, which the driver does again later. */
const scenario = (value: string): string =>
  [
    'title: One write',
    'teaches: How two runs are compared.',
    'bench: { phy0: { device: qt2025, module: sr } }',
    'steps:',
    '  - insmod: { driver: qt2025, device: phy0 }',
    `  - write: { phy0: { OP_MODE: ${value} } }`,
    '  - wait: 100ms',
  ].join('\n');
let browser: Browser;
let lab: RunningLab;

beforeAll(async () => {
  const recorded = async (name: string, value: string): Promise<number | null> => {
    writeFileSync(join(folder, `${name}.yaml`), scenario(value));
    return (await ferrolab('run', join(folder, `${name}.yaml`), '--record', file(name))).code;
  };
  const [started, browsed, ...codes] = await Promise.all([
    startLab('--no-drivers'),
    startBrowser(),
    recorded('good', '0x0038'),
    recorded('bad', '0x0039'),
  ]);
  [lab, browser] = [started, browsed];
  expect(codes).toEqual([0, 0]);
  for (const value of ['0x0038', '0x0039'])
    await lab.send('POST', '/runs', { yaml: scenario(value), file: 'link-flap.yaml', mode: 'virtual' });
  await eventually(
    () => lab.get<readonly { state: string }[]>('/runs'),
    (runs) => runs.length === 2 && runs.every(({ state }) => state === 'done'),
  );
});
afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true });
});

const oneDifference = async (page: Page, values: readonly [string, string]): Promise<void> => {
  await page.getByText('One difference').waitFor();
  await page.keyboard.press('n');
  const changed = page.getByRole('row', { selected: true });
  expect(await changed.getByText('OP_MODE').count()).toBe(2);
  const cells = await changed.getByRole('gridcell').allInnerTexts();
  expect(cells.filter((text) => text === values[0] || text === values[1])).toEqual(values);
};

test('two runs picked from the history part in one row, which is decoded field by field', async () => {
  for (const theme of THEMES) {
    const { page, errors } = await openPage(browser, new URL('/scenarios?scenario=link-flap', lab.url).href, { theme });
    await page.getByRole('button', { name: 'Compare run 1' }).click();
    await page.getByRole('button', { name: 'Compare run 2' }).click();
    await page.getByRole('link', { name: 'Side by side' }).click();
    await oneDifference(page, ['0038h', '0039h']);
    const fields = page.getByRole('table', { name: 'Field by field' });
    expect(await fields.getByRole('row', { name: 'CONFIGURED' }).innerText()).toMatch(/CONFIGURED\s+0\s+1$/);
    await picture(page, `diff-${theme}`);

    // what is equal is folded, with its count, and opens
    const grid = page.getByRole('grid', { name: 'Differences' });
    const fold = grid.getByRole('row', { name: /equal$/, expanded: false }).first();
    const rows = Number(await grid.getAttribute('aria-rowcount'));
    const folded = Number((await fold.innerText()).replace(/\D/g, ''));
    await fold.click();
    await eventually(
      async () => Number(await grid.getAttribute('aria-rowcount')),
      (now) => now === rows + folded,
    );
    await page.getByRole('button', { name: 'Swap A and B' }).click();
    await oneDifference(page, ['0039h', '0038h']);
    expect(new URL(page.url()).search).toBe('?a=2&b=1');
    expect(errors).toEqual([]);
    await page.context().close();
  }
});

test('two files are compared without a lab ever seeing them, and one with itself has no difference', async () => {
  const { page, errors } = await openPage(browser, new URL('/diff', lab.url).href);
  await page.getByText('A is empty').waitFor();
  await page.getByLabel('Open a recording as A').setInputFiles([file('good'), file('bad')]);
  await oneDifference(page, ['0038h', '0039h']);
  await page.getByLabel('Side B').selectOption('good.pcapng');
  await page.getByText('The same, access by access').waitFor();
  // a run of the lab and a file hold the same accesses
  await page.getByLabel('Side B').selectOption('1');
  await page.getByText('The same, access by access').waitFor();
  await page.getByLabel('Open a recording as B').setInputFiles(join(folder, 'good.yaml'));
  await page.getByRole('alert').getByText('good.yaml is no pcapng file').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a recording that is open on the Traffic page is compared from there', async () => {
  const { page } = await openPage(browser, new URL('/traffic', lab.url).href);
  await page.getByLabel('open a recording').setInputFiles(file('good'));
  await page.getByRole('region', { name: 'Recording' }).getByRole('link', { name: 'Compare' }).click();
  await page.getByText('B is empty').waitFor();
  await page.getByLabel('Side B').selectOption('2');
  await oneDifference(page, ['0038h', '0039h']);
  await page.goto(new URL('/diff?a=1&b=999', lab.url).href);
  await page.getByText('B cannot be shown').waitFor();
});

test('ferrolab open shows two files side by side with no lab, of the same name too', async () => {
  const same = mkdtempSync(join(folder, 'same-'));
  copyFileSync(file('bad'), join(same, 'good.pcapng'));
  const viewer = await openCommand(file('good'), join(same, 'good.pcapng'));
  const { page } = await openPage(browser, viewer.url);
  await oneDifference(page, ['0038h', '0039h']);
  await page.getByText('A recording, no lab').waitFor();
  expect(await viewer.stop()).toBe(0);
});
