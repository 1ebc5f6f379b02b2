/** Snapshots over HTTP and from the command line, on a lab with every kind of device, the block device in its thread. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceView } from '#bus/api.ts';
import type { Lab } from '#server/lab.ts';
import { get, lab, root, undo } from '#server/lab-under-test.ts';

const ferrolab = (on: Lab, ...words: string[]) =>
  new Promise<{ code: unknown; out: string; error: string }>((resolve) => {
    const args = ['--disable-warning=ExperimentalWarning', join(root, 'cli/main.ts'), ...words];
    execFile(process.execPath, args, { env: { ...process.env, FERROLAB_URL: on.url } }, (error, out, said) =>
      resolve({ code: error?.code ?? 0, out, error: said }),
    );
  });

test('a bench goes to a file and back, and a bad file changes nothing', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ferrolab-snapshot-'));
  undo.push(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'good.bench');
  const on = await lab({
    bench: {
      phy0: { device: 'qt2025', module: 'sr' },
      card0: { device: 'display', vram_mib: 1 },
      nullb0: { device: 'nullb', attributes: { size: 8, memory_backed: true } },
    },
  });
  const attributes = async (): Promise<string> => JSON.stringify(await get(on, '/devices/nullb0/attributes'));
  const kept = await ferrolab(on, 'snapshot', file);
  expect(kept).toMatchObject({ code: 0, out: expect.stringMatching(/phy0, card0, nullb0; [\d,]+ bytes/) });
  const before = await attributes();
  const { bench } = on.host;
  bench.device('phy0').control('remove', {}, 'test');
  bench.device('card0').fault('vblank-stuck', {}, 'test');
  bench.device('nullb0').writeAttribute('power', '0', 'test');
  bench.device('nullb0').writeAttribute('size', '16', 'test');
  expect(await attributes()).not.toBe(before);

  writeFileSync(join(dir, 'cut.bench'), readFileSync(file).subarray(0, 900));
  const refused = await ferrolab(on, 'restore', join(dir, 'cut.bench'));
  expect(refused).toMatchObject({
    code: 2,
    error: expect.stringMatching(/^ferrolab: .*cut\.bench is cut off[^\n]*\n$/),
  });
  const spoilt = await fetch(`${on.url}/api/v1/snapshot`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: readFileSync(file).subarray(0, 900),
  });
  expect(spoilt.status).toBe(400);
  expect(await spoilt.json()).toMatchObject({ detail: expect.stringContaining('the file is cut off') });
  expect((await get<DeviceView>(on, '/devices/card0')).faults).toHaveLength(1);

  expect(await ferrolab(on, 'restore', file)).toMatchObject({ code: 0, error: '' });
  expect(await attributes()).toBe(before);
  expect((await get<DeviceView>(on, '/devices/card0')).faults).toEqual([]);
  const { panel } = await get<DeviceView>(on, '/devices/phy0');
  expect(panel).toMatchObject({ cage: { module: { kind: 'sr' } } });
});
