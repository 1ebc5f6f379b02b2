/** Lockstep with an emulator nobody here wrote: the same random instructions on our core and on uCsim's s51. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { noise } from '#bus/random.ts';
import { Cpu, type Peripherals } from './cpu.ts';
import { disassemble } from './disassemble.ts';
import { INSTRUCTIONS, type Operand } from './instructions.ts';
import { SFR } from './sfr.ts';

/** More of them for a long run: `FERROLAB_LOCKSTEP=1000000`, some ten minutes. */
const STEPS = Number(process.env.FERROLAB_LOCKSTEP ?? 8_000);
const SEED = Number(process.env.FERROLAB_LOCKSTEP_SEED ?? 1);
/** Instructions a question to the peer. */
const BATCH = 250;
/** Instructions from reset values on: then both start afresh, with other memories. */
const LIFE = 50_000;
/** Slower than this and the machine, not the core, is the finding. */
const MS_PER_STEP = 20;
const JMP_A_DPTR = 0x73;
const present = spawnSync('s51', ['-v']).error === undefined;
const ALL = Array.from({ length: 0x100 }, (_, opcode) => opcode);

/** Registers of the core that are plain storage in both; the rest of the space is each chip's own. */
const SAFE_SFRS = [SFR.ACC, SFR.B, SFR.PSW, SFR.SP, SFR.DPL, SFR.DPH, SFR.P2, SFR.DPX];
const SAFE_BIT_SFRS = [SFR.ACC, SFR.B, SFR.PSW, SFR.P2];

const folder = mkdtempSync(join(tmpdir(), 'ferrolab-lockstep-'));
const peers: Peer[] = [];
afterAll(() => {
  for (const peer of peers) peer.stop();
  rmSync(folder, { recursive: true });
});

test.skipIf(!present)(
  `${STEPS} random instructions leave the same registers and memories as on uCsim, after each`,
  async () => {
    const executed = new Uint32Array(0x100);
    for (let done = 0, life = 0; done < STEPS; done += LIFE, life++)
      await live(SEED + life, Math.min(LIFE, STEPS - done), executed);
    const rarest = Math.min(...executed);
    const sum = executed.reduce((total, times) => total + times, 0);
    console.log(`${sum} instructions, no difference; every opcode at least ${rarest} times, seed ${SEED}`);
    if (STEPS >= 8_000) expect(ALL.filter((opcode) => executed[opcode] === 0)).toEqual([]);
  },
  60_000 + MS_PER_STEP * STEPS,
);

/** Both cores from the same random memories through the same instructions, each written where PC stands just before it runs. */
const live = async (seed: number, steps: number, executed: Uint32Array): Promise<void> => {
  const random = randomBytes(seed);
  const xdata = new Uint8Array(0x10000);
  let wrote: number | undefined;
  const cpu = new Cpu(
    plainMemory(xdata, (address) => {
      wrote = address;
    }),
  );
  cpu.sfr[SFR.P2] = 0xff; // ports come out of reset high there
  for (let n = 0; n < 0x100; n++) cpu.idata[n] = random();
  const peer = new Peer();
  peers.push(peer);
  await peer.ask([
    'set error stack off', // a wrapping stack is allowed here
    'fill rom 0 0xffff 0',
    'fill xram 0 0xffff 0',
    `set memory iram 0 ${bytes(cpu.idata.subarray(0, 0x80))}`,
    `set memory iram 0x80 ${bytes(cpu.idata.subarray(0x80))}`,
    'pc 0',
  ]);
  for (let done = 0; done < steps; done += BATCH) {
    const commands: string[] = [];
    const ours: Seen[] = [];
    const texts: string[] = [];
    for (let n = 0; n < Math.min(BATCH, steps - done); n++) {
      const at = cpu.pc;
      const drawn = randomInstruction(random);
      const instruction = readsPastTheEnd(cpu, drawn) ? [NOP] : drawn;
      for (const [i, byte] of instruction.entries()) cpu.code[(at + i) & 0xffff] = byte;
      executed[instruction[0] ?? 0]!++;
      texts.push(`${hex(at, 4)} ${disassemble(cpu.code, at).text}`);
      wrote = undefined;
      cpu.step();
      commands.push(...place(at, instruction), 'step');
      if (touchesPsw(instruction)) commands.push(`set memory sfr 0xd0 ${cpu.readDirect(SFR.PSW)}`);
      if (cpu.pc === 0 && addsToPc(instruction)) commands.push('pc 0');
      if (wrote !== undefined) commands.push(`expression xram[${wrote}]`);
      commands.push('dump /i iram 0 0xff');
      ours.push(seenHere(cpu, touchesPsw(instruction), wrote === undefined ? undefined : xdata[wrote]));
    }
    const theirs = seenThere(await peer.ask(commands), ours);
    const wrong = ours.findIndex((state, n) => JSON.stringify(state) !== JSON.stringify(theirs[n]));
    if (wrong >= 0)
      expect(theirs[wrong], `after ${texts.slice(Math.max(0, wrong - 1), wrong + 1)}`).toEqual(ours[wrong]);
    expect(theirs.length, 'instructions the peer executed').toBe(ours.length);
  }
  expect(memoryIn(await peer.ask(['dump /i xram 0 0xffff']))).toBe(hexOf(xdata));
  peer.stop();
};

/** What both can tell after an instruction. */
interface Seen {
  readonly registers: string;
  readonly idata: string;
  /** The byte of XDATA it wrote, if any. */
  readonly wrote: number | undefined;
}

const plainMemory = (xdata: Uint8Array, wrote: (address: number) => void): Peripherals => ({
  sfrs: [],
  readSfr: () => 0,
  writeSfr: () => undefined,
  readXdata: (_, address) => xdata[address & 0xffff] ?? 0,
  writeXdata: (_, address, value) => {
    xdata[address & 0xffff] = value;
    wrote(address);
  },
  dueAt: Number.POSITIVE_INFINITY,
  due: () => undefined,
});

/**
 * Known wrong in the peer: an instruction that writes PSW leaves bit 0 as written. Manual: "Parity flag. Set/cleared by hardware
 * each instruction cycle to indicate an odd/even number of 1 bits in the accumulator" (MCS-51 Programmer's Guide, PSW).
 */
const touchesPsw = ([opcode = 0, ...operands]: readonly number[]): boolean =>
  INSTRUCTIONS[opcode & 0xff]!.operands.some(
    (kind, n) => 'dsb'.includes(kind) && (operands[n] ?? 0) >> 3 === SFR.PSW >> 3,
  );

/**
 * Known wrong in the peer: MOVC does not wrap at FFFFh and reads 0 behind the end. Manual: "A sixteen-bit addition is performed"
 * (MCS-51 Programmer's Guide, MOVC).
 */
const readsPastTheEnd = (cpu: Cpu, [opcode]: readonly number[]): boolean =>
  (opcode === 0x83 && cpu.a + cpu.pc + 1 > 0xffff) || (opcode === 0x93 && cpu.a + cpu.dptr > 0xffff);
const NOP = 0;

/**
 * Known wrong in the peer: a taken relative jump, or JMP @A+DPTR, to exactly the end of memory leaves PC at 10000h; farther ones
 * wrap. Manual: PC is 16 bits (MCS-51 Programmer's Guide, SJMP: "Branches to the address indicated"; JMP: "a sixteen-bit addition").
 */
const addsToPc = ([opcode = 0]: readonly number[]): boolean =>
  opcode === JMP_A_DPTR || INSTRUCTIONS[opcode & 0xff]!.operands.includes('r');

const randomBytes = (seed: number): (() => number) => {
  let n = 0;
  return () => Math.floor(noise(seed, n++) * 0x100);
};

const randomInstruction = (random: () => number): number[] => {
  const opcode = random();
  const operand: Readonly<Record<Operand, () => readonly number[]>> = {
    d: () => [random() < 0x90 ? random() & 0x7f : pick(SAFE_SFRS, random())],
    s: () => operand.d(),
    b: () => [random() < 0x90 ? random() & 0x7f : pick(SAFE_BIT_SFRS, random()) | (random() & 7)],
    i: () => [random()],
    r: () => [random()],
    p: () => [random()],
    w: () => [random(), random()],
    t: () => [random(), random()],
  };
  return [opcode, ...INSTRUCTIONS[opcode & 0xff]!.operands.flatMap((kind) => operand[kind]())];
};
/** Memory ends at FFFFh and goes on at 0. */
const place = (at: number, instruction: readonly number[]): string[] =>
  at + instruction.length <= 0x10000
    ? [`set memory rom ${at} ${instruction.join(' ')}`]
    : instruction.map((byte, i) => `set memory rom ${(at + i) & 0xffff} ${byte}`);
const pick = (from: readonly number[], by: number): number => from[by % from.length] ?? 0;

const hex = (value: number, digits = 2): string => value.toString(16).padStart(digits, '0');
const bytes = (of: Uint8Array): string => Array.from(of, (byte) => `0x${hex(byte)}`).join(' ');
const hexOf = (memory: Uint8Array): string => Buffer.from(memory).toString('hex');

const seenHere = (cpu: Cpu, parityUnsure: boolean, wrote: number | undefined): Seen => {
  const registers = ALL.slice(0, 8)
    .map((n) => hex(cpu.idata[(cpu.bank + n) & 0x1f] ?? 0))
    .join(' ');
  const psw = parityUnsure ? '--' : hex(cpu.readDirect(SFR.PSW));
  return {
    registers: `${registers} A=${hex(cpu.a)} B=${hex(cpu.b)} PSW=${psw} SP=${hex(cpu.sp)} DPTR=${hex(cpu.dptr, 4)} PC=${hex(cpu.pc, 4)}`,
    idata: hexOf(cpu.idata),
    wrote,
  };
};

const STATE =
  /R0 R1 R2 R3 R4 R5 R6 R7\s+((?:[0-9a-f]{2} ){7}[0-9a-f]{2})[\s\S]*?ACC= 0x(..)[\s\S]*?B= 0x(..)[\s\S]*?PSW= 0x(..)[\s\S]*?SP 0x(..)[\s\S]*?DPTR= 0x(....)[\s\S]*?F 0x0[01](....)/;
/** One piece of the answer for each `step`; what we do not ask of the peer is not held against it. */
const seenThere = (answer: string, ours: readonly Seen[]): Seen[] =>
  answer
    .split('\nStop at ')
    .slice(1)
    .map((piece, n) => {
      const [, r, a, b, psw, sp, dptr, pc] = STATE.exec(piece) ?? [];
      const flags = ours[n]?.registers.includes('PSW=--') ? '--' : psw;
      const wrote = /^expression xram.*\r?\n(\d+)/m.exec(piece)?.[1];
      return {
        registers: `${r} A=${a} B=${b} PSW=${flags} SP=${sp} DPTR=${dptr} PC=${pc}`,
        idata: memoryIn(piece),
        wrote: wrote === undefined ? undefined : Number(wrote),
      };
    });
/** Intel HEX rows of a dump. */
const memoryIn = (answer: string): string =>
  [...answer.matchAll(/^:[0-9A-F]{6}00([0-9A-F]*)..\r?$/gm)]
    .map(([, row = '']) => row)
    .join('')
    .toLowerCase();

/** One s51 process, asked in batches. */
class Peer {
  readonly #process: ChildProcess;
  #heard = '';
  #asked = 0;
  #notice: () => void = () => undefined;

  constructor() {
    // Through real pipes: on a socket, which is what Node would give it, it paints its answers letter by letter.
    this.#process = spawn('sh', ['-c', 'cat | s51 -t C52 -b | cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('latin1');
      this.#notice();
    });
  }

  /** Everything it prints while doing these. */
  async ask(commands: readonly string[]): Promise<string> {
    const mark = 77_000_000 + this.#asked++;
    // From a file: what it is told at its console it repeats, letter by letter.
    const file = join(folder, `${mark}`);
    writeFileSync(file, `${commands.join('\n')}\n`);
    this.#process.stdin?.write(`exec "${file}"\nexpression ${mark}-1\n`);
    const end = `\n${mark - 1}\n`;
    while (!this.#heard.includes(end))
      await new Promise<void>((resolve) => {
        this.#notice = resolve;
      });
    rmSync(file);
    const answer = this.#heard;
    this.#heard = '';
    return answer;
  }

  stop(): void {
    if (this.#process.stdin?.writable === true) this.#process.stdin.end('quit\n');
  }
}
