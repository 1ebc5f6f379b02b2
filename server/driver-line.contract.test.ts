/** Who answers a request for what a driver offers, its disk here, when the driver lets go, goes, or is lost. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BusClient, type BusRole } from '#bus/client.ts';
import type { BioResult } from '#bus/disk.ts';
import { encodeDiskAnswer } from '#bus/disk-wire.ts';
import type { LabError } from '#bus/errors.ts';
import { decodeRequest, encodeReply } from '#bus/message.ts';
import { topics } from '#bus/topics.ts';
import { type Broker, startBroker } from './broker.ts';
import { diskIo } from './disk-line.ts';
import { DriverLine, type LineDriver } from './driver-line.ts';

const LAB = 'lab';
const READ = { op: 'read', sector: 0, sectors: 8 } as const;
const LONG_MS = 3_600_000;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

let broker: Broker;
let driver: BusClient;
/** Who has the device. */
let owner: LineDriver | null;
let changed: () => void;

beforeEach(async () => {
  broker = await startBroker({ host: '127.0.0.1', port: 0 });
  undo.push(() => broker.close());
  driver = await client('driver', 'null_blk-nullb0');
  owner = { client: driver.client, session: driver.session };
});

const client = async (role: BusRole, name: string): Promise<BusClient> => {
  const openSession = role === 'lab' ? broker.openSession : undefined;
  const connected = await BusClient.connect({ url: broker.url, openSession, lab: LAB, client: name, role });
  undo.push(() => connected.close());
  return connected;
};

const open = async (lastWordsMs = LONG_MS): Promise<DriverLine> => {
  const line = await DriverLine.open({
    client: await client('lab', 'lab-1'),
    driver: () => owner,
    onChange: (listener) => {
      changed = listener;
      return () => {};
    },
    lastWordsMs,
  });
  undo.push(() => line.close());
  return line;
};

/** Asks, and resolves when the driver has been asked. */
const asked = async (line: DriverLine) => {
  const heard = Promise.withResolvers<number>();
  await driver.link.subscribe(topics(LAB).diskRequest(driver.client), (_, payload) => {
    const request = decodeRequest(payload);
    if ('correlation' in request) heard.resolve(request.correlation);
  });
  const ending: Promise<BioResult | LabError> = diskIo(line)('nullb0', READ).catch((thrown: LabError) => thrown);
  const correlation = await heard.promise;
  const answer = (status: BioResult['status']): boolean =>
    driver.link.post(
      topics(LAB).diskAnswer(driver.client),
      encodeReply('io', correlation, encodeDiskAnswer({ status })),
    );
  return { ending, answer };
};

/** Lets go of the device, as the lab hears it from the device's own connection. */
const letGo = (): void => {
  owner = null;
  changed();
};

test('a driver that has let go of its device still answers for its disk', async () => {
  const { ending, answer } = await asked(await open());
  letGo();
  answer('OFFLINE');
  expect(await ending).toEqual({ status: 'OFFLINE' });
});

test('the last answer before a goodbye counts', async () => {
  const { ending, answer } = await asked(await open());
  letGo();
  answer('OFFLINE');
  await driver.close();
  expect(await ending).toEqual({ status: 'OFFLINE' });
});

test('a driver that says goodbye without an answer leaves ENODEV', async () => {
  const { ending } = await asked(await open());
  await driver.close();
  expect(await ending).toMatchObject({ code: 'ENODEV', message: expect.stringMatching(/gone before its answer/) });
});

test('a driver that stays and is silent without its device leaves ENODEV, and what it says later is nobody’s', async () => {
  const { ending, answer } = await asked(await open(20));
  letGo();
  expect(await ending).toMatchObject({ code: 'ENODEV' });
  expect(answer('OK')).toBe(true);
});

test('changes of other owners do not put the end off', async () => {
  const { ending } = await asked(await open(200));
  letGo();
  const others = setInterval(() => changed(), 20);
  undo.push(() => clearInterval(others));
  expect(await ending).toMatchObject({ code: 'ENODEV' });
});

const presence = (session: string, state: string): Promise<void> =>
  driver.link.publish(
    topics(LAB).client(driver.client),
    JSON.stringify({ client: driver.client, session, role: 'driver', state }),
  );

test('the death of an older session, told late, is not the end of this one', async () => {
  const { ending, answer } = await asked(await open());
  await presence('older', 'gone');
  await presence(driver.session, 'live');
  answer('OK');
  expect(await ending).toEqual({ status: 'OK' });
});

test('a driver that started anew has not the requests of the one before it', async () => {
  const { ending } = await asked(await open());
  await presence('newer', 'live');
  expect(await ending).toMatchObject({ code: 'ENODEV' });
});

test('a broker that goes ends what is open', async () => {
  const { ending } = await asked(await open());
  await broker.close();
  expect(await ending).toMatchObject({ code: 'ENODEV', message: expect.stringMatching(/broker/) });
});

test('a lab that closes ends what is open', async () => {
  const line = await open();
  const { ending } = await asked(line);
  line.close();
  expect(await ending).toMatchObject({ code: 'ECANCELED' });
});
