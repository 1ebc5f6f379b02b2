import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlockIdentity } from '#bus/block.ts';
import { readRecording } from './decode.ts';
import type { RecordingEvent } from './format.ts';
import { bytesOf, HEADER, madeEncoder } from './made-section.ts';
import { encodeSections, onlyDevices } from './sections.ts';

const frame = (device: string, picture: number | null): RecordingEvent => ({
  event: 'frame',
  time: 1,
  device,
  width: 4,
  height: 2,
  crc: 7,
  picture,
});

test('pictures are read back as they were written, and stay when the file is written again', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), (files) => {
      const encoder = madeEncoder();
      encoder.begin(HEADER);
      for (const [number, file] of files.entries()) {
        encoder.picture('card0', number, number, file);
        encoder.event(frame('card0', number));
        encoder.event(frame('card0', number)); // shown again
      }
      const [section] = readRecording(encoder.take()).sections;
      expect([...section!.pictures]).toEqual(files.map((file, number) => [number, file]));
      expect(section?.devices.map(({ name }) => name)).toEqual(Object.keys(HEADER.bench));
      const [again] = readRecording(encodeSections([section!])).sections;
      expect(again?.pictures).toEqual(section?.pictures);
      expect(again?.events).toEqual(section?.events);
    }),
  );
});

test('a section of other devices leaves the frames of a display out', () => {
  const encoder = madeEncoder();
  encoder.begin(HEADER);
  encoder.picture('card0', 0, 0, Uint8Array.of(1));
  encoder.event(frame('card0', 0));
  const [section] = readRecording(encoder.take()).sections;
  const [again] = readRecording(encodeSections([onlyDevices(section!, new Set(['phy0']))])).sections;
  expect(again?.events).toEqual([]);
  expect(again?.pictures.size).toBe(0);
});

test('the same number twice, and a picture too short for one, are damage with its place', () => {
  const encoder = madeEncoder();
  encoder.begin(HEADER);
  encoder.picture('card0', 0, 0, Uint8Array.of(1));
  const short = encoder.take();
  // the one packet with it: 5 bytes captured, 3 words before the end of the block
  new DataView(short.buffer).setUint32(short.length - 20, 3, true);
  expect(() => readRecording(short)).toThrow(/damaged at byte \d+: a picture of 3 bytes/);

  encoder.begin(HEADER);
  encoder.picture('card0', 0, 0, Uint8Array.of(1));
  encoder.picture('card0', 0, 0, Uint8Array.of(1));
  expect(() => readRecording(encoder.take())).toThrow(/damaged at byte \d+: picture 0 twice/);
});

const identity: BlockIdentity = {
  capacitySectors: 8,
  blockBytes: 512,
  readOnly: false,
  rotational: false,
  features: ['flush'],
  submitQueues: 1,
  pollQueues: 0,
  queueDepth: 64,
  sharedTags: false,
  maxSectors: 1024,
  virtBoundary: false,
  zoned: null,
};

test('what a block device says of itself is checked: a driver makes room for its queues', () => {
  const told = (given: object): RecordingEvent =>
    ({ event: 'identity', time: 0, device: 'nullb0', identity: given }) as unknown as RecordingEvent;
  const events = (event: RecordingEvent) => readRecording(bytesOf([], [event])).sections[0]?.events;
  expect(events(told(identity))).toMatchObject([{ event: { identity } }]);
  for (const wrong of [{ queueDepth: 1e9 }, { submitQueues: 1e6 }, { zoned: {} }, { maxSectors: -1 }, { features: 3 }])
    expect(() => events(told({ ...identity, ...wrong }))).toThrow(/no identity of a block device/);
});
