/** Programs of the lab on a driver's screen: who has it, what they are refused, and what they leave behind. */
import { expect, test } from 'vitest';
import { ms } from '#bus/clock.ts';
import { Display, type DisplayOptions } from '#devices/display/display.ts';
import { DisplayRig } from './display-rig.ts';
import { ferroDrm } from './ferro-drm.ts';

const bench = async (params: Readonly<Record<string, unknown>> = {}, options: Partial<DisplayOptions> = {}) => {
  const rig = new DisplayRig((clock) => new Display({ clock, seed: 1, monitor: 'xga', ...options }));
  const loaded = await rig.insmod(ferroDrm, { client: 'none', ...params });
  const [card] = rig.kernel.cards.values();
  if (card === undefined) throw new Error('the driver offers no card');
  const open = (program: string, mode?: string) => rig.until(card.open(program, mode));
  return { rig, display: rig.display, card, open, exit: () => rig.until(loaded.exit()) };
};

test('a program draws: buffer, write, commit, flip', async () => {
  const { rig, display, open } = await bench();
  const program = await open('one', '640x480');
  expect(program.mode).toMatchObject({ name: '640x480', width: 640, height: 480, refreshHz: 60 });
  expect(program.modes.map(({ name }) => name)).toContain('1024x768');
  const { id, pitchBytes, sizeBytes } = await program.buffer(640, 480);
  expect(pitchBytes).toBe(2560);
  await program.write(id, 0, new Uint8Array(sizeBytes).fill(0x40));
  await rig.until(program.commit({ buffer: id }));
  const first = await rig.until(program.flip());
  expect(display.frame().rgba.subarray(0, 3)).toEqual(Uint8Array.of(0x40, 0x40, 0x40));
  await rig.until(program.commit({ buffer: id }));
  expect((await rig.until(program.flip())).count).toBe(first.count + 1);
});

test('flips that nobody has asked for yet are kept, in order', async () => {
  const { rig, open } = await bench();
  const program = await open('one', '640x480');
  const { id } = await program.buffer(640, 480);
  for (let frame = 0; frame < 3; frame++) {
    await rig.until(program.commit({ buffer: id }));
    await rig.pass(ms(50));
  }
  const counts = [await program.flip(), await program.flip(), await program.flip()].map(({ count }) => count);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(new Set(counts).size).toBe(3);
});

test('one program has the screen: another is told EBUSY until it is closed', async () => {
  const { rig, open } = await bench();
  const one = await open('one', '640x480');
  await expect(open('two')).rejects.toMatchObject({ code: 'EBUSY' });
  await rig.until(one.close());
  await expect(one.buffer(640, 480)).rejects.toMatchObject({ code: 'ENODEV' });
  await expect(one.flip()).rejects.toMatchObject({ code: 'ENODEV' });
  expect((await open('two')).mode.name).toBe('1024x768');
});

test("the driver's own log leaves the screen to a program, and comes back after it", async () => {
  const { rig, display, open } = await bench({ client: 'log' });
  await rig.pass(ms(200));
  expect(display.scene).toMatchObject({ width: 1024 });
  const log = display.frameCrc();
  const program = await open('one', '640x480');
  const { id, sizeBytes } = await program.buffer(640, 480);
  await program.write(id, 0, new Uint8Array(sizeBytes));
  await rig.until(program.commit({ buffer: id }));
  await rig.until(program.flip());
  expect(display.scene).toMatchObject({ width: 640 });
  await rig.until(program.close());
  await rig.pass(ms(200));
  expect(display.scene).toMatchObject({ width: 1024 });
  expect(display.frameCrc()).not.toBe(log); // it has a line more
});

test('after a panic nobody takes the screen, and the panic stays on it', async () => {
  const { rig, display, open } = await bench({ client: 'log', panic_screen: 'user' });
  await rig.pass(ms(200));
  display.control('panic-button');
  await rig.pass(ms(200));
  const panicked = display.frameCrc();
  await expect(open('one', '640x480')).rejects.toMatchObject({ code: 'EIO' });
  await rig.pass(ms(200));
  expect(display.frameCrc()).toBe(panicked);
});

test('a mode the monitor has not is EINVAL with a hint; a mode line of its own is taken', async () => {
  const { rig, display, open } = await bench();
  await expect(open('one', '640x481')).rejects.toMatchObject({
    code: 'EINVAL',
    message: expect.stringMatching(/did you mean '640x480'/),
  });
  const program = await open('one', '640x480@24');
  // A clock in steps of 250 kHz comes near it.
  expect(program.mode).toMatchObject({ width: 640, height: 480, refreshHz: 23 });
  const { id } = await program.buffer(640, 480);
  await rig.until(program.commit({ buffer: id }));
  await rig.until(program.flip());
  expect(1e9 / (display.inspect().mode?.frameNs ?? 0)).toBeCloseTo(23.45, 1);
});

test('writes beyond a buffer, buffers of others and sizes of nothing are refused with their errno', async () => {
  const { open } = await bench();
  const program = await open('one', '640x480');
  const { id, sizeBytes } = await program.buffer(640, 480);
  await expect(program.write(id, sizeBytes - 3, new Uint8Array(4))).rejects.toMatchObject({ code: 'EFAULT' });
  await expect(program.write(id + 1, 0, new Uint8Array(4))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(program.commit({ buffer: 999 })).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(program.buffer(0, 480)).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(program.buffer(60_000, 60_000)).rejects.toMatchObject({ name: 'LabError' });
});

test('a second commit before the flip is EBUSY, and changes nothing', async () => {
  const { rig, open } = await bench();
  const program = await open('one', '640x480');
  const { id } = await program.buffer(640, 480);
  await rig.until(program.commit({ buffer: id }));
  await expect(rig.until(program.commit({ buffer: id }))).rejects.toMatchObject({ code: 'EBUSY' });
  await rig.until(program.flip());
  await rig.until(program.commit({ buffer: id }));
});

test('a bad link is good again when the program sets its mode once more, and not before', async () => {
  const { rig, display, open } = await bench();
  const program = await open('one', '640x480');
  const { id } = await program.buffer(640, 480);
  const show = async (modeset: boolean) => {
    await rig.until(program.commit({ buffer: id, modeset }));
    await rig.until(program.flip());
    await rig.pass(ms(50));
  };
  await show(false);
  display.control('degrade-link');
  await rig.pass(ms(50));
  expect(rig.kernel.status.link).toBe('down');
  await show(false);
  expect(display.inspect().connector.linkBad).toBe(true);
  await show(true);
  expect(display.inspect().connector.linkBad).toBe(false);
  expect(rig.kernel.status.link).toBe('up');
});

test('no monitor is ENODEV, and leaves the screen to whoever comes when there is one', async () => {
  const { rig, display, open } = await bench({}, { monitor: null });
  await expect(open('one')).rejects.toMatchObject({ code: 'ENODEV' });
  display.control('plug');
  await rig.pass(ms(100));
  expect((await open('one')).modes.length).toBeGreaterThan(0);
});

test('a driver that goes ends what its programs wait for', async () => {
  const { rig, display, open, exit } = await bench();
  const program = await open('one', '640x480');
  const { id } = await program.buffer(640, 480);
  await rig.until(program.commit({ buffer: id }));
  await rig.until(program.flip());
  const waiting = expect(program.flip()).rejects.toMatchObject({ code: 'ENODEV' });
  await exit();
  await waiting;
  expect(rig.kernel.cards.size).toBe(0);
  expect(display.scene.width).toBe(0);
});
