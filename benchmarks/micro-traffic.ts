/** Process of the 8051 benchmark: a driver over MQTT that reads a register again and again; a line a round with reads a second. */
import { BusClient } from '#bus/client.ts';
import { c45Registers } from '#bus/mdio.ts';
import { connectMdio } from '#bus/mdio-connect.ts';
import { QT2025_XDATA } from '#datasheets/qt2025.ts';

const ROUND_MS = 2000;

const client = await BusClient.connect({
  url: process.argv[2] ?? '',
  lab: 'bench',
  client: 'traffic',
  role: 'driver',
  presence: { module: 'traffic' },
});
const remote = await connectMdio(client, 'phy0', { deadlineMs: 10_000 });
await remote.bind();
const registers = c45Registers(remote, 1);

const round = async (): Promise<void> => {
  const began = performance.now();
  let reads = 0;
  while (performance.now() - began < ROUND_MS) {
    await registers.read(QT2025_XDATA.HEARTBEAT.at);
    reads++;
  }
  process.stdout.write(`${(reads / (performance.now() - began)) * 1000}\n`);
};
await round();
process.stdin.on('data', () => void round());
process.stdin.on('end', () => void remote.close().then(() => client.close()));
