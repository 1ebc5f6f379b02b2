/** Process of the block benchmark: a PHY on the bus beside two null block devices on NBD, as a lab hosts them. */

import { RealClock } from '#bus/clock.ts';
import { serveMdio } from '#bus/mdio-serve.ts';
import { startBroker } from '#server/broker.ts';
import { BlockHost } from '#server/nbd/block-host.ts';
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
  openSession: broker.openSession,
  port: (requester) => bus.port(requester),
});
const host = new BlockHost({ clock: new RealClock() });
host.place('nullb0', { seed: 1, attributes: { size: '1024' } });
host.place('nullb1', { seed: 1, attributes: { size: '1024', memory_backed: '1' } });
const { port } = await host.listen({ port: 0, unix: process.argv[2] ?? '' });
process.on('SIGTERM', () => void Promise.all([served.close(), host.close()]).then(() => broker.close()));
process.stdout.write(`${JSON.stringify({ port, broker: broker.url })}\n`);
