/** The real browser, as every end-to-end test starts it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { root } from './lab.ts';

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export type Theme = 'dark' | 'light';
export const THEMES: readonly Theme[] = ['dark', 'light'];

/** CHROMIUM_PATH names the browser; `npm test` sets it. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    args: SWITCHES,
    ...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}),
  });

/** A page of its own; what it says on the console as an error is kept. */
export const openPage = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions & { theme?: Theme } = {},
): Promise<{ page: Page; errors: string[] }> => {
  const { theme, ...rest } = options;
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    colorScheme: theme ?? 'dark',
    ...rest,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
};

/** Keeps a picture in docs/images when FERROLAB_PICTURES is set, else in test-results. */
export const picture = async (page: Page, name: string): Promise<void> => {
  const folder = join(root, process.env.FERROLAB_PICTURES ? 'docs/images' : 'test-results');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
};
