/** Process of the page benchmark: Debian's Chromium on the Traffic page; types filters, turns the wheel, prints what that took as JSON. */
import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright';

/** `records` that there are in all; `live`: frames are counted while they come. */
const [url = '', records = '1000000', mode = 'opened'] = process.argv.slice(2);
const SCROLL_MS = Number(process.env.BENCH_SECONDS ?? 4) * 1000;
const ROUNDS = Number(process.env.BENCH_RUNS ?? 5);
/** Most rows, but not all: what is typed next changes their number. */
const BETWEEN = 'op == read';
/** Of each kind one: a column, a field of a register, both with a mask, nothing at all. */
const FILTERS = {
  'one column': 'op == write',
  'a decoded field': 'PCS_STAT1.LSTATUS == 1',
  'three conditions': 'dev == phy0 && value & 0x4 && !(reg == OP_MODE)',
  'no hit': 'HW_REV.REV == 0x11',
};

const found = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
const browser = await chromium.launch({
  ...(found === undefined ? {} : { executablePath: found }),
  args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
});

interface Frames {
  readonly perSecond: number;
  /** Shares of frames that took longer than one, and than two, of 60 a second. */
  readonly late: number;
  readonly later: number;
  readonly worstMs: number;
}

/** Counts frames while something is done. */
const framesDuring = async (page: Page, act: () => Promise<void>): Promise<Frames> => {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { times, counting: true });
    const next = (time: number): void => {
      times.push(time);
      if ((window as unknown as Counting).counting) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await act();
  const times = await page.evaluate(() => {
    Object.assign(window, { counting: false });
    return (window as unknown as Counting).times;
  });
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  const longer = (ms: number): number => gaps.filter((gap) => gap > ms).length / gaps.length;
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  // stamps are rounded: a frame of 16.7 ms is said to have taken up to 17
  return { perSecond: gaps.length / seconds, late: longer(17.5), later: longer(34), worstMs: Math.max(...gaps) };
};
interface Counting {
  readonly times: readonly number[];
  readonly counting: boolean;
}

/** Real wheel events, as often as a hand makes them; their direction turns at the ends. */
const wheel = async (page: Page): Promise<void> => {
  await page.mouse.move(500, 350);
  const until = performance.now() + SCROLL_MS;
  for (let i = 0; performance.now() < until; i++) {
    await page.mouse.wheel(0, i % 120 < 60 ? -120 : 120);
    await page.waitForTimeout(12);
  }
};

/** Milliseconds from the keystroke to the first frame that shows the answer. */
const typed = async (page: Page, text: string): Promise<number> =>
  page.evaluate(
    (filter) =>
      new Promise<number>((done, failed) => {
        const input = document.querySelector<HTMLInputElement>('.filter-input');
        const grid = document.querySelector('[role="grid"]');
        const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
        if (input === null || grid === null || set === undefined) return failed(new Error('no filter box'));
        const began = performance.now();
        const watch = new MutationObserver(() => {
          watch.disconnect();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
        });
        watch.observe(grid, { attributes: true, attributeFilter: ['aria-rowcount'] });
        set.call(input, filter);
        input.dispatchEvent(new Event('input', { bubbles: true }));
        setTimeout(() => failed(new Error(`no answer to '${filter}'`)), 20_000);
      }),
    text,
  );

try {
  const empty = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const still = await framesDuring(empty, () => empty.waitForTimeout(SCROLL_MS / 2));
  await empty.close();
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const devtools = await page.context().newCDPSession(page);
  const bytes = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize = 0 } = (await devtools.send('Runtime.getHeapUsage')) as {
      usedSize: number;
      backingStorageSize?: number;
    };
    return usedSize + backingStorageSize;
  };
  await page.goto(url);
  const grid = page.getByRole('grid', { name: 'Accesses' });
  await grid.waitFor();
  const rows = async (): Promise<number> => Number(await grid.getAttribute('aria-rowcount'));
  // all of a file; of a lab what this page was quick enough for, the rest it says it has dropped
  const filled = (): Promise<unknown> =>
    mode === 'live'
      ? page.getByText(`captured ${Number(records).toLocaleString('en-US')}`).waitFor({ timeout: 120_000 })
      : page.waitForFunction(
          (wanted) => Number(document.querySelector('[role="grid"]')?.getAttribute('aria-rowcount')) >= wanted,
          Number(records) * 0.9,
          { timeout: 60_000, polling: 200 },
        );
  const coming = mode === 'live' ? await framesDuring(page, () => page.waitForTimeout(SCROLL_MS)) : null;
  await filled();
  await page.waitForTimeout(1000);
  const [full, shown] = [await bytes(), await rows()];
  const answers: Record<string, number[]> = Object.fromEntries(Object.keys(FILTERS).map((name) => [name, []]));
  await typed(page, BETWEEN);
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, filter] of Object.entries(FILTERS)) {
      answers[name]?.push(await typed(page, filter));
      await typed(page, BETWEEN);
    }
  await typed(page, '');
  const scrolled = await framesDuring(page, () => wheel(page));
  const after = await bytes();
  process.stdout.write(`${JSON.stringify({ still, coming, scrolled, answers, shown, full, after })}\n`);
} finally {
  await browser.close();
}
