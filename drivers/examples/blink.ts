/** Blinks LED0 of a QT2025: a first driver of your own. Load it: `npx ferrolab insmod ./drivers/examples/blink.ts phy0`. */
import { ms } from '#bus/clock.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { number } from '#regmap/params.ts';
import { defineModule } from '../kernel/module.ts';

export const driver = defineModule({
  name: 'blink',
  description: 'Blinks LED0',
  author: 'You',
  license: 'MIT',
  drives: ['qt2025'],
  params: { half_ms: number('Time on, and time off', { min: 20, max: 10_000, default: 500, unit: 'ms' }) },

  init({ params, pr, registers, hrtimer, delayedWork, onExit }) {
    const phy = registers(1);
    let lit = false;
    const toggle = delayedWork(() => {
      lit = !lit;
      return phy.write(QT2025.LED0, { MODE: lit ? 'on' : 'off' });
    });
    const timer = hrtimer((self) => {
      toggle.schedule();
      self.forwardNow(ms(params.half_ms));
      return 'restart';
    });
    timer.start(ms(params.half_ms));
    onExit(() => phy.write(QT2025.LED0, { MODE: 'off' }));
    pr.info(`LED0 changes every ${params.half_ms} ms`);
  },
});
