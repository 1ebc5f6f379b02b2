/** Process of the bus benchmark: a broker with one virtual QT2025 behind it; prints its address and serves until ended. */
import { serveMdio } from '#bus/mdio-serve.ts';
import { startBroker } from '#server/broker.ts';
import { makeBus } from './bus-device.ts';

const broker = await startBroker({ host: '127.0.0.1', port: 0 });
const bus = makeBus();
const served = await serveMdio({
  url: broker.url,
  lab: 'bench',
  device: 'phy0',
  kind: 'qt2025',
  ports: ['mdio'],
  datasheet: '',
  token: broker.labToken,
  port: (requester) => bus.port(requester),
});
process.on('SIGTERM', () => void served.close().then(() => broker.close()));
process.stdout.write(`${broker.url}\n`);
