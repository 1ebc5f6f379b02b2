/** What the README shows is true: its driver loads as printed, its files exist, its scenario count is right. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, root, startLab } from './lab.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the driver in the README is at most 30 lines and blinks an LED on a bench', async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(30);
  const folder = join(root, 'test-results');
  const file = join(folder, 'my-driver.ts');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, code);
  const lab = await startLab('--no-drivers');
  try {
    const loaded = await lab.ferrolab('insmod', file, 'phy0', 'half_ms=50');
    expect(loaded).toMatchObject({ code: 0 });
    await eventually(
      () => lab.get<{ records: readonly { register?: string; op: string; value?: number }[] }>('/trace'),
      ({ records }) => {
        const values = records.filter((row) => row.op === 'write' && row.register === 'LED0').map((row) => row.value);
        return values.includes(5) && values.includes(4);
      },
    );
  } finally {
    await lab.stop();
    rmSync(file);
  }
});

test('every file the README links to exists', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !link.includes(':'));
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
});

test('the README counts the scenarios right', () => {
  const shipped = readdirSync(join(root, 'scenarios')).filter((name) => name.endsWith('.yaml')).length;
  expect(readme).toContain(`${shipped} lessons`);
});
