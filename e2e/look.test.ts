/** Measures the look on the real pages: contrast, smallest text, nothing wider than its box, in both themes and at three widths. */
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, startBrowser, THEMES } from './browser.ts';
import { eventually, type RunningLab, startLab } from './lab.ts';

let lab: RunningLab;
let browser: Browser;

beforeAll(async () => {
  [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  await eventually(
    () => lab.get<readonly { owner: { link: string | null } | null }[]>('/devices'),
    ([phy0]) => phy0?.owner?.link === 'up',
  );
  // two runs to compare, which differ in one write
  for (const value of ['0x0038', '0x0039']) {
    const steps = ['insmod: { driver: qt2025, device: phy0 }', `write: { phy0: { OP_MODE: ${value} } }`, 'wait: 10ms'];
    const yaml = ['title: One write', 'teaches: x', 'bench: { phy0: { device: qt2025, module: sr } }', 'steps:'];
    await lab.send('POST', '/runs', {
      yaml: [...yaml, ...steps.map((step) => `  - ${step}`)].join('\n'),
      file: 'look.yaml',
      mode: 'virtual',
    });
  }
  await eventually(
    () => lab.get<readonly { state: string }[]>('/runs'),
    (runs) => runs.every(({ state }) => state === 'done'),
  );
});
afterAll(async () => {
  await browser.close();
  await lab.stop();
});

interface Flaw {
  readonly text: string;
  readonly why: string;
}

/** Runs in the page: every visible text against the colour behind it. */
const flaws = (page: Page): Promise<readonly Flaw[]> =>
  page.evaluate(() => {
    type Rgb = [number, number, number, number];
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parse = (colour: string): Rgb => {
      if (canvas === null) throw new Error('no canvas');
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top: Rgb, under: Rgb): Rgb =>
      [0, 1, 2, 3].map((i) => (i === 3 ? 1 : (top[i] ?? 0) * top[3] + (under[i] ?? 0) * (1 - top[3]))) as Rgb;
    const luminance = ([r, g, b]: Rgb): number => {
      const [x = 0, y = 0, z = 0] = [r, g, b].map((c) =>
        c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element: Element | null): Rgb => {
      const layers: Rgb[] = [];
      for (let at = element; at !== null; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if (colour[3] > 0) layers.push(colour);
        if (colour[3] === 1) break;
      }
      return layers.reduceRight<Rgb>((under, top) => over(top, under), [255, 255, 255, 1]);
    };
    const found: Flaw[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? '';
      const element = node.parentElement;
      if (text === '' || element === null || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }))
        continue;
      const box = element.getBoundingClientRect();
      if (
        box.width < 2 ||
        box.height < 2 ||
        element.closest('[aria-hidden="true"], [disabled], svg, script, style') !== null
      )
        continue;
      const style = getComputedStyle(element);
      if (Number.parseFloat(style.fontSize) < 11) found.push({ text, why: `${style.fontSize} is under 11 px` });
      const ground = behind(element);
      const ink = over(parse(style.color), ground);
      const [light = 0, dark = 0] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
      const contrast = (light + 0.05) / (dark + 0.05);
      if (contrast < 4.5)
        found.push({
          text,
          why: `contrast ${contrast.toFixed(2)} of ${style.color} on rgb(${ground.slice(0, 3).map(Math.round).join(' ')})`,
        });
    }
    return found;
  });

test('the measure finds faint, small text where there is some', async () => {
  const { page } = await openPage(browser, 'about:blank');
  await page.setContent(
    '<main style="background:#fff"><p style="color:#aaa">faint</p><p style="color:#000;font-size:9px">small</p><p style="color:#000">good</p></main>',
  );
  expect((await flaws(page)).map(({ text }) => text)).toEqual(['faint', 'small']);
  await page.context().close();
});

const PAGES = [
  '/',
  '/devices/phy0',
  '/devices/phy0/micro',
  '/devices/nullb0',
  '/devices/card0',
  '/panic',
  '/traffic',
  '/diff',
  '/scenarios',
  '/log',
  '/drivers',
];

for (const theme of THEMES)
  test(`${theme}: every text is 11 px or more with a contrast of 4.5 or more, live and with a fault on`, async () => {
    const { page, errors } = await openPage(browser, lab.url, { theme, reducedMotion: 'reduce' });
    for (const path of PAGES) {
      await page.goto(new URL(path, lab.url).href);
      await page.getByRole('main').waitFor();
      await page.getByText('captured').first().waitFor();
      expect([path, await flaws(page)]).toEqual([path, []]);
    }
    await page.goto(new URL('/diff?a=1&b=2', lab.url).href);
    await page.getByText('One difference').waitFor();
    await page.keyboard.press('n');
    await page.getByRole('table', { name: 'Field by field' }).waitFor();
    expect(['/diff', 'compared', await flaws(page)]).toEqual(['/diff', 'compared', []]);
    await lab.send('POST', '/devices/phy0/faults', { name: 'weak-light' });
    for (const path of ['/', '/devices/phy0']) {
      await page.goto(new URL(path, lab.url).href);
      await page.getByText('weak light').first().waitFor();
      expect([path, 'fault', await flaws(page)]).toEqual([path, 'fault', []]);
    }
    await lab.send('DELETE', '/devices/phy0/faults');
    await lab.send('POST', '/devices/nullb0/faults', { name: 'read-only' });
    await lab.send('PATCH', '/devices/nullb0/attributes', { badblocks: '+8-15' });
    for (const path of ['/', '/devices/nullb0']) {
      await page.goto(new URL(path, lab.url).href);
      await page.getByText('8 bad sectors').first().waitFor();
      expect([path, 'worn out', await flaws(page)]).toEqual([path, 'worn out', []]);
    }
    await lab.send('DELETE', '/devices/nullb0/faults');
    await lab.send('POST', '/devices/nullb0/controls/clear-badblocks', {});
    await lab.send('POST', '/devices/phy0/micro/breakpoints', { space: 'code', at: 'tick' });
    await page.goto(new URL('/devices/phy0/micro', lab.url).href);
    await page.getByText('stopped here').waitFor();
    expect(['8051', 'at a breakpoint', await flaws(page)]).toEqual(['8051', 'at a breakpoint', []]);
    await lab.send('DELETE', '/devices/phy0/micro/breakpoints');
    await lab.send('POST', '/devices/phy0/micro/continue', {});
    await lab.send('POST', '/devices/card0/faults', { name: 'edid-checksum' });
    await lab.send('POST', '/devices/card0/panic', { text: 'looked at' });
    for (const path of ['/', '/devices/card0']) {
      await page.goto(new URL(path, lab.url).href);
      await page.getByText('Panic drawn').first().waitFor();
      await page.getByText('kernel panic').first().waitFor();
      expect([path, 'panic', await flaws(page)]).toEqual([path, 'panic', []]);
    }
    await lab.send('DELETE', '/devices/card0/faults');
    await lab.ferrolab('rmmod', 'card0');
    await lab.ferrolab('insmod', 'ferro_drm', 'card0');
    await lab.send('POST', '/time', { do: 'pause' });
    await page.getByText('Lab paused').waitFor();
    await page.getByRole('button', { name: 'Time control' }).click();
    await page.getByRole('region', { name: 'Time of the lab' }).waitFor();
    expect(['time', 'paused', await flaws(page)]).toEqual(['time', 'paused', []]);
    await lab.send('POST', '/time', { do: 'resume' });
    expect(errors).toEqual([]);
    await page.context().close();
  });

for (const width of [1280, 1920, 390])
  test(`at ${width} px no page is wider than its window`, async () => {
    const { page } = await openPage(browser, lab.url, { viewport: { width, height: 720 }, reducedMotion: 'reduce' });
    for (const path of PAGES) {
      await page.goto(new URL(path, lab.url).href);
      await page.getByRole('main').waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect([path, wide]).toEqual([path, 0]);
    }
    await page.context().close();
  });
