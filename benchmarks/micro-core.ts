/** Process of the 8051 benchmark: our core on the program, without and with recognised delay loops; a line of JSON a round. */

import { bareChip } from '#devices/qt2025/micro/bare-chip.ts';
import { Cpu } from '#devices/qt2025/micro/cpu.ts';
import { microProgram } from './micro-program.ts';

const ROUND_MS = 1500;
const CHUNK_CYCLES = 5_000_000;
const { code } = microProgram();

const cpuOf = (skipDelays: boolean): Cpu => {
  const memory = new Uint8Array(0x10000);
  memory.set(code);
  return new Cpu(bareChip(), { code: memory, skipDelays });
};

/** Instructions a second, those of skipped passes included. */
const measure = (cpu: Cpu): number => {
  const from = cpu.instructions;
  const began = performance.now();
  while (performance.now() - began < ROUND_MS) cpu.run(cpu.now() + CHUNK_CYCLES);
  return (cpu.instructions - from) / ((performance.now() - began) / 1000);
};

const [stepping, recognising] = [cpuOf(false), cpuOf(true)];
measure(stepping); // code is compiled
measure(recognising);
process.stdout.write('ready\n');
process.stdin.on('data', () => {
  const round = { stepped: measure(stepping), recognised: measure(recognising) };
  process.stdout.write(`${JSON.stringify(round)}\n`);
});
