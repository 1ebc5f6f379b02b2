/** Facts of the interrupt message. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from './errors.ts';
import { encodeInterrupt, parseInterrupt } from './interrupt.ts';

test('an interrupt survives the wire', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string({ maxLength: 40 }), fc.boolean(), fc.nat(), (seq, line, asserted, time) => {
      const interrupt = { seq, line, asserted, time };
      expect(parseInterrupt(new TextEncoder().encode(encodeInterrupt(interrupt)))).toEqual(interrupt);
    }),
  );
});

test('any other bytes are an EPROTO and nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((text) => new TextEncoder().encode(text)),
      ),
      (bytes) => {
        try {
          parseInterrupt(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
          expect((error as LabError).code).toBe('EPROTO');
        }
      },
    ),
  );
});
