/** Whatever is committed in whatever order, states stay whole, refusals are errnos of the table, and nothing leaks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Client, DrmBench, MODE } from './drm-bench.ts';
import { DMT } from './mode-list.ts';

const ERRNOS = ['EINVAL', 'ENOENT', 'ERANGE', 'ENOSPC', 'EBUSY', 'ENOMEM', 'EFAULT', 'EPERM'];
const ASYNC = { asyncFlip: true } as const;

interface Step {
  readonly object: number;
  readonly property: number;
  readonly value: number;
}

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 60 }) }, // ids, mostly
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 640, 480, 64, 640 * 65536, 480 * 65536, 64 * 65536) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0x7fffffff, 0xffffffff, 2 ** 40) },
);
const request = fc.record({
  steps: fc.array(fc.record<Step>({ object: fc.nat(8), property: fc.nat(20), value }), { maxLength: 6 }),
  flags: fc.constantFrom(0, 0x400, 0x401, 0x600, 0x601, 0x500, 1, 2, 3, 0x200, 0x202),
  legacy: fc.array(fc.record({ call: fc.nat(5), a: value, b: value, x: fc.integer({ min: -700, max: 700 }) }), {
    maxLength: 3,
  }),
  light: fc.boolean(),
  removeFb: fc.boolean(),
});

interface Legacy {
  readonly call: number;
  readonly a: number;
  readonly b: number;
  readonly x: number;
}

/** One of the calls older than atomic, of objects that may be there. */
const older = ({ file, bench }: Client, { call, a, b, x }: Legacy): Promise<unknown> => {
  const crtcId = bench.device.crtcs[a & 1]?.id ?? 0;
  const place = { crtcX: x, crtcY: -x, crtcW: a, crtcH: b, srcX: 0, srcY: 0, srcW: 64 << 16, srcH: 64 << 16 };
  const calls: readonly (() => Promise<unknown>)[] = [
    () => file.pageFlip({ crtcId, fbId: b, flags: x & 3 }),
    () => file.setPlane({ planeId: a, crtcId, fbId: b, ...place }),
    () => file.setCursor({ crtcId, flags: x & 3, x, y: x, width: 16, height: 16, handle: b % 4 }),
    () => file.setProperty(a, b, x),
    () => file.dirtyFb({ fbId: b }),
    () => file.waitVblank({ pipe: a & 1, type: 'relative', sequence: x & 3, event: (b & 1) === 1 }),
  ];
  return bench.until(calls[call % calls.length]?.() ?? Promise.resolve());
};

const attempt = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (thrown) {
    expect(thrown).toHaveProperty('name', 'LabError');
    expect(ERRNOS).toContain((thrown as { code: string }).code);
  }
};

test('random atomic requests', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
      const bench = new DrmBench(2, ASYNC);
      const { device } = bench;
      const objects = [...device.planes, ...device.crtcs, ...device.connectors];
      const before = device.objects.size;
      const client = bench.client();
      const fbs = [client.fb(640, 480), client.fb(800, 600), client.fb(64, 64, 'ARGB8888')];
      for (const { steps, flags, light, removeFb, legacy } of requests) {
        if (light) await attempt(client.atomic(client.light(fbs[0] ?? 0, removeFb ? DMT[1] : MODE), 0x400));
        const asked = steps.map(({ object, property, value }) => {
          const { id, bindings } = objects[object % objects.length]!; // there are nine
          const ids = [...bindings.keys()];
          return { id, properties: [[ids[property % ids.length] ?? 0, value]] as const };
        });
        await attempt(bench.until(client.file.atomic({ objects: asked, flags })));
        if (removeFb && fbs.length > 1) await attempt(bench.until(client.file.rmFb(fbs.pop() ?? 0)));
        for (const one of legacy) await attempt(older(client, one));
        while (client.file.events.next() !== undefined);
        for (const { state } of device.planes) expect(state.fb === null).toBe(state.crtc === null);
        for (const crtc of device.crtcs) {
          const { active, enable, mode } = crtc.state;
          expect(active && !enable).toBe(false);
          expect(enable).toBe(mode !== null);
          expect(enable).toBe(device.connectors.some(({ state }) => state.crtc === crtc));
        }
      }
      await bench.until(client.file.close());
      await bench.until(device.idle());
      expect(bench.kernel.lines.filter((line) => /emerg|TypeError/.test(line))).toEqual([]);
      expect(device.planes.every(({ state }) => state.fb === null)).toBe(true);
      // Blobs a CRTC still has (a mode of another client's making) are all that may be left.
      const held = device.crtcs.flatMap(({ state }) =>
        [state.modeBlob, state.gammaLut].filter((blob) => blob !== null),
      );
      expect(device.objects.size).toBeLessThanOrEqual(before + new Set(held).size);
    }),
    { numRuns: 60 },
  );
});
