/** Runs outlive the lab that made them: the page shows them after a restart, with evidence; and the bench goes to a file and back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, startBrowser, THEMES } from './browser.ts';
import { eventually, type RunningLab, startLab } from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-history-'));
let lab: RunningLab;
let browser: Browser;
const start = (): Promise<RunningLab> => startLab('--history', join(folder, 'runs.sqlite'), '--no-drivers');

beforeAll(async () => {
  [lab, browser] = await Promise.all([start(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
  rmSync(folder, { recursive: true });
});

const impossible = [
  'title: Too late',
  'teaches: What a failing expectation looks like.',
  'bench: { phy0: { device: qt2025, module: sr } }',
  'steps:',
  '  - insmod: { driver: qt2025, device: phy0 }',
  '  - expect: { device: phy0, sequence: [read HW_REV, write OP_MODE 0038h], within: 1s }',
].join('\n');

interface Run {
  readonly run: number;
  readonly state: string;
  readonly verdict: string | null;
}

test('a run of the lab before is in the history, its evidence leads to the row, which is there too', async () => {
  await lab.send('POST', '/runs', { yaml: impossible, file: 'link-flap.yaml', mode: 'virtual' });
  await eventually(
    () => lab.get<Run>('/runs/1'),
    ({ state }) => state === 'done',
  );
  await eventually(
    () => lab.get<readonly Run[]>('/runs?history'),
    (runs) => runs.length === 1,
  );
  process.kill(lab.pid, 'SIGKILL'); // what is listed is written
  await lab.stop();
  lab = await start();
  expect(await lab.get<readonly Run[]>('/runs')).toEqual([]);
  expect(await lab.get<readonly Run[]>('/runs?history')).toMatchObject([{ run: 1, verdict: 'driver-bug' }]);

  for (const theme of THEMES) {
    const { page, errors } = await openPage(browser, new URL('/scenarios?scenario=link-flap', lab.url).href, {
      theme,
      viewport: { width: 1440, height: 900 },
    });
    const history = page.getByRole('region', { name: 'History' });
    await history.getByRole('button', { name: '1', exact: true }).waitFor();
    await history.getByText('driver-bug').waitFor();
    const verdict = page.getByRole('region', { name: 'Verdict of run 1' });
    await picture(page, `run-history-${theme}`);
    await verdict.getByRole('link', { name: /qt2025 write MICRO_RESETN of phy0/ }).click();
    await page.getByText('MICRO_RESETN').first().waitFor();
    expect(new URL(page.url()).search).toMatch(/run=1&filter=seq/);
    expect(errors).toEqual([]);
    await page.context().close();
  }
});

test('the bench is kept in a file on the page and put back from it; a file that is none is refused in words', async () => {
  const { page, errors } = await openPage(browser, new URL('/scenarios', lab.url).href);
  const snapshot = page.getByRole('region', { name: 'Bench snapshot' });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    snapshot.getByRole('button', { name: 'Keep in a file' }).click(),
  ]);
  const file = join(folder, 'kept.bench');
  await download.saveAs(file);
  await lab.send('POST', '/devices/phy0/controls/remove', {});
  await snapshot.getByLabel('Snapshot file').setInputFiles(file);
  await snapshot.getByText(/phy0, .*: as in kept\.bench/).waitFor();
  const phy = await lab.get<{ panel: { cage: { module: unknown } } }>('/devices/phy0');
  expect(phy.panel.cage.module).not.toBeNull();
  expect(errors).toEqual([]);
  await snapshot
    .getByLabel('Snapshot file')
    .setInputFiles({ name: 'x.bench', mimeType: 'text/plain', buffer: Buffer.from('nothing') });
  await snapshot.getByRole('alert').getByText('is no snapshot of a bench').waitFor();
  await page.context().close();
});
