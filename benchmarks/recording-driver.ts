/** Process of the recording benchmark: lockstep reads of a device that nobody watches and of one that is traced and recorded; a JSON line a round. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusClient } from '#bus/client.ts';
import { RealClock } from '#bus/clock.ts';
import { c45Registers, MdioBus } from '#bus/mdio.ts';
import { connectMdio } from '#bus/mdio-connect.ts';
import { serveMdio } from '#bus/mdio-serve.ts';
import { Trace } from '#bus/trace.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { startBroker } from '#server/broker.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { RunRecorder } from '#server/recording/run-recorder.ts';

const ROUNDS = 9;
const { at } = QT2025.PMA_DEVID1;

/** A trace that keeps nothing and tells nobody. */
class NoTrace extends Trace {
  override record(): number {
    return 0;
  }
}

const clock = new RealClock();
const busOf = (device: string, trace: Trace): MdioBus =>
  new MdioBus(new Qt2025({ clock, seed: 1 }), { clock, device, trace, mdcHz: 0 });

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-bench-'));
const file = new AppendFile(join(folder, 'recording.pcapng'), 'recording');
const trace = new Trace();
const recorder = new RunRecorder({
  scenario: { name: 'benchmark', yaml: '', bench: { on: { device: 'qt2025' } } },
  file: '',
  seed: 1,
  version: '',
  append: (bytes) => file.append(bytes),
});
recorder.watch({ mode: 'live', clock, trace, log: () => [] });
const buses = { off: busOf('off', new NoTrace(16)), on: busOf('on', trace) };
const inProcess = (device: 'off' | 'on') => c45Registers(buses[device].port('bench'), 1);

const lockstep = async (registers: ReturnType<typeof c45Registers>, reads: number): Promise<number> => {
  const began = performance.now();
  for (let i = 0; i < reads; i++) await registers.read(at);
  return (reads / (performance.now() - began)) * 1000;
};

const overMqtt = process.argv[2] === 'mqtt';
const undo: (() => unknown)[] = [];
const remote = async (device: 'off' | 'on', url: string, token: string, client: BusClient) => {
  const served = await serveMdio({
    url,
    lab: 'bench',
    device,
    kind: 'qt2025',
    ports: ['mdio'],
    datasheet: '',
    token,
    port: (requester) => buses[device].port(requester),
  });
  const port = await connectMdio(client, device, { deadlineMs: 10_000 });
  await port.bind();
  undo.push(
    () => served.close(),
    () => port.close(),
  );
  return c45Registers(port, 1);
};
const opened = async () => {
  if (!overMqtt) return { off: inProcess('off'), on: inProcess('on') };
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const client = await BusClient.connect({
    url: broker.url,
    lab: 'bench',
    client: 'bench',
    role: 'driver',
    presence: { module: 'bench' },
  });
  undo.push(
    () => broker.close(),
    () => client.close(),
  );
  return {
    off: await remote('off', broker.url, broker.labToken, client),
    on: await remote('on', broker.url, broker.labToken, client),
  };
};

const registers = await opened();
const reads = overMqtt ? 1500 : 100_000;
for (const which of ['off', 'on'] as const) await lockstep(registers[which], reads); // once unmeasured
for (let round = 0; round < ROUNDS; round++) {
  // turn about, so that neither always goes first
  const first = round % 2 === 0 ? 'off' : 'on';
  const one = await lockstep(registers[first], reads);
  const other = await lockstep(registers[first === 'off' ? 'on' : 'off'], reads);
  const [off, on] = first === 'off' ? [one, other] : [other, one];
  process.stdout.write(`${JSON.stringify({ off, on })}\n`);
}
for (const step of undo.reverse()) await step();
// as many as there were: what is fast because it leaves something out is not measured here
const expected = (ROUNDS + 1) * reads;
if (recorder.written < expected - 1024) throw new Error(`${recorder.written} of ${expected} accesses were recorded`);
file.close();
rmSync(folder, { recursive: true });
