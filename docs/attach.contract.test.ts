/** Runs the commands of attach.md as they are printed there, but for the port. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RealClock } from '#bus/clock.ts';
import { makeRig, RigBench } from '#bus/contract-rig.ts';
import { MmioBus } from '#bus/mmio-bus.ts';
import { mmioServer } from '#bus/mmio-serve.ts';
import { Trace } from '#bus/trace.ts';
import { Display } from '#devices/display/display.ts';
import { type Broker, startBroker } from '#server/broker.ts';

const page = readFileSync(new URL('attach.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map((block) => block[1] ?? '');

let broker: Broker;
let bench: RigBench;
let display: Display;
beforeAll(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
  bench = new RigBench(broker);
  await bench.serve(makeRig());
  const clock = new RealClock();
  display = new Display({ clock, seed: 1, vramMib: 2 });
  display.span('vram')?.set([1, 2, 3, 4, 5, 6, 7, 8]);
  const bus = new MmioBus(display, { clock, device: 'card0', trace: new Trace() });
  await bench.serveWith('card0', () => [mmioServer((requester) => bus.port(requester))], {
    kind: 'display',
    ports: ['mmio'],
  });
});
afterAll(async () => {
  display.retire();
  await bench.takeDown();
  await broker.close();
});

const run = async (program: string, code: string): Promise<string> => {
  const printed = code.replaceAll('1883', String(broker.port));
  return (await promisify(execFile)(program, ['-c', printed], { timeout: 10_000 })).stdout.trim();
};

test('the page has a look around, one read by command and two in Python', () => {
  expect(blocks('sh')).toHaveLength(2);
  expect(blocks('python')).toHaveLength(2);
});

test('the shell commands read 0043h from 1.0002h, each time they are run', async () => {
  for (let again = 0; again < 2; again++)
    expect(await run('bash', blocks('sh')[1]!)).toMatch(/^01810000[0-9a-f]{8}30860043$/i);
});

test('the Python reads 0043h from 1.0002h', async () => {
  expect(await run('python3', blocks('python')[0]!)).toBe('status 0, 1.0002h = 0043h');
});

test('the Python reads two registers and two pixels of a display', async () => {
  expect(await run('python3', blocks('python')[1]!)).toBe(
    'status 0, FERR, 2097152 bytes of video memory, first pixels 0102030405060708',
  );
});
