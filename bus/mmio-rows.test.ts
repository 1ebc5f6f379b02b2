/** A rectangle of device memory: written as one access, and nothing beside it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from './clock.ts';
import { filterRig } from './filters/filter-rig.ts';
import type { MmioSilicon, SpanRows } from './mmio.ts';
import { MmioBus } from './mmio-bus.ts';
import { extentBytes, packed, rowsText, spanOfText } from './span-rows.ts';
import { Trace } from './trace.ts';

const MEMORY_BYTES = 4096;

const rig = () => {
  const memory = new Uint8Array(MEMORY_BYTES);
  const touched = new Uint8Array(MEMORY_BYTES);
  const silicon: MmioSilicon = {
    read: () => 0,
    write: () => {},
    peek: () => 0,
    span: (name) => (name === 'vram' ? memory : undefined),
    wroteSpan: (_, offset, length) => void touched.fill(1, offset, offset + length),
  };
  const trace = new Trace(1024);
  const port = new MmioBus(silicon, { clock: new VirtualClock(), device: 'card0', trace }).port('driver');
  return { memory, touched, trace, port };
};

const someRows: fc.Arbitrary<SpanRows> = fc
  .record({ offset: fc.nat(900), rowBytes: fc.nat(60), gap: fc.nat(30), rows: fc.nat(30) })
  .map(({ gap, ...rows }) => ({ ...rows, pitchBytes: rows.rowBytes + gap }));

test('any rows are written where they belong, however far apart they lie, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(someRows, fc.nat(40), async (rows, gap) => {
      const { memory, touched, trace, port } = rig();
      const apart = rows.rowBytes + gap;
      const bytes = Uint8Array.from(
        { length: extentBytes({ ...rows, pitchBytes: apart }) },
        (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 24) | 1,
      );
      await port.writeRows('vram', rows, bytes, apart);
      const want = new Uint8Array(MEMORY_BYTES);
      for (let row = 0; row < rows.rows; row++)
        for (let i = 0; i < rows.rowBytes; i++)
          want[rows.offset + row * rows.pitchBytes + i] = bytes[row * apart + i] ?? 0;
      expect(memory).toEqual(want);
      expect(touched).toEqual(want.map((byte) => Number(byte !== 0)));
      expect(trace.last).toBe(1);
      const record = trace.at(1);
      expect([record?.op, record?.at, record?.value]).toEqual(['span_write', rows.offset, rows.rows * rows.rowBytes]);
      expect(spanOfText(trace.names.texts[record?.aux ?? 0] ?? '').span).toBe('vram');
    }),
  );
});

const ROWS = { offset: 100, rowBytes: 8, pitchBytes: 64, rows: 4 };

test('its record says how the rows lie; the same pixels elsewhere have the same digest', async () => {
  const { port, trace } = rig();
  const bytes = new Uint8Array(64 * 4).fill(9);
  await port.writeRows('vram', ROWS, bytes);
  await port.writeRows('vram', { ...ROWS, offset: 1000, pitchBytes: 200 }, bytes, 64);
  const [first, second] = [trace.at(1), trace.at(2)];
  expect(spanOfText(trace.names.texts[first?.aux ?? 0] ?? '')).toEqual({ span: 'vram', rows: 4, pitchBytes: 64 });
  expect(spanOfText(trace.names.texts[second?.aux ?? 0] ?? '')).toEqual({ span: 'vram', rows: 4, pitchBytes: 200 });
  expect(first?.old).toBe(second?.old);
});

test.each([
  ['that end beyond the memory', { ...ROWS, offset: MEMORY_BYTES - 199 }, new Uint8Array(256), 'ERANGE'],
  ['that overlap', { ...ROWS, pitchBytes: 7 }, new Uint8Array(256), 'ERANGE'],
  ['of less than nothing', { ...ROWS, rows: -1 }, new Uint8Array(256), 'ERANGE'],
  ['of half a byte', { ...ROWS, rowBytes: 0.5 }, new Uint8Array(256), 'ERANGE'],
  ['without their bytes', ROWS, new Uint8Array(3 * 64 + 7), 'EINVAL'],
])('refuses rows %s, with a note, and nothing is written', async (_, rows, bytes, code) => {
  const { port, memory, trace } = rig();
  await expect(port.writeRows('vram', rows, bytes.fill(1))).rejects.toMatchObject({ code });
  expect(memory.every((byte) => byte === 0)).toBe(true);
  expect([trace.last, trace.at(1)?.op, trace.at(1)?.outcome]).toEqual([1, 'note', 'refused']);
});

test('any name and any rows are read again from the words of a record', () => {
  fc.assert(
    fc.property(fc.string(), someRows, (span, rows) => {
      expect(spanOfText(rowsText(span, rows))).toEqual({ span, rows: rows.rows, pitchBytes: rows.pitchBytes });
    }),
  );
  expect(spanOfText('vram')).toEqual({ span: 'vram', rows: 1, pitchBytes: 0 });
});

test('rows that lie together already are not copied', () => {
  const bytes = new Uint8Array(64);
  expect(packed(bytes, { ...ROWS, rows: 8 }, 8).buffer).toBe(bytes.buffer);
  expect(packed(bytes, ROWS, 16).buffer).not.toBe(bytes.buffer);
});

test('a bus fault changes, loses or fails them as it does a span, and a selection knows their memory', async () => {
  const { instruments, card, cardSilicon, during } = filterRig();
  const rows = { offset: 0, rowBytes: 4, pitchBytes: 16, rows: 4 };
  instruments.addFault({
    name: 'line',
    effect: 'stuck-bit',
    params: { bit: 9, level: 1 },
    when: 'span_write span == vram',
  });
  await during(card.writeRows('vram', rows, new Uint8Array(64)));
  expect([...cardSilicon.memory.subarray(0, 32)].flatMap((byte, i) => (byte === 0 ? [] : [i]))).toEqual([1, 17]);
  instruments.removeFault('line');
  instruments.addFault({ effect: 'error', when: 'span_write bytes == 16', times: 1 });
  await expect(during(card.writeRows('vram', rows, new Uint8Array(64).fill(7)))).rejects.toMatchObject({ code: 'EIO' });
  expect(cardSilicon.memory[0]).toBe(0);
  await during(card.writeRows('vram', rows, new Uint8Array(64).fill(7)));
  expect([cardSilicon.memory[0], cardSilicon.memory[4], cardSilicon.memory[48]]).toEqual([7, 0, 7]);
  await expect(during(card.writeRows('vram', { ...rows, rows: 1e6 }, new Uint8Array(64)))).rejects.toMatchObject({
    code: 'ERANGE',
  });
});
