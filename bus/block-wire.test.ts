import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_OPS, BLOCK_STATUSES, type BlockCommand, type BlockCompletion } from './block.ts';
import { RIG_IDENTITY } from './block-rig.ts';
import {
  CompletionReader,
  decodeCommands,
  decodeIdentity,
  encodeCommands,
  encodeCompletions,
  encodeIdentity,
} from './block-wire.ts';
import { LabError } from './errors.ts';
import { MAX_BODY_BYTES } from './message.ts';

const slot = { hctx: fc.nat(0xffff), tag: fc.nat(0xffff), generation: fc.nat(0xffffffff) };
const flag = fc.constantFrom<true | undefined>(true, undefined);
const given = <T extends object>(of: T): T =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as T; // as it was, less what is undefined

const aCommand: fc.Arbitrary<BlockCommand> = fc
  .record({
    ...slot,
    op: fc.constantFrom(...BLOCK_OPS),
    sector: fc.nat(2 ** 43),
    sectors: fc.nat(16),
    fua: flag,
    noUnmap: flag,
    reclaims: flag,
  })
  .map(({ op, sectors, ...rest }) => {
    const data = op === 'write' || op === 'zone_append' ? new Uint8Array(sectors * 512).fill(sectors) : undefined;
    return given({ op, sectors, ...rest, data }) as BlockCommand; // `given` drops what is undefined
  });

const aCompletion: fc.Arbitrary<BlockCompletion> = fc
  .record({
    ...slot,
    status: fc.constantFrom(...BLOCK_STATUSES),
    sector: fc.option(fc.nat(2 ** 43), { nil: undefined }),
    data: fc.option(fc.uint8Array({ minLength: 1, maxLength: 2000 }), { nil: undefined }),
  })
  .map((of) => given(of) as BlockCompletion); // `given` drops what is undefined

test('any commands arrive as they were sent', () => {
  fc.assert(
    fc.property(fc.array(aCommand, { maxLength: 8 }), (commands) => {
      expect(decodeCommands(encodeCommands(commands))).toEqual(commands);
    }),
  );
});

test('any completions arrive as they were sent', () => {
  fc.assert(
    fc.property(fc.array(aCompletion, { maxLength: 8 }), (completions) => {
      const reader = new CompletionReader();
      expect(encodeCompletions(completions).flatMap((message) => reader.read(message))).toEqual(completions);
    }),
  );
});

test('a completion larger than a message comes in several, none larger than one', () => {
  const data = Uint8Array.from({ length: 3 * MAX_BODY_BYTES + 7 }, (_, i) => i % 251);
  const completions: BlockCompletion[] = [
    { hctx: 0, tag: 1, generation: 1, status: 'OK' },
    { hctx: 1, tag: 2, generation: 9, status: 'MEDIUM', data },
    { hctx: 0, tag: 3, generation: 1, status: 'OK', data: Uint8Array.of(1) },
  ];
  const messages = encodeCompletions(completions);
  expect(messages.length).toBeGreaterThan(3);
  expect(messages.every(({ length }) => length <= MAX_BODY_BYTES)).toBe(true);
  const reader = new CompletionReader();
  const heard = messages.flatMap((message) => reader.read(message));
  expect(heard.map(({ tag, status }) => [tag, status])).toEqual([
    [1, 'OK'],
    [2, 'MEDIUM'],
    [3, 'OK'],
  ]);
  expect(Buffer.compare(heard[1]?.data ?? new Uint8Array(), data)).toBe(0);
});

test('any bytes are commands, or a LabError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeCommands(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
      try {
        new CompletionReader().read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
      try {
        decodeIdentity(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
    }),
  );
});

test('commands that were cut off or bent anywhere are commands, or a LabError', () => {
  fc.assert(
    fc.property(fc.array(aCommand, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), (commands, at, byte) => {
      const bytes = encodeCommands(commands);
      const bent = bytes.slice(0, at % (bytes.length + 1));
      if (bent.length > 0) bent[at % bent.length] = byte;
      try {
        decodeCommands(bent);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
    }),
  );
});

test('an identity arrives as it was sent', () => {
  expect(decodeIdentity(encodeIdentity(RIG_IDENTITY))).toEqual(RIG_IDENTITY);
});
