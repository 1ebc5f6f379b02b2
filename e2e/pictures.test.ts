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

const expectSamples = (page: Awaited<ReturnType<typeof openPage>>['page'], seconds: number): Promise<unknown> => {
  const until = Date.now() + seconds * 1000;
  return page.waitForFunction((end) => Date.now() > end, until, { timeout: seconds * 2000 });
};
