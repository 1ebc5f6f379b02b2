/** The program of the 8051 benchmark: the open firmware's own checksum and its own waiting, for ever, in the proportion of a whole run. */
import { readFileSync } from 'node:fs';

const FIRMWARE = `${import.meta.dirname}/../firmware/ferrolab-qt2025`;
/** In the padding of the image. */
const START = 0x4000;
const STACK = 0x40;
/** Waiting is 85.4 % of the instructions between reset and a link. Source: analysis of the public firmware, instruction mix. */
const WAIT_MS = 52;
const LJMP = 0x02;
const LCALL = 0x12;

export interface Program {
  readonly code: Uint8Array;
  /** Where each turn begins. */
  readonly turn: number;
}

export const microProgram = (): Program => {
  const code = Uint8Array.from(readFileSync(`${FIRMWARE}.fw`));
  const symbols = new Map(
    readFileSync(`${FIRMWARE}.map`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', address = ''] = line.split(' ');
        return [name, Number.parseInt(address, 16)] as const;
      }),
  );
  const call = (name: string): number[] => {
    const at = symbols.get(name);
    if (at === undefined) throw new Error(`the firmware's map has no ${name}`);
    return [LCALL, at >> 8, at & 0xff];
  };
  const prologue = [0x75, 0x81, STACK, ...call('_take_clock')];
  const turn = START + prologue.length;
  const body = [...call('_image_sum'), 0x90, 0x00, WAIT_MS, ...call('_wait_ms'), LJMP, turn >> 8, turn & 0xff];
  code.set([...prologue, ...body], START);
  code.set([LJMP, START >> 8, START & 0xff]);
  return { code, turn };
};

/** The form in which other emulators take it. */
export const intelHex = (code: Uint8Array): string => {
  const rows = Array.from({ length: Math.ceil(code.length / 16) }, (_, n) => {
    const bytes = code.subarray(16 * n, 16 * n + 16);
    return row([bytes.length, (16 * n) >> 8, (16 * n) & 0xff, 0, ...bytes]);
  });
  return `${rows.join('\n')}\n:00000001FF\n`;
};
const row = (bytes: readonly number[]): string =>
  `:${Buffer.from([...bytes, -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff])
    .toString('hex')
    .toUpperCase()}`;
