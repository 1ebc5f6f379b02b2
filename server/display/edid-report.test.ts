import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MONITOR_NAMES, MONITORS, TIMINGS } from '#datasheets/monitors.ts';
import { edidOf } from '#devices/display/edid.ts';
import { edidReport } from './edid-report.ts';

test.each(MONITOR_NAMES)('reads of the EDID of %s what its description says, and finds nothing wrong', (name) => {
  const monitor = MONITORS[name];
  const report = edidReport(edidOf(monitor));
  expect(report).toMatchObject({
    maker: 'FRL',
    name: monitor.name,
    product: monitor.productCode,
    continuous: monitor.vrr,
    problems: [],
    range: { verticalHz: monitor.verticalHz, horizontalKhz: monitor.horizontalKhz },
  });
  for (const [i, of] of monitor.timings.slice(0, 2).entries()) {
    const { clockKhz, horizontal, vertical, hPositive, vPositive } = TIMINGS[of];
    expect(report.timings[i]).toMatchObject({
      origin: 'detailed',
      preferred: i === 0,
      width: horizontal[0],
      height: vertical[0],
      detail: { clockKhz, horizontal, vertical, sync: `${hPositive ? '+' : '-'}hsync ${vPositive ? '+' : '-'}vsync` },
    });
    expect(report.timings[i]?.refreshHz).toBeCloseTo((clockKhz * 1000) / horizontal[3] / vertical[3], 2);
  }
  expect(report.timings.filter(({ origin }) => origin === 'established')).toHaveLength(3);
});

test('tells the parts of a CTA extension by name', () => {
  const { blocks } = edidReport(edidOf(MONITORS.uhd60));
  expect(blocks.map(({ kind, remainder }) => [kind, remainder])).toEqual([
    ['base', 0],
    ['CTA-861 revision 3', 0],
  ]);
  expect(blocks[1]?.holds).toEqual([
    'video: VIC 97, 95, 16, 4, 1',
    'vendor: HDMI',
    'vendor: HDMI Forum',
    'video capability',
    'colorimetry',
  ]);
});

test('says what is wrong with an EDID and still reads the rest', () => {
  const good = edidOf(MONITORS.xga);
  const bad = Uint8Array.from(good);
  bad[1] = 0;
  bad[126] = 3;
  expect(edidReport(bad)).toMatchObject({
    name: 'FERRO XGA',
    problems: [
      'header: 7 of 8 bytes are right',
      'block 0: wrong checksum, remainder is 4',
      '3 extensions are named, 0 are there',
    ],
  });
  expect(edidReport(good.subarray(0, 100)).problems).toContain('100 bytes are no whole blocks of 128');
  expect(edidReport(new Uint8Array(0))).toMatchObject({ version: null, problems: ['nothing is told'], blocks: [] });
});

test('reads any bytes whatever', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 1024 }),
    fc
      .tuple(
        fc.constantFrom(...MONITOR_NAMES),
        fc.array(fc.tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      )
      .map(([name, changes]) => {
        const edid = edidOf(MONITORS[name]);
        for (const [at, byte] of changes) edid[at % edid.length] = byte;
        return edid;
      }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      const report = edidReport(given);
      expect(report.bytes).toBe(given.length);
      expect(report.hex).toHaveLength(2 * given.length);
      for (const { width, height, refreshHz } of report.timings)
        expect([width, height, refreshHz].every((n) => Number.isFinite(n) && n >= 0)).toBe(true);
    }),
  );
});
