import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDiskAnswer, decodeDiskRequest, encodeDiskAnswer, encodeDiskRequest } from './disk-wire.ts';
import { LabError } from './errors.ts';
import { fillPattern, mismatch } from './pattern.ts';

test.each(['5a', 'deadbeef', '0x010203', 'sector', 'sector:77'])(
  'pattern %s is the same wherever one begins',
  (pattern) => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 8 }), (sector, sectors) => {
        const whole = fillPattern(pattern, 0, sector + sectors);
        const part = fillPattern(pattern, sector, sectors);
        expect(Buffer.compare(part, whole.subarray(sector * 512))).toBe(0);
        expect(mismatch(pattern, sector, part)).toBe(-1);
        part[700 % part.length] = (part[700 % part.length] ?? 0) ^ 1;
        expect(mismatch(pattern, sector, part)).toBe(700 % part.length);
      }),
      { numRuns: 20 },
    );
  },
);

test('patterns of two writes of one place differ by their salt', () => {
  expect(mismatch('sector:1', 5, fillPattern('sector:2', 5, 1))).toBe(4);
});

test.each(['', 'xyz', '5', 'sector:', 'sector:-1', 'ff'.repeat(65)])('%j is no pattern', (pattern) => {
  expect(() => fillPattern(pattern, 0, 1)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

test('a disk request and its answer arrive as they were sent', () => {
  const bio = { op: 'write', sector: 2 ** 40, sectors: 2, fua: true, data: fillPattern('5a', 0, 2) } as const;
  expect(decodeDiskRequest(encodeDiskRequest({ disk: 'nullb0', bio }))).toEqual({ disk: 'nullb0', bio });
  const flush = { op: 'flush', sector: 0, sectors: 0, preflush: true, polled: true, noUnmap: true } as const;
  expect(decodeDiskRequest(encodeDiskRequest({ disk: null, bio: flush }))).toEqual({ disk: null, bio: flush });
  for (const answer of [
    { status: 'OK' as const },
    { status: 'ZONE_ACTIVE_RESOURCE' as const, sector: 7 },
    { status: 'OK' as const, data: new Uint8Array() },
    { status: 'IOERR' as const, data: Uint8Array.of(1, 2, 3) },
  ])
    expect(decodeDiskAnswer(encodeDiskAnswer(answer))).toEqual(answer);
});

test('more data than a message takes is refused on the way out, also what a read would bring', () => {
  const read = { op: 'read', sector: 0, sectors: 4096 } as const;
  expect(() => encodeDiskRequest({ disk: null, bio: read })).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
});

test('any bytes are a disk message, or a LabError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.json(), (bytes, json) => {
      const text = new TextEncoder().encode(json);
      const framed = Uint8Array.of(text.length >> 8, text.length & 0xff, ...text);
      for (const body of [bytes, framed])
        for (const decode of [decodeDiskRequest, decodeDiskAnswer])
          try {
            decode(body);
          } catch (error) {
            expect(error).toBeInstanceOf(LabError);
          }
    }),
  );
});
