/** Draws a moving test pattern: a first program of your own for the display. Load it: `npx ferrolab insmod ./drivers/examples/test-pattern.ts card0`. */
import { number } from '#regmap/params.ts';
import { bindDisplay } from '../gpu/bind-display.ts';
import { openCard, type Picture } from '../gpu/card.ts';
import { probeFerro } from '../gpu/ferro-drm.ts';
import { defineModule } from '../kernel/module.ts';

const BARS = [0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0];
const BOX = 64;

export const driver = defineModule({
  name: 'test_pattern',
  description: 'Draws colour bars, and a box that moves across them',
  author: 'You',
  license: 'MIT',
  drives: ['display'],
  params: { step: number('Pixels the box moves each frame', { min: 1, max: 64, default: 4, unit: 'px', whole: true }) },

  async init(given) {
    const { kernel, device } = await bindDisplay(given, probeFerro);
    const card = await openCard(device);
    const pictures = [card.picture(), card.picture()] as const;
    for (const picture of pictures) drawBars(picture);
    const { width, height } = pictures[0];
    const y = (height - BOX) >> 1;
    let frame = 0;
    const place = (of: number): number => (of * given.params.step) % (width - BOX);

    const draw = kernel.delayedWork(async () => {
      const picture = pictures[frame % 2 === 0 ? 0 : 1];
      const before = place(frame - 2); // where the box was in this picture
      if (frame >= 2) for (let x = before; x < before + BOX; x++) picture.fill(x, y, 1, BOX, barAt(x, width));
      picture.fill(place(frame), y, BOX, BOX, 0xffffff);
      // Since the last frame, the box has left one place and come to another.
      const last = place(Math.max(0, frame - 1));
      const damage = [last, place(frame)].map((x) => ({ x1: x, y1: y, x2: x + BOX, y2: y + BOX }));
      await card.commit({ primary: { picture, damage } });
      frame++;
      draw.schedule();
    });
    draw.schedule();
  },
});

const barAt = (x: number, width: number): number => BARS[Math.floor((x * BARS.length) / width)] ?? 0;

const drawBars = (picture: Picture): void => {
  for (let x = 0; x < picture.width; x++) picture.fill(x, 0, 1, picture.height, barAt(x, picture.width));
};
