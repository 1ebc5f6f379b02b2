/** Writeback: parameters, formats, and the picture that comes back (IGT kms_writeback). */
import { expect, test } from 'vitest';
import type { VirtualClock } from '#bus/clock.ts';
import { PIXEL_FORMATS, WRITEBACK_FORMATS } from '#datasheets/display-formats.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { ATOMIC_FLAG } from '../atomic-request.ts';
import { codeOf, litCore } from '../drm-bench.ts';
import { PURE, squaresIn } from '../ferro-picture.ts';
import { bufferIn, litOn, requestFor } from '../ferro-rig.ts';
import { cvtReduced } from '../mode-list.ts';

const silicon = (clock: VirtualClock, options?: Partial<DisplayOptions>) => new Display({ clock, seed: 1, ...options });
const litBench = litOn(silicon);

const { ALLOW_MODESET, TEST_ONLY } = ATOMIC_FLAG;
const SMALL = [160, 120] as const;
const code = (name: string) => ({ code: name });

test('the framebuffer has the size of the mode, a format it takes, and a CRTC that is on (writeback-invalid-parameters, fb-id)', async () => {
  const { client, bench, crtc, other, overlay } = await litCore();
  const writeback = bench.device.connectors[2]!; // the bench has one
  const cell = client.file.fences.cell();
  const right = client.fb(640, 480);
  const into = { CRTC_ID: crtc.id, WRITEBACK_FB_ID: right, WRITEBACK_OUT_FENCE_PTR: cell.address };
  for (const [wrong, errno] of [
    [{ ...into, WRITEBACK_FB_ID: client.fb(639, 480) }, 'EINVAL'],
    [{ ...into, WRITEBACK_FB_ID: client.fb(640, 481) }, 'EINVAL'],
    [{ ...into, WRITEBACK_FB_ID: client.fb(640, 480, 'ARGB8888') }, 'EINVAL'],
    [{ ...into, WRITEBACK_FB_ID: crtc.id }, 'EINVAL'],
    [{ ...into, WRITEBACK_FB_ID: overlay.id }, 'EINVAL'],
    [{ ...into, WRITEBACK_FB_ID: 99_999 }, 'EINVAL'],
    [{ ...into, WRITEBACK_FB_ID: 0 }, 'EINVAL'], // a fence of nothing
    [{ WRITEBACK_FB_ID: right }, 'EINVAL'], // no CRTC
    [{ ...into, CRTC_ID: other.id }, 'EINVAL'], // which is off, and none of its
    [{ ...into, WRITEBACK_OUT_FENCE_PTR: 4 }, 'EFAULT'],
  ] as const)
    await expect(client.atomic([[writeback.id, wrong]], ALLOW_MODESET), JSON.stringify(wrong)).rejects.toMatchObject(
      code(errno),
    );
  expect(cell.value).toBe(-1);
  await client.atomic([[writeback.id, into]], ALLOW_MODESET | TEST_ONLY);
  expect(bench.told.filter((line) => line.startsWith('writeback'))).toEqual([]);
  await client.atomic([[writeback.id, into]], ALLOW_MODESET);
  expect(bench.told).toContain(`writeback fb ${right}`);
  expect(client.file.fences.find(cell.value)?.signalled).toBe(true);
});

test('it is for clients that ask for it; each commit writes once, and none asks by itself for the next', async () => {
  const { client, bench, crtc, primary } = await litCore();
  const writeback = bench.device.connectors[2]!;
  const plain = bench.device.open('plain');
  expect(plain.resources().connectors).not.toContain(writeback.id);
  const into = { CRTC_ID: crtc.id, WRITEBACK_FB_ID: client.fb(640, 480) };
  await client.atomic([[writeback.id, into]], ALLOW_MODESET);
  await client.atomic([[primary.id, { FB_ID: client.fb(640, 480) }]]);
  await client.atomic([[writeback.id, {}]]);
  expect(bench.told.filter((line) => line.startsWith('writeback')).length).toBe(1);
});

const bench = async () => {
  const made = await litBench({}, () => cvtReduced(...SMALL, 60));
  const { device, file, crtc, rig } = made;
  file.setClientCap('writeback_connectors', 1);
  const writeback = device.connectors[1]!; // behind the monitor
  const cell = file.fences.cell();
  const write = async (fbId: number) => {
    const values = { CRTC_ID: crtc.id, WRITEBACK_FB_ID: fbId, WRITEBACK_OUT_FENCE_PTR: cell.address };
    await rig.until(file.atomic({ objects: [requestFor(file, writeback.id, values)], flags: ALLOW_MODESET }));
    expect(file.fences.find(cell.value)?.signalled).toBe(true);
  };
  return { ...made, writeback, write };
};

test('it tells the formats it takes, and takes them (writeback-pixel-formats)', async () => {
  const { file, writeback, write } = await bench();
  const blob = file.getBlob(file.properties(writeback.id).get('WRITEBACK_PIXEL_FORMATS')?.value ?? 0);
  const told = [...new Uint32Array(blob.slice().buffer)];
  expect(told).toEqual(WRITEBACK_FORMATS.map(codeOf));
  for (const { name, code } of PIXEL_FORMATS) {
    const { fbId } = bufferIn(file, name, ...SMALL);
    if (told.includes(code)) await write(fbId);
    else await expect(write(fbId)).rejects.toMatchObject({ code: 'EINVAL' });
  }
});

test.each(WRITEBACK_FORMATS)(
  '%s: what comes back, shown in its turn, has the CRC of what was shown (writeback-check-output)',
  async (name) => {
    const { file, plane, set, write, display, rig, crtc, card } = await bench();
    const shown = squaresIn(file, 'XRGB8888', SMALL, PURE);
    await set(plane('Primary').id, { FB_ID: shown.fbId });
    const over = card.picture(40, 40);
    over.fill(0, 0, 40, 40, 0xff00ff);
    const place = {
      CRTC_X: 30,
      CRTC_Y: 30,
      CRTC_W: 40,
      CRTC_H: 40,
      SRC_X: 0,
      SRC_Y: 0,
      SRC_W: 40 << 16,
      SRC_H: 40 << 16,
    };
    await set(plane('Overlay').id, { FB_ID: over.fbId, CRTC_ID: crtc.id, ...place });
    const crc = display.frameCrc();
    const back = bufferIn(file, name, ...SMALL);
    await write(back.fbId);
    await set(plane('Overlay').id, { FB_ID: 0, CRTC_ID: 0 });
    expect(display.frameCrc()).not.toBe(crc);
    await set(plane('Primary').id, { FB_ID: back.fbId });
    expect(display.frameCrc()).toBe(crc);
    expect(rig.kernel.lines.filter((line) => line.startsWith('err'))).toEqual([]);
  },
);

test('a writeback that fails says so in the log, and its fence is signalled all the same', async () => {
  const { file, write, rig } = await bench();
  rig.display.fault('writeback-fails');
  await write(bufferIn(file, 'XRGB8888', ...SMALL).fbId);
  expect(rig.kernel.lines.join()).toMatch(/err: commit failed: EIO: the writeback wrote nothing/);
});
