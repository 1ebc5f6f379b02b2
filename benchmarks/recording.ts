/** What watching costs: lockstep accesses with the trace on, and with a recording of it, beside the same with both off, turn about in one run. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { median, type Row } from './rows.ts';

interface Round {
  readonly off: number;
  readonly traced: number;
  readonly recorded: number;
}

export const benchRecording = async (): Promise<readonly Row[]> => [
  ...(await measured('in process')),
  ...(await measured('over MQTT', 'mqtt')),
];

const measured = async (where: string, ...args: string[]): Promise<readonly Row[]> => {
  const child = spawn(process.execPath, [`${import.meta.dirname}/recording-driver.ts`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const rounds: Round[] = [];
  for await (const line of createInterface({ input: child.stdout })) rounds.push(JSON.parse(line) as Round);
  if (rounds.length < 3) throw new Error(`${rounds.length} rounds were measured; a median takes 3`);
  // of each round the ratio, of the ratios the median: what else the machine does hits all of a round
  const row = (watched: 'traced' | 'recorded', how: string): Row => ({
    name: `accesses ${where}, lockstep, ${how}`,
    value: median(rounds.map((round) => round[watched])),
    unit: '/s',
    peer: 'neither',
    peerValue: median(rounds.map(({ off }) => off)),
    ratio: median(rounds.map((round) => round[watched] / round.off)),
  });
  return [row('traced', 'traced'), row('recorded', 'traced and recorded')];
};
