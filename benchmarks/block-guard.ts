/** Process of the block benchmark: reads a register in lockstep over MQTT for a while, prints the 99th percentile. */
import { BusClient } from '#bus/client.ts';
import { c45Registers } from '#bus/mdio.ts';
import { connectMdio } from '#bus/mdio-connect.ts';
import { QT2025 } from '#datasheets/qt2025.ts';

const [, , url = '', seconds = '2'] = process.argv;
const client = await BusClient.connect({
  url,
  lab: 'bench',
  client: 'guard',
  role: 'driver',
  presence: { module: 'guard' },
});
const remote = await connectMdio(client, 'phy0', { deadlineMs: 10_000 });
await remote.bind();
const registers = c45Registers(remote, 1);
const { at } = QT2025.PMA_DEVID1;
for (let i = 0; i < 500; i++) await registers.read(at); // code is compiled, sockets are warm
const took: number[] = [];
for (const began = performance.now(); performance.now() - began < 1000 * Number(seconds); ) {
  const asked = performance.now();
  await registers.read(at);
  took.push(performance.now() - asked);
}
took.sort((a, b) => a - b);
process.stdout.write(`${JSON.stringify({ p99Seconds: (took[Math.floor(took.length * 0.99)] ?? 0) / 1000 })}\n`);
await remote.close();
await client.close();
