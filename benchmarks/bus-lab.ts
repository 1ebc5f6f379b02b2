/** Process of the bus benchmark: one virtual QT2025 on a broker, its own or with `mosquitto` that one; prints its address and serves until ended. */
import { serveMdio } from '#bus/mdio-serve.ts';
import { startMosquitto } from '#bus/mosquitto.ts';
import type { OpenSession } from '#bus/session.ts';
import { startBroker } from '#server/broker.ts';
import { makeBus } from './bus-device.ts';

const broker: { url: string; openSession?: OpenSession; close(): Promise<void> } =
  process.argv[2] === 'mosquitto' ? await startMosquitto() : await startBroker({ host: '127.0.0.1', port: 0 });
const bus = makeBus();
const served = await serveMdio({
  url: broker.url,
  lab: 'bench',
  device: 'phy0',
  kind: 'qt2025',
  ports: ['mdio'],
  datasheet: '',
  openSession: broker.openSession,
  port: (requester) => bus.port(requester),
});
process.on('SIGTERM', () => void served.close().then(() => broker.close()));
process.stdout.write(`${broker.url}\n`);
