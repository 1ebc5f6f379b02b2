/** Lockstep with an emulator nobody here wrote: the same random instructions on our core and on uCsim's s51. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { noise } from '#bus/random.ts';
import { Cpu, type Peripherals } from './cpu.ts';
import { disassemble } from './disassemble.ts';
import { INSTRUCTIONS, type Operand } from './instructions.ts';
import { SFR } from './sfr.ts';

/** More of them for a long run: `FERROLAB_LOCKSTEP=1000000`. */
const STEPS = Number(process.env.FERROLAB_LOCKSTEP ?? 20_000);
const SEED = Number(process.env.FERROLAB_LOCKSTEP_SEED ?? 1);
/** Memories are compared after so many instructions, registers after each. */
const BATCH = 250;
const present = spawnSync('s51', ['-v']).error === undefined;

/** Registers of the core that are plain storage in both; the rest of the space is each chip's own. */
const SAFE_SFRS = [SFR.ACC, SFR.B, SFR.PSW, SFR.SP, SFR.DPL, SFR.DPH];
const SAFE_BIT_SFRS = [SFR.ACC, SFR.B, SFR.PSW];

test.skipIf(!present)(
  `${STEPS} random instructions leave the same registers and memories as on uCsim`,
  async () => {
    const xdata = new Uint8Array(0x10000);
    const cpu = new Cpu(plainMemory(xdata));
    cpu.sfr[SFR.P2] = 0xff; // ports come out of reset high there
    const random = randomBytes(SEED);
    const peer = new Peer();
    peers.push(peer);
    for (let n = 0; n < 0x100; n++) cpu.idata[n] = random();
    await peer.ask([
      'set error stack off', // a wrapping stack is allowed here
      'fill rom 0 0xffff 0',
      'fill xram 0 0xffff 0',
      `set memory iram 0 ${bytes(cpu.idata.subarray(0, 0x80))}`,
      `set memory iram 0x80 ${bytes(cpu.idata.subarray(0x80))}`,
      'pc 0',
    ]);
    const covered = new Set<number>();
    for (let done = 0; done < STEPS; done += BATCH) {
      const commands: string[] = [];
      const ours: string[] = [];
      const unsure: boolean[] = [];
      for (let n = 0; n < BATCH; n++) {
        const at = cpu.pc;
        const drawn = randomInstruction(random);
        const instruction = readsPastTheEnd(cpu, drawn) ? [NOP] : drawn;
        for (const [i, byte] of instruction.entries()) cpu.code[(at + i) & 0xffff] = byte;
        covered.add(instruction[0] ?? 0);
        const { text } = disassemble(cpu.code, at);
        cpu.step();
        commands.push(...place(at, instruction), 'step');
        const psw = cpu.readDirect(SFR.PSW);
        const parityUnsure = touchesPsw(instruction);
        if (parityUnsure) commands.push(`set memory sfr 0xd0 ${psw}`);
        unsure.push(parityUnsure);
        ours.push(`${text} -> ${stateOf(cpu)}`);
      }
      const answer = await peer.ask([...commands, 'dump iram 0 0xff 32']);
      const theirs = statesIn(answer).map((state, n) => {
        const line = `${ours[n]?.split(' -> ')[0]} -> ${state}`;
        return unsure[n] ? line.replace(PSW_TEXT, PSW_TEXT.exec(ours[n] ?? '')?.[0] ?? '') : line;
      });
      const wrong = theirs.findIndex((line, n) => line !== ours[n]);
      expect(wrong < 0 ? [] : [ours[wrong - 1], ours[wrong]]).toEqual(
        wrong < 0 ? [] : [theirs[wrong - 1], theirs[wrong]],
      );
      expect(theirs.length, 'instructions the peer executed').toBe(BATCH);
      expect(memoryIn(answer), `idata after ${done + BATCH} instructions`).toEqual(bytes(cpu.idata));
    }
    const memory = await peer.ask(['dump xram 0 0xffff 32']);
    expect(memoryIn(memory, 4)).toEqual(bytes(xdata));
    if (STEPS >= 10_000) expect(covered.size).toBe(0x100);
  },
  30_000 + 3 * STEPS,
);

const peers: Peer[] = [];
afterAll(() => {
  for (const peer of peers) peer.stop();
});

const plainMemory = (xdata: Uint8Array): Peripherals => ({
  sfrs: [],
  readSfr: () => 0,
  writeSfr: () => undefined,
  readXdata: (_, address) => xdata[address & 0xffff] ?? 0,
  writeXdata: (_, address, value) => {
    xdata[address & 0xffff] = value;
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
const PSW_TEXT = /PSW=../;

/**
 * Known wrong in the peer: MOVC does not wrap at FFFFh and reads 0 behind the end. Manual: "A sixteen-bit addition is performed"
 * (MCS-51 Programmer's Guide, MOVC).
 */
const readsPastTheEnd = (cpu: Cpu, [opcode]: readonly number[]): boolean =>
  (opcode === 0x83 && cpu.a + cpu.pc + 1 > 0xffff) || (opcode === 0x93 && cpu.a + cpu.dptr > 0xffff);
const NOP = 0;

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

const stateOf = (cpu: Cpu): string => {
  const registers = Array.from({ length: 8 }, (_, n) => hex(cpu.idata[(cpu.bank + n) & 0x1f] ?? 0)).join(' ');
  const psw = cpu.readDirect(SFR.PSW);
  return `${registers} A=${hex(cpu.a)} B=${hex(cpu.b)} PSW=${hex(psw)} SP=${hex(cpu.sp)} DPTR=${hex(cpu.dptr, 4)} PC=${hex(cpu.pc, 4)}`;
};

const STATE =
  /R0 R1 R2 R3 R4 R5 R6 R7\s+((?:[0-9a-f]{2} ){7}[0-9a-f]{2})[\s\S]*?ACC= 0x(..)[\s\S]*?B= 0x(..)[\s\S]*?PSW= 0x(..)[\s\S]*?SP 0x(..)[\s\S]*?DPTR= 0x(....)[\s\S]*?F 0x00(....)/g;
const statesIn = (answer: string): string[] =>
  [...answer.matchAll(STATE)].map(
    ([, r, a, b, psw, sp, dptr, pc]) => `${r} A=${a} B=${b} PSW=${psw} SP=${sp} DPTR=${dptr} PC=${pc}`,
  );
/** Rows of a dump, which start at the address and go on at whatever boundary. */
const memoryIn = (answer: string, digits = 2): string => {
  const rows = answer.matchAll(new RegExp(`0x[0-9a-f]{${digits}} {6,}((?:[0-9a-f]{2} )+)`, 'g'));
  const all = [...rows].flatMap(([, row = '']) => row.trim().split(' '));
  return all.map((byte) => `0x${byte}`).join(' ');
};

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
    this.#process.stdin?.write(`${commands.join('\n')}\nexpression ${mark}-1\n`);
    const end = `${mark - 1}\n`;
    while (!this.#heard.includes(end))
      await new Promise<void>((resolve) => {
        this.#notice = resolve;
      });
    const answer = this.#heard;
    this.#heard = '';
    return answer;
  }

  stop(): void {
    this.#process.stdin?.end('quit\n');
  }
}
