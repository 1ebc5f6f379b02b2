import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISPLAY } from '#datasheets/display.ts';
import { bench, SMALL } from '#devices/display/bench.ts';
import { readRecording } from '#recording/decode.ts';
import { type FrameEvent, isEvent, type RecordingEvent } from '#recording/format.ts';
import { HEADER, madeEncoder } from '#recording/made-section.ts';
import { DeviceLooks } from './device-looks.ts';
import { crcOfPicture } from './picture-check.ts';
import { pictureFile } from './picture-file.ts';

/** A small display whose first pixels can be painted, and who looks at it. */
const screen = () => {
  const rig = bench();
  const encoder = madeEncoder();
  encoder.begin(HEADER);
  const devices = () => [{ name: 'card0', device: rig.display, buses: {} }];
  const looks = new DeviceLooks({ devices, encoder });
  const told: RecordingEvent[] = [];
  return {
    ...rig,
    told,
    look: (timeNs: number, moment = true): readonly FrameEvent[] => {
      const events = looks.look(timeNs, moment);
      told.push(...events);
      for (const event of events) encoder.event(event);
      return events.filter((event) => isEvent(event, 'frame'));
    },
    show: () => {
      rig.plane('PRIMARY');
      rig.mode(SMALL);
    },
    paint: (colour: number) => {
      const memory = rig.display.span('vram')!;
      new DataView(memory.buffer).setUint32(0, colour, true);
      rig.display.wroteSpan('vram', 0, 4);
    },
    section: () => readRecording(encoder.take()).sections[0]!,
  };
};

test('a frame is told with the CRC the device itself gives, and its picture has it', () => {
  const { show, paint, look, display, section } = screen();
  expect(look(0)).toEqual([]); // dark, and it was dark
  show();
  paint(0x123456);
  const [frame] = look(1);
  expect(frame).toMatchObject({ device: 'card0', width: 64, height: 32, crc: display.frameCrc(), picture: 0 });
  expect(look(2)).toEqual([]);
  const { pictures, events } = section();
  expect(events.filter(({ event }) => event.event === 'frame').length).toBe(1);
  expect(crcOfPicture(pictures.get(0)!, 64, 32)).toBe(frame?.crc);
});

test('the same picture is kept once, and a screen that goes dark is told', () => {
  const { show, paint, look, set, section } = screen();
  show();
  paint(1);
  look(1);
  paint(2);
  look(2);
  paint(1);
  expect(look(3)).toMatchObject([{ picture: 0 }]);
  expect(section().pictures.size).toBe(2);
  set(DISPLAY.CRTC_CTRL, { ENABLE: false });
  expect(look(4)).toMatchObject([{ width: 0, picture: null }]);
});

test('what passes by is looked at no oftener than is told, and pictures of it are kept more seldom still', () => {
  const { show, paint, look } = screen();
  show();
  const seen = Array.from({ length: 300 }, (_, i) => {
    paint(i);
    return look(i * 10e6, false).map(({ picture }) => picture !== null);
  }).flat();
  expect(seen.length).toBe(30); // every 100 ms of 3 s
  expect(seen.filter((kept) => kept).length).toBe(3);
});

test('pictures are bounded; frames beyond are told with their CRC alone', () => {
  const { show, paint, look, section } = screen();
  show();
  for (let i = 1; i <= 300; i++) {
    paint(i);
    expect(look(i)).toMatchObject([{ picture: i <= 256 ? i - 1 : null }]);
  }
  expect(section().pictures.size).toBe(256);
});

test('a picture that is none, or of another size, is an EINVAL, whatever its bytes', () => {
  const good = pictureFile({ width: 3, height: 2, rgba: new Uint8Array(24).fill(255) });
  expect(crcOfPicture(good, 3, 2)).toBeGreaterThan(0);
  expect(() => crcOfPicture(good, 2, 3)).toThrow(/3x2 for a frame of 2x3/);
  fc.assert(
    fc.property(
      fc.nat({ max: good.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.nat({ max: good.length }),
      (at, flip, cut) => {
        const bad = Uint8Array.from(good.subarray(0, cut));
        if (at < bad.length) bad[at] = bad[at]! ^ flip;
        try {
          crcOfPicture(bad, 3, 2);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'EINVAL' });
        }
      },
    ),
  );
});
