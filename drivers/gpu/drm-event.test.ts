/** The bytes of events (drm.h; IGT drm_read). */
import { expect, test } from 'vitest';
import { encodeEvent } from './drm-event.ts';

test('events have 32 bytes: the classic ones with seconds, microseconds and the low count, sequences with all of both', () => {
  const event = { userData: 0x1122334455667788n, crtcId: 7, count: 2 ** 32 + 5, timeNs: 3_000_001_999 };
  const classic = new DataView(encodeEvent({ ...event, type: 'flip' }).buffer);
  const words = Array.from({ length: 8 }, (_, i) => classic.getUint32(4 * i, true));
  expect(words).toEqual([2, 32, 0x55667788, 0x11223344, 3, 1, 5, 7]);
  const sequence = new DataView(encodeEvent({ ...event, type: 'sequence' }).buffer);
  expect([sequence.getUint32(0, true), sequence.getBigInt64(16, true), sequence.getBigUint64(24, true)]).toEqual([
    3,
    3_000_001_999n,
    BigInt(2 ** 32 + 5),
  ]);
});
