/** The words of the debugger page: what the head says, what is marked, what can be followed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CellView, MicroView } from '#bus/micro-view.ts';
import { cellWords, changedBytes, inOrder, minutes, splitTarget, stateWords } from './micro-words.ts';

const view = (of: Partial<MicroView>): MicroView => ({
  device: 'phy0',
  state: 'running',
  frozen: false,
  stop: null,
  why: null,
  haltedAt: null,
  letsGoAt: null,
  limitS: 600,
  turn: 1,
  registers: {
    ...{ pc: 0, a: 0, b: 0, psw: 0, sp: 7, dptr: 0, dpx: 0, ie: 0, ip: 0, tcon: 0, tmod: 0, timer0: 0, bank: 0 },
    r: [0, 0, 0, 0, 0, 0, 0, 0],
    inService: 0,
  },
  place: 'main+4h',
  cycles: 0,
  instructions: 0,
  skipped: 0,
  clockHz: 125e6,
  speed: null,
  breakpoints: [],
  profiling: false,
  missteps: [],
  symbols: null,
  ...of,
});

test('says whether the core runs and how fast, or why it stands and for how long', () => {
  const speed = { instructionsPerS: 58.34e6, cyclesPerS: 110e6, ofRealTime: 0.88 };
  expect(stateWords(view({ speed }), 0)).toEqual({
    lamp: 'ok',
    word: 'Running',
    detail: '58.3 M instructions/s, 88 % of real time',
  });
  expect(stateWords(view({ state: 'halted', why: 'breakpoint 1 at main', letsGoAt: 600e9 }), 19e9)).toEqual({
    lamp: 'wait',
    word: 'Halted',
    detail: 'breakpoint 1 at main; goes on in 9:41',
  });
  expect(stateWords(view({ state: 'off' }), 0).word).toBe('Off');
  expect(stateWords(view({ frozen: true }), 0)).toMatchObject({ lamp: 'fault', word: 'Frozen' });
});

test('counts down in minutes and seconds and never below nothing', () => {
  expect([600e9, 59.2e9, 1, 0, -5e9].map(minutes)).toEqual(['10:00', '1:00', '0:01', '0:00', '0:00']);
});

test('marks exactly the bytes that differ, and none when another place is shown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (before, now) => {
      const changed = changedBytes([...before], [...now]);
      for (const [i, byte] of now.entries())
        expect(changed.has(i)).toBe(before.length === now.length && byte !== before[i]);
    }),
  );
  expect(changedBytes(undefined, [1, 2]).size).toBe(0);
});

test('a jump ends in the place it goes to', () => {
  const line = (text: string, target: number | null) => ({ at: 0, bytes: [], cycles: 1, label: null, text, target });
  expect(splitTarget(line('LCALL reg_read', 5))).toEqual(['LCALL ', 'reg_read']);
  expect(splitTarget(line('CJNE R7,#12H,1234H', 5))).toEqual(['CJNE R7,#12H,', '1234H']);
  expect(splitTarget(line('MOV A,R7', null))).toEqual(['MOV A,R7', null]);
});

test('the telling cells come first, the others in order of address', () => {
  const cell = (name: string, at: number): CellView => ({ name, at, value: 0, text: '', doc: name });
  const cells = [cell('B', 2), cell('UC_STATUS', 0x7fd), cell('A', 1), cell('HEARTBEAT', 0x7ee)];
  expect(inOrder(cells).map(({ name }) => name)).toEqual(['UC_STATUS', 'HEARTBEAT', 'A', 'B']);
  expect(cellWords({ ...cell('X', 0), text: 'STATUS tracking' })).toBe('tracking');
  expect(cellWords({ ...cell('X', 0), text: 'BYTE 5Ch' })).toBe('X');
});
