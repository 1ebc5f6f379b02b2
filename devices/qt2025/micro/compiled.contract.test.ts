/** Programs compiled by SDCC run on our core and find what the host's compiler and we find. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { ms } from '#bus/clock.ts';
import { readIntelHex } from '../../../firmware/open/intel-hex.ts';
import { bareChip } from './bare-chip.ts';
import { NS_PER_CYCLE } from './core-clock.ts';
import { Cpu } from './cpu.ts';

const present = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;
const [sdccPresent, ccPresent] = [present('sdcc'), present('cc')];
/** They call library routines, keep variables in different memories and use different forms of MOVX. */
const MODELS = ['small', 'medium', 'large'] as const;
/** As in programs/report.h. */
const RESULTS_AT = 0xc000;
const DONE_AT = 0xbfff;
/** Chip time no program here comes near. */
const LIMIT_CYCLES = ms(20_000) / NS_PER_CYCLE;

const work = mkdtempSync(join(tmpdir(), 'ferrolab-programs-'));
afterAll(() => rmSync(work, { recursive: true }));

const source = (program: string): string => join(import.meta.dirname, 'programs', `${program}.c`);
const compile = (compiler: string, ...args: readonly string[]): void => {
  const { status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${compiler} ${args.join(' ')} ended with ${status}: ${stderr}`);
};

/** Results of a program on the 8051. */
const onOurCore = (program: string, model: string): readonly number[] => {
  const hex = join(work, `${program}-${model}.ihx`);
  compile('sdcc', '-mmcs51', `--model-${model}`, '--iram-size', '256', source(program), '-o', hex);
  const chip = bareChip();
  const cpu = new Cpu(chip);
  for (const [at, byte] of readIntelHex(readFileSync(hex, 'ascii'))) cpu.code[at] = byte;
  while (chip.xdata[DONE_AT] === 0 && cpu.now() < LIMIT_CYCLES) cpu.run(cpu.now() + 10_000);
  expect(chip.xdata[DONE_AT], `${program} came to its end`).toBe(1);
  expect(cpu.missteps).toEqual([]);
  const results = new DataView(chip.xdata.buffer, RESULTS_AT);
  return expectedOf(program).map((_, n) => results.getUint32(4 * n, true));
};

const onTheHost = (program: string): readonly number[] => {
  const binary = join(work, program);
  compile('cc', '-w', '-fwrapv', source(program), '-o', binary);
  return spawnSync(binary, { encoding: 'utf8' }).stdout.trim().split('\n').map(Number);
};

/** The numbers of programs/report.h. */
const draws = (): (() => number) => {
  let seed = 8051;
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed;
  };
};

const PROGRAMS: Readonly<Record<string, () => readonly number[]>> = {
  sieve: () => {
    const isPrime = (n: number): boolean => {
      for (let by = 2; by * by <= n; by++) if (n % by === 0) return false;
      return n > 1;
    };
    const primes = Array.from({ length: 8192 }, (_, n) => n).filter(isPrime);
    return [primes.length, primes.reduce((sum, prime) => sum + prime, 0), ...primes.slice(-10).reverse()];
  },
  crc32: () => {
    const draw = draws();
    const message = Uint8Array.from({ length: 1000 }, () => draw() >>> 24);
    return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((hundreds) => {
      const sum = crc32(message.subarray(0, 100 * hundreds));
      return [sum, sum];
    });
  },
  arithmetic: () => {
    const draw = draws();
    return Array.from({ length: 96 }, (_, n) => {
      const a = draw() >>> (n % 29);
      const b = ((draw() >>> ((n * 5) % 31)) | 1) >>> 0;
      const by = draw() >>> 27;
      const [c, d] = [a | 0, n & 1 ? -b | 0 : b | 0];
      const unsigned = [a + b, a - b, Math.imul(a, b), Math.trunc(a / b), a % b, a << by, a >>> by];
      const order = (a < b ? 1 : 0) | (a === b ? 2 : 0);
      const signed = [Math.trunc(c / d), c % d, c >> by, c < d ? 1 : 0];
      const narrow = [(a & 0xffff) * (b & 0xffff), (a & 0xff) * (b & 0xff), Math.trunc((a & 0xffff) / (b & 0xffff))];
      return [...unsigned, order, ...signed, ...narrow].map((value) => value >>> 0);
    }).flat();
  },
  strings: () => {
    const words = ['laser', 'fibre', 'preamble', 'turnaround', 'lane', 'eye', 'latch', 'lasers'];
    words.push('block lock', '', 'checksum', 'Laser');
    const inOrder = [...words].sort((one, other) => (one < other ? -1 : 1));
    const draw = draws();
    const text = (line: string): readonly number[] => [line.length, ...Buffer.from(line)];
    const lines = words.slice(0, 10).flatMap((word, n) => {
      const number = (draw() | 0) >> (n * 3);
      const letter = String.fromCharCode(97 + n);
      const padded = String(number % 1000).padStart(5);
      const line = `${number} ${(number >>> 1).toString(16)} ${number & 0xffff} ${letter} [${padded}] ${word}`;
      return [...text(line), 1];
    });
    return [...inOrder.flatMap(text), ...inOrder.flatMap((word) => text([...word].reverse().join(''))), ...lines];
  },
};
const expectedOf = (program: string): readonly number[] => PROGRAMS[program]?.() ?? [];

describe.for(Object.keys(PROGRAMS))('%s', (program) => {
  test.skipIf(!sdccPresent).for(MODELS)('finds on our core, in the %s memory model, what we find here', (model) => {
    expect(onOurCore(program, model)).toEqual(expectedOf(program));
  });

  test.skipIf(!ccPresent)("finds on the host's compiler what we find here", () => {
    expect(onTheHost(program)).toEqual(expectedOf(program));
  });
});
