/** Draws one picture and says when it was shown: the shortest program for the display. Load it: `npx ferrolab insmod ./drivers/examples/hello-screen.ts card0`. */
import { bindDisplay } from '../gpu/bind-display.ts';
import { openCard } from '../gpu/card.ts';
import { probeFerro } from '../gpu/ferro-drm.ts';
import { defineModule } from '../kernel/module.ts';

export const driver = defineModule({
  name: 'hello_screen',
  description: 'Draws one picture',
  author: 'You',
  license: 'MIT',
  drives: ['display'],

  async init(given) {
    const { kernel, device } = await bindDisplay(given, (kernel) => probeFerro(kernel));
    const card = await openCard(device); // the preferred mode of the monitor
    const picture = card.picture(); // a buffer of that size
    picture.fill(0, 0, picture.width, picture.height, 0x101820);
    picture.fill(100, 100, 400, 200, 0xff8040);
    const flip = await card.commit({ primary: { picture } });
    kernel.pr.info(`shown since vblank ${flip.count}, at ${flip.timeNs} ns`);
  },
});
