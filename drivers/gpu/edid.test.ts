/** EDID as the kernel reads it, and modes as the tables print them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DrmBench } from './drm-bench.ts';
import { parseEdid } from './edid.ts';
import { cvtReduced, DMT } from './mode-list.ts';
import { decodeMode, encodeMode, frameDurationNs, lineDurationNs, modeProblem } from './modes.ts';

/** 1920x1080 at 60 Hz; edid-decode finds it conforming. */
const VIRT = Uint8Array.from(
  `00ffffffffffff0031d80100010000000123010 4a5351e7806ee91a3544c99260f505421080081c0d1c0010101010101
   010101010101023a801871382d40582c45000f282100001e000000fc00564952542d31303830500a2020000000fd0032
   4b1e5310010a202020202020000000ff004d5154542d303030310a20202000c4`
    .replace(/\s/g, '')
    .match(/../g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);

const summed = (bytes: Uint8Array): Uint8Array => {
  for (let at = 0; at < bytes.length; at += 128) {
    bytes[at + 127] = 0;
    bytes[at + 127] = (256 - (bytes.subarray(at, at + 128).reduce((sum, byte) => sum + byte, 0) & 255)) & 255;
  }
  return bytes;
};
const changed = (at: number, ...values: readonly number[]): Uint8Array => {
  const bytes = Uint8Array.from(VIRT);
  bytes.set(values, at);
  return bytes;
};

test('reads maker, name, serial, size, range and modes, the first detailed timing preferred', () => {
  const edid = parseEdid(VIRT);
  expect(edid).toMatchObject({
    maker: 'LNX',
    product: 1,
    name: 'VIRT-1080P',
    serial: 'MQTT-0001',
    widthMm: 530,
    heightMm: 300,
    refreshHz: { min: 50, max: 75 },
    warnings: [],
  });
  const [preferred] = edid.modes;
  expect(preferred).toMatchObject({ name: '1920x1080', clockKHz: 148_500, htotal: 2200, vtotal: 1125, vrefreshHz: 60 });
  expect((preferred?.type ?? 0) & 8).toBe(8);
  expect(edid.modes.map(({ name }) => name)).toEqual(['1920x1080', '1280x720', '640x480', '800x600', '1024x768']);
});

test('refuses a wrong checksum, zeroes, a foreign header or version, and half a block', () => {
  expect(() => parseEdid(changed(127, 0))).toThrow(/wrong checksum, remainder is 60/);
  expect(() => parseEdid(new Uint8Array(128))).toThrow(/all zeroes/);
  expect(() => parseEdid(changed(0, 9, 9, 9))).toThrow(/5 of 8/);
  expect(() => parseEdid(summed(changed(18, 2)))).toThrow(/version 2.4/);
  expect(() => parseEdid(VIRT.subarray(0, 127))).toThrow(/127 bytes/);
});

test('repairs a header with two bytes wrong', () => {
  const { warnings, bytes } = parseEdid(changed(1, 0, 0));
  expect(warnings).toEqual(['EDID header repaired: 6 of 8 bytes were right']);
  expect([...bytes]).toEqual([...VIRT]);
});

test('reads codes and timings of a CTA block, tolerates its checksum, drops other blocks that are wrong', () => {
  const cta = new Uint8Array(128);
  cta.set([2, 3, 8, 0, 0x42, 0x10 | 0x80, 97]);
  cta[2] = 7;
  cta.set(VIRT.subarray(54, 72), 7);
  cta[7] = 0x01; // 74.25 MHz and a bit
  const whole = new Uint8Array(384);
  whole.set(VIRT);
  whole.set(cta, 128);
  whole.set([0x70, 1, 2, 3], 256);
  whole[126] = 2;
  summed(whole.subarray(0, 128));
  const { modes, warnings, bytes } = parseEdid(whole);
  expect(warnings).toEqual([
    'EDID block 1 (CTA) has a wrong checksum; tolerated',
    'EDID block 2 has a wrong checksum; dropped',
  ]);
  expect(bytes.length).toBe(256);
  expect(bytes[126]).toBe(1);
  expect(modes.some(({ name, clockKHz }) => name === '3840x2160' && clockKHz === 594_000)).toBe(true);
  expect(modes.some(({ clockKHz }) => clockKHz === 148_490)).toBe(true);
  expect(parseEdid(whole.subarray(0, 256)).warnings.at(-1)).toBe('EDID names 2 extensions; 1 were read');
});

test('whatever the bytes, reading ends in modes that can be shown or in EINVAL', () => {
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 512 });
  const likely = fc
    .tuple(fc.integer({ min: 8, max: 125 }), fc.uint8Array({ minLength: 1, maxLength: 20 }))
    .map(([at, values]) => summed(changed(at, ...values.subarray(0, 126 - at))));
  fc.assert(
    fc.property(fc.oneof(bytes, likely), (given) => {
      try {
        for (const mode of parseEdid(given).modes) expect(modeProblem(mode)).toBeUndefined();
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'EINVAL' });
      }
    }),
  );
});

test.each([
  ['640x480', 16_683_217, 31_777],
  ['800x600', 16_579_200, 26_400],
  ['1024x768', 16_665_600, 20_676],
  ['1280x720', 16_666_666, 22_222],
  ['1280x1024', 16_661_185, 15_629],
  ['1366x768', 16_725_333, 20_959],
  ['1920x1080', 16_666_666, 14_814],
])('a frame of %s takes %i ns, a line %i', (name, frame, line) => {
  const mode = DMT.find((one) => one.name === name)!;
  expect([frameDurationNs(mode), lineDurationNs(mode), mode.vrefreshHz]).toEqual([frame, line, 60]);
  expect(decodeMode(encodeMode(mode))).toEqual(mode);
});

test('CVT with reduced blanking finds the published timings', () => {
  expect(cvtReduced(2560, 1440, 60)).toMatchObject({ clockKHz: 241_500, htotal: 2720, vsyncEnd: 1448, vtotal: 1481 });
  expect(cvtReduced(3840, 2160, 60)).toMatchObject({ clockKHz: 533_250, htotal: 4000, vsyncEnd: 2168, vtotal: 2222 });
  expect(cvtReduced(1920, 1200, 60)).toMatchObject({ clockKHz: 154_000, htotal: 2080, vtotal: 1235 });
});

test('a connector with a bad EDID says so and offers the generic list; hotplug is told once for each change', async () => {
  const bench = new DrmBench();
  const { file } = bench.client();
  const connector = bench.device.connectors[0]!;
  const events: unknown[] = [];
  bench.device.onUevent((event) => events.push(event));
  bench.edid = changed(127, 0);
  const generic = await file.connector(connector.id);
  expect(generic.modes[0]?.name).toBe('1024x768');
  expect(bench.kernel.lines.join()).toMatch(/warning: \[CONNECTOR:\d+:Virtual-1\] EDID is refused: .*checksum/);
  expect(events).toEqual([]);
  bench.edid = VIRT;
  expect((await file.connector(connector.id)).modes[0]?.name).toBe('1920x1080');
  expect(events).toEqual([{ connectorId: connector.id }]);
  await file.connector(connector.id);
  bench.status = 'disconnected';
  expect(await file.connector(connector.id)).toMatchObject({ status: 'disconnected', modes: [] });
  expect(events.length).toBe(2);
  expect((await file.connector(connector.id, false)).status).toBe('disconnected');
});
