/** The display drivers that are wrong on purpose: what the display, or Linux's own timeout, makes of each mistake. */
import { expect, test } from 'vitest';
import { ms, seconds } from '#bus/clock.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { Display } from '#devices/display/display.ts';
import { decode } from '#regmap/codec.ts';
import { DisplayRig } from '../display-rig.ts';
import { ferroDrm } from '../ferro-drm.ts';
import { BROKEN_DISPLAY_DRIVERS } from './all-broken.ts';

/** Loads it and shows so many frames of one colour at 640x480. */
const shown = async (name: string, frames = 2) => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, monitor: 'xga' }));
  const driver = name === 'ferro_drm' ? ferroDrm : BROKEN_DISPLAY_DRIVERS[name];
  if (driver === undefined) throw new Error(`no driver ${name}`);
  await rig.insmod(driver, { client: 'none', panic_screen: 'user' });
  const [card] = rig.kernel.cards.values();
  const program = await rig.until(card!.open('test', '640x480')); // every driver here offers one
  const { id, pitchBytes } = await program.buffer(640, 480);
  const rows = new Uint32Array((pitchBytes / 4) * 480);
  for (let i = 0; i < rows.length; i++) rows[i] = (i % 640) * 0x010203;
  await program.write(id, 0, new Uint8Array(rows.buffer));
  for (let frame = 0; frame < frames; frame++) {
    await rig.until(program.commit({ buffer: id }));
    await rig.until(program.flip());
  }
  await rig.pass(ms(50));
  return rig;
};

const findings = { 'bad-pitch': /BAD_PITCH/, 'bad-bus-address': /BASE_BEYOND_VRAM/, 'bad-flips-twice': /FLIP_BUSY/ };

test.each(Object.entries(findings))('%s is found out by the display', async (name, found) => {
  const rig = await shown(name);
  expect(rig.kernel.findings.some((finding) => found.test(finding))).toBe(true);
});

test('the driver they are made from has no findings', async () => {
  expect((await shown('ferro_drm', 6)).kernel.findings).toEqual([]);
});

test('a wrong pitch or a wrong base shows another picture than the right driver', async () => {
  const right = (await shown('ferro_drm')).display.frameCrc();
  for (const name of ['bad-pitch', 'bad-bus-address']) expect((await shown(name)).display.frameCrc()).not.toBe(right);
});

test('a driver deaf to flips waits ten seconds for each', async () => {
  const rig = await shown('bad-deaf-flips', 1);
  expect(rig.clock.now()).toBeGreaterThan(seconds(10));
  expect(rig.kernel.lines.some((line) => line.includes('flip_done timed out'))).toBe(true);
  expect(decode(DISPLAY.INT_STATUS, rig.display.peek(DISPLAY.INT_STATUS.at)).FLIP_DONE).toBe(true);
});

test('an uncaught mistake at the fourth flip ends on the panic screen', async () => {
  const before = (await shown('ferro_drm')).display.frameCrc();
  const rig = await shown('bad-trips-over', 3);
  expect(rig.kernel.lines.some((line) => /Kernel panic - not syncing: Uncaught TypeError/.test(line))).toBe(true);
  expect(rig.kernel.status).toMatchObject({ state: 'failed', error: { code: 'EIO' } });
  expect(rig.display.frameCrc()).not.toBe(before);
});

test('each says that it is broken on purpose', () => {
  for (const [name, { info }] of Object.entries(BROKEN_DISPLAY_DRIVERS)) {
    expect(name).toMatch(/^bad-/);
    expect(info.description).toMatch(/^Broken on purpose: /);
    expect(info.drives).toEqual(['display']);
  }
});
