/** The ferro-drm driver and its display on two ends of a broker, in real time: the same pictures as in process. */
import { expect, test } from 'vitest';
import { RealClock } from '#bus/clock.ts';
import { eventually, RigBench } from '#bus/contract-rig.ts';
import { MmioBus } from '#bus/mmio-bus.ts';
import { connectMmio } from '#bus/mmio-connect.ts';
import { mmioServer } from '#bus/mmio-serve.ts';
import { Trace } from '#bus/trace.ts';
import { Display } from '#devices/display/display.ts';
import { startBroker } from '#server/broker.ts';
import { inProcess } from '../kernel/in-process.ts';
import { defineModule } from '../kernel/module.ts';
import { bindDisplay } from './bind-display.ts';
import { openCard } from './card.ts';
import type { DrmDevice } from './drm-device.ts';
import { probeFerro } from './ferro-drm.ts';
import { requestFor } from './ferro-rig.ts';
import { panicSettings } from './panic/panic-options.ts';

const FRAMES = 12;

test('frames, flips, cursors, hotplug and a panic go over MQTT', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const bench = new RigBench(broker);
  try {
    const clock = new RealClock();
    const display = new Display({ clock, seed: 1, monitor: 'xga' });
    const bus = new MmioBus(display, { clock, device: 'card0', trace: new Trace() });
    const served = await bench.serveWith('card0', () => [mmioServer((requester) => bus.port(requester))]);
    display.onInterrupt((line, asserted) => served.interrupt(line, asserted, 0));
    const remote = await connectMmio(await bench.client('drv', { presence: { module: 'ferro_drm' } }), 'card0');
    await remote.bind();
    const kernel = inProcess(new RealClock(), { mmio: remote });
    remote.onInterrupt((line, asserted) => kernel.interrupt(line, asserted));
    const bound: DrmDevice[] = [];
    const module = defineModule({
      name: 'ferro_drm',
      description: '',
      author: '',
      license: '',
      drives: ['display'],
      init: async (given) =>
        void bound.push((await bindDisplay(given, probeFerro, panicSettings({ panic_screen: 'user' }))).device),
    });
    const loaded = await module.load(kernel, {});
    const device = bound[0]!; // init has run
    const card = await openCard(device);
    expect(card.mode.name).toBe('1024x768');
    const pictures = [card.picture(), card.picture()] as const;
    const counts: number[] = [];
    for (let frame = 0; frame < FRAMES; frame++) {
      const picture = pictures[frame % 2 === 0 ? 0 : 1];
      picture.fill(0, 0, 64, 64, 0x010101 * frame);
      const flip = await card.commit({ primary: { picture, damage: [{ x1: 0, y1: 0, x2: 64, y2: 64 }] } });
      counts.push(flip.count);
    }
    // A loaded machine may miss vblanks; none is told twice, and none goes back.
    expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
    expect(display.frame().rgba[0]).toBe(FRAMES - 1);
    // A cursor that moves between the frames, and flips that wait for no vblank.
    const { file } = card;
    const [crtcId = 0] = file.resources().crtcs;
    const { handle } = file.createDumb({ width: 16, height: 16, bpp: 32 });
    new Uint32Array(file.map(handle).buffer).fill(0xffffffff);
    await file.setCursor({ crtcId, flags: 3, width: 16, height: 16, handle, x: 0, y: 100 });
    const primary = device.planes.find(({ is }) => is.type === 'Primary')?.id ?? 0;
    for (let frame = 0; frame < FRAMES; frame++) {
      const { fbId } = pictures[frame % 2 === 0 ? 0 : 1];
      await file.setCursor({ crtcId, flags: 2, x: 4 * frame, y: 100 });
      const flags = frame % 3 === 0 ? 1 : 3;
      await file.atomic({ objects: [requestFor(file, primary, { FB_ID: fbId })], flags });
      expect(file.events.next()).toMatchObject({ type: 'flip' });
    }
    await device.idle();
    const { width, rgba } = display.frame();
    const row = Array.from({ length: 80 }, (_, x) => rgba[4 * (100 * width + x)] ?? 0);
    expect([row.indexOf(255), row.lastIndexOf(255)]).toEqual([4 * (FRAMES - 1), 4 * (FRAMES - 1) + 15]);
    expect(kernel.findings).toEqual([]);
    display.control('unplug');
    await eventually(
      () => kernel.status.link,
      (link) => link === 'down',
    );
    const before = display.frameCrc();
    display.control('panic-button');
    await eventually(
      () => kernel.lines.some((line) => line.includes('panic screen user')),
      (drawn) => drawn,
    );
    expect(display.frameCrc()).not.toBe(before);
    await loaded.exit();
    display.retire();
  } finally {
    await bench.takeDown();
    await broker.close();
  }
});
