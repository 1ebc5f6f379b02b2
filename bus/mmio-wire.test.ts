import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabError } from './errors.ts';
import { decodeRecords, encodeRecords, type MmioRecord } from './mmio-wire.ts';
import { packedBytes } from './span-rows.ts';

const width = fc.constantFrom(1 as const, 2 as const, 4 as const);
const word = fc.nat(0xffffffff);
const span = fc.string({ maxLength: 20 });
const rows = fc.record({ offset: word, rowBytes: fc.nat(20), pitchBytes: word, rows: fc.nat(10) });
const record: fc.Arbitrary<MmioRecord> = fc.oneof(
  fc.record({ op: fc.constant('read' as const), at: word, width }),
  fc.record({ op: fc.constant('write' as const), at: word, width, value: word }),
  fc.record({ op: fc.constant('readSpan' as const), span, offset: word, length: fc.nat(1000) }),
  fc.record({ op: fc.constant('writeSpan' as const), span, offset: word, bytes: fc.uint8Array({ maxLength: 100 }) }),
  fc
    .record({ op: fc.constant('writeRows' as const), span, rows })
    .map((of) => ({ ...of, bytes: new Uint8Array(packedBytes(of.rows)).fill(5) })),
  fc.record({ op: fc.constant('writeShared' as const), span, rows, position: word, room: word }),
);

test('any records arrive as they were sent', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      expect(decodeRecords(encodeRecords(records))).toEqual(records);
    }),
  );
});

test('any bytes are records, or a LabError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        decodeRecords(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
    }),
  );
});

test('reads whose answer would not fit in a message are refused before any is made', () => {
  const records: MmioRecord[] = [{ op: 'readSpan', span: 'vram', offset: 0, length: 2 ** 31 }];
  expect(() => decodeRecords(encodeRecords(records))).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
});
