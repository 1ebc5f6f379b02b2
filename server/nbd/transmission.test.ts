import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHUNK, COMMAND, COMMAND_FLAG, EXTENT, NBD_ERROR } from '#bus/nbd-codec.ts';
import { IN_FLIGHT_LIMIT } from './commands.ts';
import type { NbdExport, NbdGeometry } from './export.ts';
import { answers, RigExport, request } from './nbd-rig.ts';
import { joined } from './option-codec.ts';
import { Outbox, SlabPool } from './outbox.ts';
import { QUEUED_LIMIT_BYTES, Transmission } from './transmission.ts';

const { read, write, disc, flush, trim, cache, writeZeroes, blockStatus } = COMMAND;

interface BenchOptions {
  readonly path?: NbdExport['path'];
  readonly structured?: boolean;
  readonly context?: boolean;
  readonly geometry?: Partial<NbdGeometry>;
  /** The client takes answers only when told. */
  readonly stuck?: boolean;
}

const bench = ({ path = 'direct', structured = false, context = structured, geometry, stuck }: BenchOptions = {}) => {
  const device = new RigExport('rig', geometry);
  device.path = path;
  for (let i = 0; i < device.bytes.length; i++) device.bytes[i] = i >> 9;
  const sent: Uint8Array[] = [];
  const unread: (() => void)[] = [];
  const closed: string[] = [];
  const out = new Outbox(
    {
      write(bytes, written) {
        sent.push(bytes.slice());
        if (stuck === true) unread.push(written);
        else written();
      },
      cork() {},
      uncork() {},
    },
    new SlabPool(),
    structured,
    () => wire.resume(),
  );
  const agreement = { served: device, structured, allocationContext: context ? 1 : null };
  const wire = new Transmission({ client: 1, agreement, out, close: (reason) => closed.push(reason) });
  const lengths = new Map<number, number>();
  return {
    device,
    wire,
    out,
    sent,
    unread,
    closed,
    lengths,
    answers: () => answers(joined(...sent), lengths),
    ask(...commands: Parameters<typeof request>[0][]) {
      for (const { type, cookie = 1, length = 0 } of commands) if (type === read) lengths.set(cookie, length);
      wire.take(joined(...commands.map(request)));
      return answers(joined(...sent), lengths);
    },
  };
};
const pattern = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

describe.each(['direct', 'queued'] as const)('on the %s path', (path) => {
  test('a write is read back, by its cookie', () => {
    const { ask } = bench({ path });
    const [written, found] = ask(
      { type: write, cookie: 7, offset: 1024, payload: pattern(512, 0xab) },
      { type: read, cookie: 8, offset: 512, length: 1536 },
    );
    expect(written).toMatchObject({ cookie: 7, error: 0 });
    expect(found?.cookie).toBe(8);
    expect([...(found?.data ?? [])]).toEqual([...pattern(512, 1), ...pattern(512, 0xab), ...pattern(512, 3)]);
  });

  test.each([false, true])('a read longer than a slab arrives whole (structured: %s)', (structured) => {
    const { ask, device } = bench({ path, structured });
    const [found] = ask({ type: read, offset: 4096, length: 600 * 1024 });
    expect(found?.chunk).toBe(structured ? CHUNK.offsetData : -1);
    expect(Buffer.compare(found?.data ?? pattern(0, 0), device.bytes.subarray(4096, 4096 + 600 * 1024))).toBe(0);
  });

  test('zeroing and trimming read back as zeroes', () => {
    const { ask } = bench({ path });
    ask({ type: writeZeroes, offset: 512, length: 512 }, { type: trim, offset: 1024, length: 512 });
    expect(ask({ type: read, cookie: 9, offset: 512, length: 1024 }).at(-1)?.data).toEqual(pattern(1024, 0));
  });

  test('flush and cache succeed', () => {
    expect(bench({ path }).ask({ type: flush }, { type: cache, length: 4096 })).toMatchObject([
      { error: 0 },
      { error: 0 },
    ]);
  });

  test('an error of the device reaches the client, and the connection goes on', () => {
    const { ask, device } = bench({ path, structured: true });
    device.status = 'MEDIUM';
    expect(ask({ type: read, length: 512 })).toMatchObject([{ chunk: CHUNK.error, error: NBD_ERROR.EIO }]);
    device.status = 'NOSPC';
    expect(ask({ type: write, payload: pattern(512, 1) }).at(-1)).toMatchObject({ error: NBD_ERROR.ENOSPC });
    device.status = 'OK';
    expect(ask({ type: read, length: 512 }).at(-1)).toMatchObject({ error: 0 });
  });
});

describe('on the plain path', () => {
  test('reads are zeroes, writes vanish, and both are counted', () => {
    const { ask, device } = bench({ path: 'plain' });
    const [, found] = ask({ type: write, payload: pattern(4096, 9) }, { type: read, cookie: 2, length: 4096 });
    expect(found?.data).toEqual(pattern(4096, 0));
    expect(device.counted).toEqual({ read: [1, 4096], write: [1, 4096] });
  });

  test('a slab used again is zero between its heads', () => {
    const { ask } = bench({ path: 'plain', structured: true });
    for (const length of [512, 1024, 1536, 4096, 512])
      for (const answer of ask({ type: read, length }, { type: read, length }))
        expect(answer.data.every((byte) => byte === 0)).toBe(true);
  });
});

test('a write is acknowledged only when its whole payload has arrived', () => {
  for (const path of ['plain', 'direct', 'queued'] as const) {
    const { wire, answers, device } = bench({ path });
    const bytes = request({ type: write, offset: 512, payload: pattern(1024, 5) });
    wire.take(bytes.subarray(0, bytes.length - 1));
    expect(answers()).toEqual([]);
    expect(wire.midway).toBe(true);
    expect(device.bytes[512]).toBe(1);
    wire.take(bytes.subarray(bytes.length - 1));
    expect(answers()).toMatchObject([{ error: 0 }]);
    expect(wire.midway).toBe(false);
  }
});

describe('refusals', () => {
  const MIB = 1024 * 1024;
  test.each([
    ['read past the end', { type: read, offset: MIB - 512, length: 1024 }, NBD_ERROR.EINVAL],
    ['write past the end', { type: write, offset: MIB, payload: pattern(512, 1) }, NBD_ERROR.ENOSPC],
    ['zeroing past the end', { type: writeZeroes, offset: MIB - 512, length: 1024 }, NBD_ERROR.ENOSPC],
    ['trim past the end', { type: trim, offset: 2 ** 63, length: 512 }, NBD_ERROR.EINVAL],
    ['status past the end', { type: blockStatus, offset: MIB, length: 512 }, NBD_ERROR.EINVAL],
    ['offset not on a block', { type: read, offset: 1, length: 512 }, NBD_ERROR.EINVAL],
    ['length not of blocks', { type: write, payload: pattern(513, 1) }, NBD_ERROR.EINVAL],
    ['empty read', { type: read, length: 0 }, NBD_ERROR.EINVAL],
    ['flag of another command', { type: read, flags: COMMAND_FLAG.noHole, length: 512 }, NBD_ERROR.EINVAL],
    ['unknown flag', { type: write, flags: 0x8000, payload: pattern(512, 1) }, NBD_ERROR.EINVAL],
    ['unknown command', { type: 99 }, NBD_ERROR.EINVAL],
    ['flush with a range', { type: flush, length: 512 }, NBD_ERROR.EINVAL],
  ] as const)('%s', (_, command, error) => {
    for (const structured of [false, true]) {
      const { ask, device } = bench({ structured });
      const before = Buffer.from(device.bytes);
      expect(ask(command).at(-1)?.error).toBe(error);
      expect(before.equals(device.bytes)).toBe(true);
      expect(ask({ type: read, cookie: 2, length: 512 }).at(-1)).toMatchObject({ cookie: 2, error: 0 });
    }
  });

  test('a write longer than any payload may be is read past', () => {
    const { wire, ask, answers } = bench({ geometry: { maximumBytes: 4096 } });
    wire.take(request({ type: write, payload: pattern(8192, 1) }));
    expect(answers()).toMatchObject([{ error: NBD_ERROR.EINVAL }]);
    expect(ask({ type: flush }).at(-1)?.error).toBe(0);
  });

  test('a read-only device takes no write, no trim, no zeroing', () => {
    const { ask } = bench({ geometry: { readOnly: true } });
    const found = ask(
      { type: write, payload: pattern(512, 1) },
      { type: trim, length: 512 },
      { type: writeZeroes, length: 512 },
    );
    expect(found.map(({ error }) => error)).toEqual([NBD_ERROR.EPERM, NBD_ERROR.EPERM, NBD_ERROR.EPERM]);
  });

  test('what is not advertised is refused: trim, FUA, fast zero', () => {
    const { ask } = bench({ geometry: { trim: false, fua: false, fastZero: false } });
    const found = ask(
      { type: trim, length: 512 },
      { type: write, flags: COMMAND_FLAG.fua, payload: pattern(512, 1) },
      { type: writeZeroes, flags: COMMAND_FLAG.fastZero, length: 512 },
    );
    expect(found.map(({ error }) => error)).toEqual([NBD_ERROR.EINVAL, NBD_ERROR.EINVAL, NBD_ERROR.ENOTSUP]);
  });

  test('DF and block status take structured replies', () => {
    const found = bench({ context: true }).ask({ type: read, flags: COMMAND_FLAG.df, length: 512 });
    expect(found).toMatchObject([{ error: NBD_ERROR.EINVAL }]);
    expect(bench({ structured: true, context: false }).ask({ type: blockStatus, length: 512 })).toMatchObject([
      { error: NBD_ERROR.EINVAL },
    ]);
  });

  test('a device that is powered off answers ESHUTDOWN to everything', () => {
    const { ask, device } = bench();
    device.up = false;
    const found = ask({ type: read, length: 512 }, { type: write, payload: pattern(512, 1) }, { type: flush });
    expect(found.map(({ error }) => error)).toEqual([108, 108, 108]);
  });

  test('a wrong magic ends the connection, what was answered before it leaves', () => {
    const { wire, closed, answers } = bench();
    wire.take(joined(request({ type: flush }), new Uint8Array(28), request({ type: flush })));
    expect(answers()).toHaveLength(1);
    expect(closed).toEqual(['a request with the wrong magic']);
  });
});

describe('block status', () => {
  test('one chunk for the context, its extents cover what was asked', () => {
    const [chunk] = bench({ structured: true }).ask({ type: blockStatus, length: 8192 });
    const words = new Uint32Array(new Uint8Array(chunk?.data ?? []).buffer).length;
    expect(chunk?.chunk).toBe(CHUNK.blockStatus);
    expect(words).toBe(5);
    const view = new DataView(new Uint8Array(chunk?.data ?? []).buffer);
    expect(view.getUint32(0)).toBe(1);
    expect(view.getUint32(4) + view.getUint32(12)).toBe(8192);
    expect(view.getUint32(16)).toBe(EXTENT.hole | EXTENT.zero);
  });

  test('REQ_ONE gives one extent, not longer than asked', () => {
    const [chunk] = bench({ structured: true }).ask({ type: blockStatus, flags: COMMAND_FLAG.reqOne, length: 512 });
    expect(chunk?.data).toHaveLength(12);
  });
});

describe('a client that asks and does not read', () => {
  test.each(['plain', 'direct'] as const)('is held at a bound of memory, and answered in full later (%s)', (path) => {
    const { wire, out, unread, lengths, answers } = bench({ path, stuck: true });
    const commands = Array.from({ length: 400 }, (_, i) => ({ type: read, cookie: i, length: 64 * 1024 }));
    for (const { cookie, length } of commands) lengths.set(cookie, length);
    wire.take(joined(...commands.map(request)));
    expect(wire.holds).toBe(true);
    expect(out.queuedBytes).toBeLessThan(QUEUED_LIMIT_BYTES + 256 * 1024);
    while (unread.length > 0) {
      unread.shift()?.();
      expect(out.queuedBytes).toBeLessThan(QUEUED_LIMIT_BYTES + 256 * 1024);
    }
    expect(wire.holds).toBe(false);
    expect(answers().map(({ cookie }) => cookie)).toEqual(commands.map(({ cookie }) => cookie));
  });

  test('more requests than the device may hold wait outside it', () => {
    const { wire, device, answers } = bench({ path: 'queued' });
    device.prompt = false;
    wire.take(joined(...Array.from({ length: 1000 }, (_, i) => request({ type: flush, cookie: i }))));
    expect(device.waiting).toHaveLength(IN_FLIGHT_LIMIT);
    expect(wire.holds).toBe(true);
    for (let answer = device.waiting.shift(); answer !== undefined; answer = device.waiting.shift()) {
      answer();
      expect(device.waiting.length).toBeLessThanOrEqual(IN_FLIGHT_LIMIT);
    }
    expect(answers()).toHaveLength(1000);
  });
});

test('goodbye is answered by closing, after what is under way', () => {
  const { wire, device, closed, answers } = bench({ path: 'queued' });
  device.prompt = false;
  wire.take(joined(request({ type: flush }), request({ type: disc }), request({ type: flush })));
  expect(closed).toEqual([]);
  device.waiting[0]?.();
  expect(answers()).toHaveLength(1);
  expect(closed).toEqual(['the client said goodbye']);
});

test('an answer after the client has gone goes nowhere; a second answer to one request neither', () => {
  const { wire, device, answers } = bench({ path: 'queued' });
  device.prompt = false;
  wire.take(joined(request({ type: flush }), request({ type: flush })));
  const [first, second] = device.waiting;
  first?.();
  first?.();
  expect(answers()).toHaveLength(1);
  wire.end();
  second?.();
  expect(answers()).toHaveLength(1);
});

describe('a fault switched on in the middle of a long read', () => {
  const begin = () => {
    const rig = bench({ stuck: true, geometry: { sizeBytes: 32 * 2 ** 20 } });
    const length = 16 * 2 ** 20;
    rig.lengths.set(1, length);
    rig.wire.take(joined(request({ type: read, length }), request({ type: flush, cookie: 2 })));
    rig.device.path = 'queued';
    rig.device.prompt = false;
    while (rig.unread.length > 0) rig.unread.shift()?.();
    return rig;
  };

  test('has the rest of it come from the device, in its own time', () => {
    const { device, answers, unread, wire } = begin();
    expect(device.waiting).toHaveLength(1);
    device.waiting.shift()?.();
    while (unread.length > 0) unread.shift()?.();
    device.waiting.shift()?.(); // the flush behind it
    const [found, flushed] = answers();
    expect(Buffer.compare(found?.data ?? EMPTY, device.bytes.subarray(0, 16 * 2 ** 20))).toBe(0);
    expect(flushed).toMatchObject({ cookie: 2, error: 0 });
    expect(wire.holds).toBe(false);
  });

  test('ends the connection when the device cannot read it', () => {
    const { device, closed } = begin();
    device.status = 'MEDIUM';
    device.waiting.shift()?.();
    expect(closed).toEqual(['a long read failed half way']);
  });
});

const EMPTY = new Uint8Array(0);

test('a long read that fails half way hangs up: its head has promised data', () => {
  const { wire, device, unread, closed } = bench({ stuck: true, geometry: { sizeBytes: 32 * 2 ** 20 } });
  wire.take(request({ type: read, length: 16 * 2 ** 20 }));
  device.status = 'IOERR';
  while (unread.length > 0) unread.shift()?.();
  expect(closed).toEqual(['a long read failed half way']);
});

const command = fc.record({
  type: fc.constantFrom(read, write, flush, trim, cache, writeZeroes, blockStatus, 42),
  flags: fc.constantFrom(0, 0, 0, COMMAND_FLAG.fua, COMMAND_FLAG.df, COMMAND_FLAG.reqOne, 0x40),
  block: fc.nat(2050),
  blocks: fc.oneof(fc.nat(8), fc.constantFrom(64, 200, 520)),
  odd: fc.constantFrom(0, 0, 0, 1),
});

test('any pieces, any path, any client speed: the same answers, those of a plain array of bytes', () => {
  const paths = fc.constantFrom('direct' as const, 'queued' as const);
  const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 20 }),
      cuts,
      paths,
      fc.boolean(),
      fc.boolean(),
      (commands, sizes, path, structured, stuck) => {
        const { device, wire, answers, unread, lengths } = bench({ path, structured, stuck });
        const model = Uint8Array.from(device.bytes);
        const expected = commands.map(({ type, flags, block, blocks, odd }, cookie) => {
          const offset = type === flush ? 0 : block * 512 + odd;
          const length = type === flush ? 0 : blocks * 512;
          const payload = type === write ? { payload: pattern(length, cookie + 1) } : {};
          if (type === read) lengths.set(cookie, length);
          const bytes = request({ type, flags, cookie, offset, length, ...payload });
          const allowed: Readonly<Record<number, number>> = {
            [read]: COMMAND_FLAG.fua | (structured ? COMMAND_FLAG.df : 0),
            [blockStatus]: COMMAND_FLAG.fua | COMMAND_FLAG.reqOne,
          };
          const good =
            type !== 42 &&
            (flags & ~(allowed[type] ?? COMMAND_FLAG.fua)) === 0 &&
            odd * (type === flush ? 0 : 1) === 0 &&
            offset + length <= model.length &&
            (length > 0 || (type !== read && type !== blockStatus)) &&
            (type !== blockStatus || structured);
          const found = good && type === read ? model.slice(offset, offset + length) : undefined;
          if (good && type === write) model.fill(cookie + 1, offset, offset + length);
          if (good && (type === trim || type === writeZeroes)) model.fill(0, offset, offset + length);
          return { bytes, good, found };
        });
        const bytes = joined(...expected.map((one) => one.bytes));
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + sizes[i % sizes.length]!;
          wire.take(bytes.subarray(at, end));
          if (i % 3 === 0) unread.shift()?.();
          at = end;
        }
        while (unread.length > 0) unread.shift()?.();
        const found = answers().sort((a, b) => a.cookie - b.cookie);
        expect(found.map(({ cookie, error }) => [cookie, error === 0])).toEqual(
          expected.map(({ good }, cookie) => [cookie, good]),
        );
        for (const [i, { found: wanted }] of expected.entries())
          if (wanted !== undefined) expect(Buffer.compare(found[i]!.data, wanted)).toBe(0);
        expect(Buffer.compare(device.bytes, model)).toBe(0);
        expect(wire.midway || wire.holds).toBe(false);
      },
    ),
    { numRuns: 150 },
  );
});
