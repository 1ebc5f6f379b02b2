/** Runs the commands of attach.md as they are printed there, but for the port. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRig, RigBench } from '#bus/contract-rig.ts';
import { type Broker, startBroker } from '#server/broker.ts';

const page = readFileSync(new URL('attach.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map((block) => block[1] ?? '');

let broker: Broker;
let bench: RigBench;
beforeAll(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
  bench = new RigBench(broker);
  await bench.serve(makeRig());
});
afterAll(async () => {
  await bench.takeDown();
  await broker.close();
});

const run = async (program: string, code: string): Promise<string> => {
  const printed = code.replaceAll('1883', String(broker.port));
  return (await promisify(execFile)(program, ['-c', printed], { timeout: 10_000 })).stdout.trim();
};

test('the page has a look around, one read by command and one in Python', () => {
  expect(blocks('sh')).toHaveLength(2);
  expect(blocks('python')).toHaveLength(1);
});

test('the shell commands read 0043h from 1.0002h, each time they are run', async () => {
  for (let again = 0; again < 2; again++)
    expect(await run('bash', blocks('sh')[1]!)).toMatch(/^01810000[0-9a-f]{8}30860043$/i);
});

test('the Python reads 0043h from 1.0002h', async () => {
  expect(await run('python3', blocks('python')[0]!)).toBe('status 0, 1.0002h = 0043h');
});
