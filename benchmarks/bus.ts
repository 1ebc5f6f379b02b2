/** Register accesses and the firmware upload, over the lab's own broker, over Mosquitto and in process, beside the wire of the standard. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { median, type Row, row } from './rows.ts';

/** IEEE 802.3, 45.3: two frames of 64 bits at 2.5 MHz for one access. */
const ACCESS_S = (2 * 64) / 2.5e6;
const UPLOAD_WRITES = 24_576;
const WIRE = 'MDIO wire at 2.5 MHz';

/** One round of the driver process. */
interface Round {
  readonly lockstepPerSecond: number;
  readonly pipelinedPerSecond: number;
  readonly uploadSeconds: number;
}

export const benchBus = async (): Promise<readonly Row[]> => {
  const embedded = await overMqtt();
  const mosquitto = await overMqtt('mosquitto').catch((error: unknown) => {
    process.stderr.write(`not measured over Mosquitto: ${String(error)}\n`);
    return undefined;
  });
  return [
    ...rows('over MQTT', embedded),
    ...(mosquitto === undefined ? [] : rows('over MQTT by Mosquitto', mosquitto)),
    ...rows('in process', await rounds(start('bus-driver.ts'))),
  ];
};

const overMqtt = async (...broker: string[]): Promise<readonly Round[]> => {
  const lab = start('bus-lab.ts', ...broker);
  try {
    return await rounds(start('bus-driver.ts', await firstLine(lab)));
  } finally {
    if (lab.exitCode === null && lab.kill('SIGTERM')) await once(lab, 'exit');
  }
};

const rows = (where: string, measured: readonly Round[]): Row[] => [
  row(`accesses ${where}, lockstep`, median(measured.map((r) => r.lockstepPerSecond)), '/s', WIRE, 1 / ACCESS_S),
  row(`accesses ${where}, 64 in flight`, median(measured.map((r) => r.pipelinedPerSecond)), '/s', WIRE, 1 / ACCESS_S),
  row(
    `upload of 24,576 bytes ${where}`,
    median(measured.map((r) => r.uploadSeconds)),
    's',
    WIRE,
    UPLOAD_WRITES * ACCESS_S,
  ),
];

const start = (file: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [`${import.meta.dirname}/${file}`, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });

const firstLine = async (child: ChildProcess): Promise<string> => {
  for await (const line of lines(child)) return line;
  throw new Error('the lab process ended before it said its address');
};

const rounds = async (child: ChildProcess): Promise<readonly Round[]> => {
  const measured: Round[] = [];
  for await (const line of lines(child)) measured.push(JSON.parse(line) as Round);
  if (measured.length < 3) throw new Error(`the driver process measured ${measured.length} rounds; a median takes 3`);
  return measured;
};

const lines = (child: ChildProcess): AsyncIterable<string> => {
  if (child.stdout === null) throw new Error('no output to read');
  return createInterface({ input: child.stdout });
};
