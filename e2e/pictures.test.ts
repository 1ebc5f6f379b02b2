/** Pictures of the pages in both themes, for the documents and for the eye. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, test } from 'vitest';
import { openPage, picture, startBrowser, THEMES } from './browser.ts';
import { eventually, type RunningLab, startLab } from './lab.ts';

let lab: RunningLab;
let browser: Browser;

beforeAll(async () => {
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  await eventually(
    () => lab.get<readonly { owner: { link: string | null } | null }[]>('/devices'),
    ([phy0]) => phy0?.owner?.link === 'up',
  );
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
});

for (const theme of THEMES)
  test(`${theme}: bench, PHY page and traffic`, async () => {
    const { page } = await openPage(browser, lab.url, { theme, reducedMotion: 'reduce' });
    await page.getByText('Link up').first().waitFor();
    // Ten samples make a line of the sparklines: the picture shows an instrument that has been running.
    await expectSamples(page, 10);
    await picture(page, `bench-${theme}`);

    await lab.send('POST', '/devices/phy0/faults', { name: 'weak-light' });
    await page.getByRole('button', { name: 'Clear' }).waitFor();
    await picture(page, `bench-fault-${theme}`);
    await page.goto(new URL('/devices/phy0?reg=BASER_STAT2', lab.url).href);
    await page.getByRole('region', { name: 'Register BASER_STAT2' }).waitFor();
    await picture(page, `phy-${theme}`);
    await lab.send('DELETE', '/devices/phy0/faults');

    await page.goto(new URL('/traffic', lab.url).href);
    const grid = page.getByRole('grid', { name: 'Accesses' });
    await grid.getByRole('row').nth(5).waitFor();
    await grid.press('Home');
    await grid
      .getByRole('row', { name: /3\.E854h/ })
      .first()
      .click();
    await page.getByText('PRTAD').first().waitFor();
    await picture(page, `traffic-${theme}`);
    await page.context().close();
  });

for (const theme of THEMES)
  test(`${theme}: the debugger at a breakpoint in the firmware`, async () => {
    const micro = '/devices/phy0/micro';
    const { page } = await openPage(browser, new URL(micro, lab.url).href, { theme, reducedMotion: 'reduce' });
    await page.getByText('Running', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Count', exact: true }).click();
    // Light that comes back sends the firmware searching; the write of the next status stops it there.
    await lab.send('POST', '/devices/phy0/faults', { name: 'rx-loss' });
    await page.getByText('searching', { exact: true }).waitFor();
    await lab.send('POST', `${micro}/breakpoints`, { space: 'code', at: 'search' });
    await lab.send('POST', `${micro}/breakpoints`, { space: 'xdata', at: 'UC_STATUS', on: 'write', value: 0x60 });
    await lab.send('POST', `${micro}/breakpoints`, { space: 'register', at: '3.C000h', on: 'write' });
    await page.getByText('not hit').first().waitFor();
    await lab.send('DELETE', '/devices/phy0/faults');
    const bar = page.getByRole('region', { name: 'The core' });
    await bar.getByText(/^breakpoint/).waitFor();
    await page.keyboard.press('s');
    await bar.getByText(/^stepped/).waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    await bar.getByText(/^breakpoint/).waitFor();
    const [, below] = await page
      .locator('[aria-current] ~ tr')
      .getByRole('button', { name: /^Breakpoint at/ })
      .all();
    await below?.click();
    await page.getByRole('region', { name: 'Disassembly' }).getByRole('button', { pressed: true }).waitFor();
    await page.mouse.move(0, 0);
    await picture(page, `micro-${theme}`);
    await lab.send('DELETE', `${micro}/breakpoints`);
    await lab.send('POST', `${micro}/continue`, {});
    await lab.send('PUT', `${micro}/profile`, { running: false });
    await page.context().close();
  });

const expectSamples = (page: Awaited<ReturnType<typeof openPage>>['page'], seconds: number): Promise<unknown> => {
  const until = Date.now() + seconds * 1000;
  return page.waitForFunction((end) => Date.now() > end, until, { timeout: seconds * 2000 });
};
