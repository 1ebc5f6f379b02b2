/** The driver process against a real broker: attach, drive, be refused, be killed, lose the lab and find it again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, onTestFailed, test } from 'vitest';
import { parsePresence } from '#bus/announce.ts';
import { BusClient } from '#bus/client.ts';
import { RealClock } from '#bus/clock.ts';
import type { ServedDevice } from '#bus/device-serve.ts';
import { MdioBus } from '#bus/mdio.ts';
import { serveMdio } from '#bus/mdio-serve.ts';
import { topics } from '#bus/topics.ts';
import { Trace, unpackRecord } from '#bus/trace.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { type Broker, startBroker } from '#server/broker.ts';
import { QT2025_FIRMWARE } from './phy/qt2025.ts';
import { shippedImage } from './phy/qt2025-image.ts';

const root = join(import.meta.dirname, '..');
const node = join(root, 'node_modules/.bin/node');
const firmware = mkdtempSync(join(tmpdir(), 'ferrolab-host-'));
writeFileSync(join(firmware, QT2025_FIRMWARE), shippedImage({ length: 24_543 }));
const LAB = 'lab';

interface Lab {
  readonly broker: Broker;
  readonly served: ServedDevice;
  readonly device: Qt2025;
  readonly trace: Trace;
  readonly log: string[];
  /** The last presence of a client. */
  presence(client: string): Readonly<Record<string, unknown>> | undefined;
  /** Resolves when the condition holds. */
  when(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
afterAll(() => rmSync(firmware, { recursive: true }));

const startLab = async (port = 0): Promise<Lab> => {
  const clock = new RealClock();
  const trace = new Trace();
  const device = new Qt2025({ clock, seed: 1 });
  const bus = new MdioBus(device, { clock, device: 'phy0', trace, mdcHz: 0 });
  const broker = await startBroker({ host: '127.0.0.1', port });
  const changed = new Set<() => void>();
  const look = () => {
    for (const listener of [...changed]) listener();
  };
  const served = await serveMdio({
    url: broker.url,
    lab: LAB,
    device: 'phy0',
    kind: 'qt2025',
    ports: ['mdio'],
    datasheet: 'x',
    port: (requester) => bus.port(requester),
    openSession: broker.openSession,
    onOwner: look,
  });
  const watcher = await BusClient.connect({ url: broker.url, lab: LAB, client: 'watcher', role: 'watcher' });
  const presences = new Map<string, Readonly<Record<string, unknown>>>();
  const log: string[] = [];
  await watcher.link.subscribe(topics(LAB).client('+'), (_topic, payload) => {
    const said = parsePresence(payload);
    if (said !== undefined) presences.set(said.client, said);
    look();
  });
  await watcher.link.subscribe(topics(LAB).log('+'), (_topic, payload) => {
    for (const { text } of JSON.parse(new TextDecoder().decode(payload)) as { text: string }[]) log.push(text);
    look();
  });
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    await watcher.close();
    await served.close();
    await broker.close();
  };
  undo.push(close);
  return {
    broker,
    served,
    device,
    trace,
    log,
    presence: (client) => presences.get(client),
    when: (condition) =>
      new Promise((resolve) => {
        const check = () => {
          if (!condition()) return;
          changed.delete(check);
          resolve();
        };
        changed.add(check);
        check();
      }),
    close,
  };
};

interface Driver {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
  says(words: string): Promise<void>;
}

const startDriver = (url: string, client: string, ...more: string[]): Driver => {
  const driver = more.includes('--driver') ? [] : ['--driver', 'qt2025'];
  const child = spawn(
    node,
    [
      join(root, 'drivers/host.ts'),
      ...['--broker', url, '--lab', LAB, '--device', 'phy0', '--client', client, '--firmware-dir', firmware],
      ...[...driver, ...more],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  const listeners = new Set<() => void>();
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
    for (const listener of [...listeners]) listener();
  });
  const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, said }));
  });
  onTestFailed(() => console.error(`driver ${client} said:\n${said}`));
  undo.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    ended,
    says: (words) =>
      new Promise((resolve) => {
        const check = () => {
          if (said.includes(words)) resolve();
        };
        listeners.add(check);
        check();
      }),
  };
};

test('probes over the wire with every firmware byte once, comes up, and leaves nothing behind on SIGTERM', async () => {
  const lab = await startLab();
  const driver = startDriver(lab.broker.url, 'd1', '--param', 'poll_ms=50');
  await lab.when(() => lab.presence('d1')?.link === 'up');
  expect(lab.presence('d1')).toMatchObject({
    module: 'qt2025',
    device: 'phy0',
    state: 'live',
    error: null,
    pid: driver.process.pid,
    params: { firmware: QT2025_FIRMWARE, prtad: 1, poll_ms: 50 },
  });
  const writes = Array.from({ length: lab.trace.last }, (_, i) => lab.trace.at(i + 1)).filter(
    (record) => record?.op === 'write' && [3, 4].includes(record.at >>> 16) && (record.at & 0xffff) >> 14 === 2,
  );
  expect(writes).toHaveLength(24_543);
  expect(new Set(writes.map((record) => lab.trace.names.requesters[record?.requester ?? 0]))).toEqual(
    new Set(['qt2025']),
  );
  await lab.when(() => lab.log.includes('Link is Up - 10Gbps/Full'));
  expect(lab.served.owner()).toMatchObject({ client: 'd1', module: 'qt2025' });

  driver.process.kill('SIGTERM');
  expect(await driver.ended).toMatchObject({ code: 0 });
  await lab.when(() => lab.served.owner() === null);
  await lab.when(() => lab.presence('d1')?.state === 'gone');
});

test('is refused with EBUSY while another driver has the device, and says so in its presence', async () => {
  const lab = await startLab();
  startDriver(lab.broker.url, 'd1');
  await lab.when(() => lab.presence('d1')?.state === 'live');
  const second = startDriver(lab.broker.url, 'd2');
  const { code, said } = await second.ended;
  expect(code).toBe(1);
  expect(said.trim().split('\n').at(-1)).toMatch(/^EBUSY: .*d1/);
  await lab.when(() => lab.presence('d2')?.state === 'failed');
  expect(lab.presence('d2')).toMatchObject({ error: { code: 'EBUSY' } });
  expect(lab.presence('d1')).toMatchObject({ state: 'live' });
});

test('ends with the errno of its probe', async () => {
  const lab = await startLab();
  lab.device.fault('wrong-revision');
  const { code, said } = await startDriver(lab.broker.url, 'd1').ended;
  expect(code).toBe(1);
  expect(said.trim().split('\n').at(-1)).toMatch(/^ENODEV: QT2025 revision 0xa1/);
  expect(lab.served.owner()).toBeNull();
});

test('frees the device when it is killed, and a new one binds and recovers', async () => {
  const lab = await startLab();
  const first = startDriver(lab.broker.url, 'd1');
  await lab.when(() => lab.presence('d1')?.state === 'live');
  const killed = performance.now();
  first.process.kill('SIGKILL');
  await lab.when(() => lab.served.owner() === null && lab.presence('d1')?.state === 'gone');
  expect(performance.now() - killed).toBeLessThan(3000);
  startDriver(lab.broker.url, 'd2', '--param', 'poll_ms=50');
  await lab.when(() => lab.presence('d2')?.link === 'up');
});

test('reports the loss of the lab, and attaches and probes again by itself when it is back', async () => {
  const lab = await startLab();
  const driver = startDriver(lab.broker.url, 'd1', '--param', 'poll_ms=50');
  await lab.when(() => lab.presence('d1')?.link === 'up');
  await lab.close();
  await driver.says('lost phy0: ENODEV');
  const again = await startLab(lab.broker.port);
  await again.when(() => again.presence('d1')?.link === 'up');
  expect(again.device.inspect().micro.uploaded).toBe(24_543);
  expect(driver.process.exitCode).toBeNull();
});

test('gives up a lab that does not come back in the time it was told to wait', async () => {
  const lab = await startLab();
  const driver = startDriver(lab.broker.url, 'd1', '--wait', '1');
  await lab.when(() => lab.presence('d1')?.state === 'live');
  await lab.close();
  const { code, said } = await driver.ended;
  expect(code).toBe(1);
  expect(said.trim().split('\n').at(-1)).toBe('ETIMEDOUT: phy0 was not back after 1 s');
});

test('does not fight for a device that was taken away from it', async () => {
  const lab = await startLab();
  const driver = startDriver(lab.broker.url, 'd1', '--param', 'poll_ms=50');
  await lab.when(() => lab.presence('d1')?.link === 'up');
  lab.served.evict('a person took it');
  const { code, said } = await driver.ended;
  expect(code).toBe(1);
  expect(said).toContain('EACCES');
  expect(lab.served.owner()).toBeNull();
});

test('drives the device with a driver file of your own', async () => {
  const lab = await startLab();
  const written: number[] = [];
  const blinked = new Promise<void>((resolve) => {
    lab.trace.tap((record) => {
      if (written.push(unpackRecord(record).value) === 4) resolve();
    });
  });
  startDriver(lab.broker.url, 'd1', '--driver', join(root, 'drivers/examples/blink.ts'), '--param', 'half_ms=200');
  await lab.when(() => lab.presence('d1')?.state === 'live');
  expect(lab.presence('d1')).toMatchObject({ module: 'blink', params: { half_ms: 200 } });
  await blinked;
  expect(written.slice(0, 4)).toEqual([5, 4, 5, 4]);
});

test.each([
  [['--driver', 'qt2052'], "did you mean 'qt2025'"],
  [['--driver', './nowhere.ts'], 'nowhere.ts'],
  [['--driver', './package.json'], 'package.json'],
  [['--param', 'frimware=x'], 'firmware'],
  [['--param', 'nonsense'], 'name=value'],
])('ends with 2 and one line for bad input %j', async (argv, words) => {
  const { code, said } = await startDriver('mqtt://127.0.0.1:9', 'd1', ...argv).ended;
  expect(code).toBe(2);
  expect(said).toContain(words);
  expect(said.trim().split('\n')).toHaveLength(1);
});
