/** Process of the recording benchmark: lockstep reads of a device that nobody watches, of one that is traced and of one that is traced and recorded; a JSON line a round. */
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
import { type Broker, startBroker } from '#server/broker.ts';
import { AppendFile } from '#server/recording/append-file.ts';
import { RunRecorder } from '#server/recording/run-recorder.ts';

const { at } = QT2025.PMA_DEVID1;

/** Nobody watches; a trace, as every lab has one; a trace and a recording of it. */
const WATCHED = ['off', 'traced', 'recorded'] as const;
type Watched = (typeof WATCHED)[number];
type EachWay<T> = Record<Watched, T>;

/** A trace that keeps nothing and tells nobody. */
class NoTrace extends Trace {
  override record(): number {
    return 0;
  }
  override access(): number {
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
  scenario: { name: 'benchmark', yaml: '', bench: { recorded: { device: 'qt2025' } } },
  file: '',
  seed: 1,
  version: '',
  append: (bytes) => file.append(bytes),
});
recorder.watch({ mode: 'live', clock, trace, log: () => [] });
const buses: EachWay<MdioBus> = {
  off: busOf('off', new NoTrace(16)),
  traced: busOf('traced', new Trace()),
  recorded: busOf('recorded', trace),
};
const inProcess = (device: Watched) => c45Registers(buses[device].port('bench'), 1);

const lockstep = async (registers: ReturnType<typeof c45Registers>, reads: number): Promise<number> => {
  const began = performance.now();
  for (let i = 0; i < reads; i++) await registers.read(at);
  return (reads / (performance.now() - began)) * 1000;
};

const overMqtt = process.argv[2] === 'mqtt';
const undo: (() => unknown)[] = [];
const remote = async (device: Watched, { url, openSession }: Broker, client: BusClient) => {
  const served = await serveMdio({
    url,
    lab: 'bench',
    device,
    kind: 'qt2025',
    ports: ['mdio'],
    datasheet: '',
    openSession,
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
const opened = async (): Promise<EachWay<ReturnType<typeof c45Registers>>> => {
  if (!overMqtt) return eachWay(async (device) => inProcess(device));
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
  return eachWay((device) => remote(device, broker, client));
};
const eachWay = async <T>(make: (device: Watched) => Promise<T>): Promise<EachWay<T>> => ({
  off: await make('off'),
  traced: await make('traced'),
  recorded: await make('recorded'),
});

const registers = await opened();
// short rounds and many: what else the machine does hits some of them, and a median does not mind
const [rounds, reads] = overMqtt ? [18, 750] : [45, 20_000];
for (const which of WATCHED) await lockstep(registers[which], overMqtt ? 1500 : 100_000); // unmeasured
for (let round = 0; round < rounds; round++) {
  const rates = { off: 0, traced: 0, recorded: 0 };
  // turn about, so that none always goes first
  for (let turn = 0; turn < WATCHED.length; turn++) {
    const which = WATCHED[(round + turn) % WATCHED.length]!;
    rates[which] = await lockstep(registers[which], reads);
  }
  process.stdout.write(`${JSON.stringify(rates)}\n`);
}
for (const step of undo.reverse()) await step();
// as many as there were: what is fast because it leaves something out is not measured here
const expected = rounds * reads;
if (recorder.written < expected) throw new Error(`${recorder.written} of ${expected} accesses were recorded`);
file.close();
rmSync(folder, { recursive: true });
