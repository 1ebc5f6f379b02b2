import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ERRNO, type ErrnoName, LabError } from './errors.ts';
import {
  bodyToFrames,
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  framesToBody,
  KIND,
  type Kind,
  MAX_BODY_BYTES,
} from './message.ts';

const kind = fc.constantFrom(...(Object.keys(KIND) as Kind[]));
const correlation = fc.integer({ min: 0, max: 0xffffffff });
const client = fc.stringMatching(/^[A-Za-z0-9_-]{1,23}$/);
const frames = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 64 }).map((f) => Uint32Array.from(f));

test('a request comes out as it went in', () => {
  fc.assert(
    fc.property(kind, correlation, client, fc.integer({ min: 0, max: 0xffff }), frames, (kind, n, client, ms, sent) => {
      const bytes = encodeRequest({ kind, deadlineMs: ms, correlation: n, client, body: framesToBody(sent) });
      const read = decodeRequest(bytes);
      expect(read).toMatchObject({ kind, deadlineMs: ms, correlation: n, client });
      expect('error' in read ? null : bodyToFrames(read.body)).toEqual(sent);
    }),
  );
});

test('a reply comes out as it went in, body or error', () => {
  const code = fc.constantFrom(...(Object.keys(ERRNO) as ErrnoName[]));
  fc.assert(
    fc.property(kind, correlation, frames, code, fc.string(), (kind, n, answer, code, text) => {
      const good = decodeReply(encodeReply(kind, n, framesToBody(answer)));
      expect(good).toMatchObject({ kind, correlation: n });
      expect(good.result instanceof LabError ? null : bodyToFrames(good.result)).toEqual(answer);
      const { result } = decodeReply(encodeReply(kind, n, new LabError(code, text.toWellFormed())));
      expect(result).toBeInstanceOf(LabError);
      expect(result).toMatchObject({ code, message: text.toWellFormed().replace(/^\uFEFF/, '') });
    }),
  );
});

test('any bytes are a request, or an error that says what is wrong; nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const read = decodeRequest(bytes);
      if ('error' in read) expect(read.error.message).not.toBe('');
      else expect(encodeRequest(read)).toEqual(bytes);
    }),
    { numRuns: 2000 },
  );
});

test('a damaged request never passes for another length, and an error goes to who can be read', () => {
  const whole = encodeRequest({ kind: 'mdio', deadlineMs: 1, correlation: 7, client: 'drv', body: new Uint8Array(8) });
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const damaged = Uint8Array.from(whole);
      damaged[at] = byte;
      const read = decodeRequest(damaged);
      if ('error' in read && read.replyTo !== null) expect(read.replyTo.client).toMatch(/^[A-Za-z0-9_-]{1,23}$/);
    }),
  );
  for (let length = 0; length < whole.length; length++) {
    const read = decodeRequest(whole.subarray(0, length));
    expect('error' in read || read.body.length % 4 === 0).toBe(true);
  }
});

test('any bytes are a reply or a LabError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        expect(decodeReply(bytes).correlation).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
    }),
  );
});

const asked = (change: (bytes: Uint8Array) => void, body = 8): ReturnType<typeof decodeRequest> => {
  const bytes = encodeRequest({
    kind: 'mdio',
    deadlineMs: 5,
    correlation: 9,
    client: 'drv',
    body: new Uint8Array(body),
  });
  change(bytes);
  return decodeRequest(bytes);
};

test.each([
  ['an unknown version', (b: Uint8Array) => b.set([2], 0), 8, 'EOPNOTSUPP'],
  ['an unknown kind', (b: Uint8Array) => b.set([77], 1), 8, 'EOPNOTSUPP'],
  ['half a frame', () => {}, 6, 'EPROTO'],
  ['a body over the limit', () => {}, MAX_BODY_BYTES + 4, 'EMSGSIZE'],
])('%s is answered %s', (_, change, body, code) => {
  expect(asked(change, body)).toMatchObject({ error: { code }, replyTo: { client: 'drv', correlation: 9 } });
});

test('a client id with a slash or of no length is nobody to answer', () => {
  expect(asked((b) => b.set([0x2f], 10))).toMatchObject({ error: { code: 'EPROTO' }, replyTo: null });
  expect(asked((b) => b.set([0], 8))).toMatchObject({ error: { code: 'EPROTO' }, replyTo: null });
});

test('a read of 1.0002h by client ex1 is these twenty bytes', () => {
  const body = framesToBody(Uint32Array.of(0x00860002, 0x30860000));
  const bytes = encodeRequest({ kind: 'mdio', deadlineMs: 1000, correlation: 0x01020304, client: 'ex1', body });
  expect(Buffer.from(bytes).toString('hex')).toBe('010103e801020304' + '03657831' + '0086000230860000');
});
