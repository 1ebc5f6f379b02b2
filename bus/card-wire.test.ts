import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CARD_WRITE_BYTES,
  type CardCall,
  decodeBuffer,
  decodeCardCall,
  decodeFlip,
  decodeOpened,
  encodeCardAnswer,
  encodeCardCall,
} from './card-wire.ts';
import { splitHead, withHead } from './json-head.ts';

const count = fc.integer({ min: 0, max: 2 ** 32 });
const program = fc.stringMatching(/^[A-Za-z0-9_-]{1,23}$/);
const rect = fc.record({ x1: count, y1: count, x2: count, y2: count });
const frame = fc.record({ buffer: count, damage: fc.array(rect, { maxLength: 8 }) });
const call: fc.Arbitrary<CardCall> = fc.oneof(
  fc.record({ program, call: fc.constant('open' as const), mode: fc.option(fc.string({ maxLength: 20 })) }),
  fc.record({ program, call: fc.constant('buffer' as const), width: count, height: count }),
  fc.record({
    program,
    call: fc.constant('write' as const),
    buffer: count,
    offsetBytes: count,
    bytes: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({ program, call: fc.constant('commit' as const), frame }),
  fc.record({ program, call: fc.constant('flip' as const) }),
  fc.record({ program, call: fc.constant('close' as const) }),
);

test('every call comes out as it went in', () => {
  fc.assert(
    fc.property(call, (given) => {
      expect(decodeCardCall(encodeCardCall(given))).toEqual(given);
    }),
  );
});

test('answers come out as they went in', () => {
  const mode = { name: '640x480', width: 640, height: 480, refreshHz: 60 };
  expect(decodeOpened(encodeCardAnswer({ mode, modes: [mode, mode] }))).toEqual({ mode, modes: [mode, mode] });
  expect(decodeBuffer(encodeCardAnswer({ id: 4, pitchBytes: 64, sizeBytes: 4096 }))).toEqual({
    id: 4,
    pitchBytes: 64,
    sizeBytes: 4096,
  });
  expect(decodeFlip(encodeCardAnswer({ count: 7, timeNs: 1.5e9 }))).toEqual({ count: 7, timeNs: 1.5e9 });
});

test('whatever bytes come, they are a call or EPROTO', () => {
  const head = fc.json().map((json) => withHead({ program: 'p', call: 'commit', frame: JSON.parse(json) }));
  const named = fc
    .record({ program: fc.anything(), call: fc.constantFrom('open', 'buffer', 'write', 'commit', 'boil'), mode: count })
    .map((given) => withHead(given));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), head, named), (bytes) => {
      for (const decode of [decodeCardCall, decodeOpened, decodeBuffer, decodeFlip, splitHead])
        try {
          decode(bytes);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'LabError', code: 'EPROTO' });
        }
    }),
  );
});

test('more bytes than a message takes are refused before they are sent', () => {
  const write = { program: 'p', call: 'write', buffer: 1, offsetBytes: 0 } as const;
  expect(() => encodeCardCall({ ...write, bytes: new Uint8Array(CARD_WRITE_BYTES) })).not.toThrow();
  expect(() => encodeCardCall({ ...write, bytes: new Uint8Array(CARD_WRITE_BYTES + 1) })).toThrow(/at most/);
});
