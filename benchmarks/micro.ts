/** The 8051 of the QT2025: instructions a second beside uCsim on the same program, and beside the real chip. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { intelHex, microProgram } from './micro-program.ts';
import { median, type Row, row } from './rows.ts';

const ROUNDS = 3;
/** Turns of the program that uCsim is given; each is 4.3 million instructions. */
const PEER_TURNS = 2;
/** 125 MHz at 1.88 cycles an instruction. Source: analysis of the public firmware, time and speed. */
const CHIP_INSTRUCTIONS = 66e6;
const CHIP_CYCLES = 125e6;
const CHIP = 'QT2025 at 125 MHz';

export const benchMicro = async (): Promise<readonly Row[]> => {
  const peerHere = spawnSync('s51', ['-v']).error === undefined;
  if (!peerHere) process.stderr.write('micro: no s51 here (Debian: sdcc-ucsim), so nothing beside it\n');
  const core = new Asked(start('micro-core.ts'));
  await core.line();
  const peers: number[] = [];
  const stepped: number[] = [];
  const recognised: number[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'ferrolab-bench-'));
  for (let n = 0; n < ROUNDS; n++) {
    if (peerHere) peers.push(await peerRound(folder));
    const ours = JSON.parse(await core.ask()) as { readonly stepped: number; readonly recognised: number };
    stepped.push(ours.stepped);
    recognised.push(ours.recognised);
  }
  await core.end();
  rmSync(folder, { recursive: true });
  const [plain, fast, peer] = [median(stepped), median(recognised), peerHere ? median(peers) : 0];
  return [
    ...(peerHere ? [row('8051 instructions, each stepped', plain, '/s', 'uCsim s51', peer)] : []),
    ...(peerHere ? [row('8051 instructions, delay loops recognised', fast, '/s', 'uCsim s51', peer)] : []),
    row('8051 instructions, each stepped', plain, '/s', CHIP, CHIP_INSTRUCTIONS),
    row('8051 instructions, delay loops recognised', fast, '/s', CHIP, CHIP_INSTRUCTIONS),
    await liveRow(),
  ];
};

/** The clock the core keeps in real time, tracking, while a driver reads registers in lockstep. */
const liveRow = async (): Promise<Row> => {
  const lab = new Asked(start('micro-lab.ts'));
  const traffic = new Asked(start('micro-traffic.ts', await lab.line()));
  await traffic.line(); // unmeasured
  await lab.ask();
  const cycles: number[] = [];
  const reads: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    reads.push(Number(await traffic.ask()));
    cycles.push(Number(await lab.ask()));
  }
  await traffic.end();
  await lab.end();
  const rate = Math.round(median(reads)).toLocaleString('en');
  return row(`core clock in real time, lab serving ${rate} reads/s`, median(cycles), '/s', CHIP, CHIP_CYCLES);
};

/** Instructions a second of uCsim, from `run` to the breakpoint. */
const peerRound = async (folder: string): Promise<number> => {
  const { code, turn } = microProgram();
  const file = join(folder, 'program.ihx');
  writeFileSync(file, intelHex(code));
  // Through real pipes: on a socket, which is what Node would give it, it paints its answers letter by letter.
  const peer = spawn('sh', ['-c', `cat | s51 -t C52 -b ${file} | cat`], { stdio: ['pipe', 'pipe', 'ignore'] });
  const asked = new Asked(peer);
  peer.stdin?.write(`fill xram 0 0xffff 0\nbreak ${turn} ${PEER_TURNS + 1}\nexpression 77-1\n`);
  while ((await asked.line()) !== '76');
  const began = performance.now();
  peer.stdin?.write('run\nstate\n');
  for (;;) {
    const [, instructions] = /^Inst= (\d+)/.exec(await asked.line()) ?? [];
    if (instructions === undefined) continue;
    const took = (performance.now() - began) / 1000;
    peer.stdin?.end('quit\n');
    return Number(instructions) / took;
  }
};

const start = (file: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [`${import.meta.dirname}/${file}`, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });

/** A process that answers a line with a line. */
class Asked {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(process: ChildProcess) {
    if (process.stdout === null) throw new Error('no output to read');
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('a process of the benchmark ended early');
    return value;
  }

  ask(): Promise<string> {
    this.#process.stdin?.write('\n');
    return this.line();
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }
}
