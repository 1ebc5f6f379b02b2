/** Driver module of the display benchmark: paints a scene with ferro-drm, a frame each vertical blank. */
import { bindDisplay } from '#drivers/gpu/bind-display.ts';
import { openCard } from '#drivers/gpu/card.ts';
import { probeFerro } from '#drivers/gpu/ferro-drm.ts';
import { defineModule } from '#drivers/kernel/module.ts';
import { oneOf } from '#regmap/params.ts';
import { type Area, areaOf, paint, SCENES } from './display-scenes.ts';

export const driver = defineModule({
  name: 'display_painter',
  description: 'Paints for a benchmark',
  author: 'Ferrolab',
  license: 'MIT',
  drives: ['display'],
  params: { scene: oneOf('What is painted', SCENES, 'full') },

  async init(given) {
    const { kernel, device } = await bindDisplay(given, probeFerro);
    const card = await openCard(device, { mode: (modes) => modes.find(({ name }) => name === '1920x1080') });
    const pictures = [card.picture(), card.picture()] as const;
    const cursor = card.picture(64, 64, 'ARGB8888');
    cursor.fill(0, 0, 64, 64, 0x80ffffff);
    const { scene } = given.params;
    let n = 0;
    const draw = kernel.delayedWork(async () => {
      const picture = pictures[n % 2 === 0 ? 0 : 1];
      const area = areaOf(scene, n);
      if (scene === 'cursor' && n > 0)
        await card.commit({ primary: { picture: pictures[0], damage: NOTHING }, cursor: { picture: cursor, ...area } });
      else {
        paint(scene, n, pixelsOf(picture.bytes, area, picture.pitchBytes), picture.pitchBytes / 4, area);
        const damage = [{ x1: area.x, y1: area.y, x2: area.x + area.width, y2: area.y + area.height }];
        await card.commit({ primary: { picture, damage } });
      }
      n++;
      draw.schedule();
    });
    draw.schedule();
  },
});

/** One pixel in a corner: the driver takes no damage at all for all of it. */
const NOTHING = [{ x1: 0, y1: 0, x2: 1, y2: 1 }];

const pixelsOf = (bytes: Uint8Array, { x, y }: Area, pitchBytes: number): Uint32Array =>
  new Uint32Array(
    bytes.buffer,
    bytes.byteOffset + y * pitchBytes + x * 4,
    (bytes.length - y * pitchBytes - x * 4) >> 2,
  );
