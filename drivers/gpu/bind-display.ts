/** Binding a display driver as a module does: its log is kept, its panic screen is ready, and its bugs end on it. */

import type { LogLevel } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import type { Params } from '#regmap/params.ts';
import type { Kernel } from '../kernel/module.ts';
import { onPanic } from '../kernel/panic-chain.ts';
import { printk } from '../kernel/printk.ts';
import { CardOffer } from './card-program.ts';
import type { DrmDevice } from './drm-device.ts';
import { PanicLog } from './panic/panic-log.ts';
import { type PanicSettings, panicSettings } from './panic/panic-options.ts';
import { PanicScreen } from './panic/screen.ts';
import { Seat } from './seat.ts';

/** The release a panic names: that of the lab's kernel, which follows Linux. */
const IDENTITY = { machine: 'ferrolab', release: '6.18.0-ferrolab' } as const;

export interface BoundDisplay {
  /** The module's kernel: what is printed with it is kept, and an error its work does not catch is a panic. */
  readonly kernel: Kernel;
  readonly device: DrmDevice;
  /** Draws the log as it stands. */
  readonly console: PanicScreen;
  /** Whose the screen is. */
  readonly seat: Seat;
  /** Called after each line. */
  onPrinted(listener: () => void): void;
}

/** Settings are checked here: a bad address is EINVAL when the module is loaded, not when it panics. */
export const bindDisplay = async <P extends Params>(
  given: Kernel<P>,
  probe: (kernel: Kernel) => Promise<DrmDevice>,
  settings: PanicSettings = panicSettings(),
): Promise<BoundDisplay> => {
  const log = new PanicLog();
  const screen = new PanicScreen(log, settings, IDENTITY);
  const listeners: (() => void)[] = [];
  let device: DrmDevice | undefined;
  const pr = printk((level: LogLevel, text) => {
    log.append(level, given.clock.now(), text);
    given.pr[level](text);
    for (const listener of listeners) listener();
  });
  const kernel: Kernel = {
    ...given,
    params: given.params as Kernel['params'],
    pr,
    delayedWork: (work) =>
      given.delayedWork(async () => {
        try {
          await work();
        } catch (thrown) {
          if (!(thrown instanceof LabError)) device?.oops(thrown);
          throw thrown;
        }
      }),
  };
  const bound = await probe(kernel);
  device = bound;
  bound.panicking.show(screen);
  given.onExit(onPanic((description) => bound.panic(description)));
  const seat = new Seat();
  const offer = new CardOffer(bound, seat);
  given.onExit(() => offer.close());
  given.addCard(offer);
  return {
    kernel,
    device: bound,
    seat,
    console: new PanicScreen(log, panicSettings({ panic_screen: 'kmsg' }), IDENTITY),
    onPrinted: (listener) => void listeners.push(listener),
  };
};
