/** The file that a lab and a driver have in common: who may join it, and what becomes of it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { LabError } from './errors.ts';
import { JoinedRoom, OfferedRoom, parseOffer, ROOM_PIECE_BYTES } from './shared-room.ts';

const open = (): OfferedRoom => {
  const room = OfferedRoom.open();
  onTestFinished(() => room.close());
  return room;
};
const joining = (room: OfferedRoom): JoinedRoom => {
  const joined = JoinedRoom.join(room.offer);
  if (joined === undefined) throw new Error('not joined');
  onTestFinished(() => joined.close());
  return joined;
};

test('what the driver puts down the lab reads, and the file has no name from then on', async () => {
  const room = open();
  expect(existsSync(room.offer.path)).toBe(true);
  const joined = joining(room);
  expect(existsSync(room.offer.path)).toBe(false);
  const bytes = Uint8Array.from({ length: 3 << 20 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
  const position = await joined.take();
  expect(joined.write(position, bytes)).toBe(true);
  const read = new Uint8Array(bytes.length);
  await room.read(position, read);
  expect(Buffer.compare(read, bytes)).toBe(0);
});

test('a driver that never came leaves no file behind', () => {
  const room = OfferedRoom.open();
  room.close();
  room.close();
  expect(existsSync(room.offer.path)).toBe(false);
});

test('a piece is not given out twice, and who waits gets the next that is given back', async () => {
  const joined = joining(open());
  const taken = [await joined.take(), await joined.take(), await joined.take()];
  const [first = 0, second = 0] = taken.toSorted((a, b) => a - b);
  expect(new Set(taken).size).toBe(3);
  expect(second - first).toBe(ROOM_PIECE_BYTES);
  const later = joined.take();
  joined.give(second);
  expect(await later).toBe(second);
  const never = joined.take();
  joined.close();
  expect(await never).toBeLessThan(0);
  expect(await joined.take()).toBeLessThan(0);
  expect(joined.write(first, Uint8Array.of(1))).toBe(false);
});

test('places outside of it, and a file cut short, are EPROTO', async () => {
  const room = open();
  const { sizeBytes, path } = room.offer;
  await expect(room.read(sizeBytes - 3, new Uint8Array(4))).rejects.toMatchObject({ code: 'EPROTO' });
  await room.read(sizeBytes - 4, new Uint8Array(4));
  truncateSync(path, 4096);
  await expect(room.read(8192, new Uint8Array(4))).rejects.toMatchObject({ code: 'EPROTO' });
  await expect(room.read(8192, new Uint8Array(2 << 20))).rejects.toMatchObject({ code: 'EPROTO' });
});

test('a lab that lets go while it reads has read first', async () => {
  const room = OfferedRoom.open();
  const reading = room.read(4096, new Uint8Array(1 << 20));
  room.close();
  await reading;
  expect(existsSync(room.offer.path)).toBe(false);
  await expect(room.read(4096, new Uint8Array(4))).rejects.toMatchObject({ code: 'EPROTO' });
});

test.each([
  ['a file of another machine', ({ path }: OfferedRoom['offer']) => ({ path: `${path.slice(0, -4)}0000` })],
  ['another file of that name', () => ({ token: '00'.repeat(32) })],
  ['a file that is no lab’s', () => ({ path: '/etc/passwd' })],
  ['a file somewhere else', ({ path }: OfferedRoom['offer']) => ({ path: join('/etc', basename(path)) })],
  ['another size', () => ({ sizeBytes: 1 })],
])('does not join %s', (_, other) => {
  const { offer } = open();
  expect(JoinedRoom.join({ ...offer, ...other(offer) })).toBeUndefined();
  expect(existsSync(offer.path)).toBe(true);
});

test('a link to a file is not followed, whatever the offer says', () => {
  const room = open();
  const folder = mkdtempSync(join(tmpdir(), 'room-'));
  const path = join(dirname(room.offer.path), `ferrolab-${'ab'.repeat(16)}`);
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
    rmSync(path, { force: true });
  });
  const victim = join(folder, 'victim');
  writeFileSync(victim, readFileSync(room.offer.path));
  symlinkSync(victim, path);
  expect(JoinedRoom.join({ ...room.offer, path })).toBeUndefined();
  expect(existsSync(victim)).toBe(true);
});

test('any bytes are an offer, or a LabError', () => {
  const offer = { path: '/dev/shm/x', sizeBytes: 5, token: 'ab' };
  expect(parseOffer(new TextEncoder().encode(JSON.stringify(offer)))).toEqual(offer);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => new TextEncoder().encode(text)),
      ),
      (bytes) => {
        try {
          parseOffer(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(LabError);
        }
      },
    ),
  );
});
