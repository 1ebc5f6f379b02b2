/** Process of the bus benchmark: a driver over MQTT when given an address, else in process; prints one JSON line a round. */
import { BusClient } from '#bus/client.ts';
import { c45Registers, type MdioPort } from '#bus/mdio.ts';
import { connectMdio } from '#bus/mdio-connect.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { makeBus } from './bus-device.ts';

const ROUNDS = 5;
const LOCKSTEP = 2000;
const PIPELINED = 20_000;
const IN_FLIGHT = 64;
const FIRMWARE = [
  [0x38000, 0x4000],
  [0x48000, 0x2000],
] as const;

const url = process.argv[2];
const client =
  url === undefined
    ? undefined
    : await BusClient.connect({ url, lab: 'bench', client: 'bench', role: 'driver', presence: { module: 'bench' } });
const remote = client === undefined ? undefined : await connectMdio(client, 'phy0', { deadlineMs: 10_000 });
await remote?.bind();
const port: MdioPort = remote ?? makeBus().port('bench');
const registers = c45Registers(port, 1);
const { at } = QT2025.PMA_DEVID1;

const lockstep = async (): Promise<number> => {
  const began = performance.now();
  for (let i = 0; i < LOCKSTEP; i++) await registers.read(at);
  return LOCKSTEP / seconds(began);
};

const pipelined = async (): Promise<number> => {
  const began = performance.now();
  let left = PIPELINED;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await registers.read(at);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return PIPELINED / seconds(began);
};

const upload = async (): Promise<number> => {
  const began = performance.now();
  await registers.writeAll(
    FIRMWARE.flatMap(([at, length]) => Array.from({ length }, (_, i) => [at + i, i & 0xff] as const)),
  );
  return seconds(began);
};

const seconds = (since: number): number => (performance.now() - since) / 1000;

await lockstep();
await upload(); // both once unmeasured: code is compiled, sockets are warm
for (let round = 0; round < ROUNDS; round++) {
  const lockstepPerSecond = await lockstep();
  const pipelinedPerSecond = await pipelined();
  const uploadSeconds = await upload();
  process.stdout.write(`${JSON.stringify({ lockstepPerSecond, pipelinedPerSecond, uploadSeconds })}\n`);
}
await remote?.close();
await client?.close();
