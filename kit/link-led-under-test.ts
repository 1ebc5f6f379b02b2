/** A driver for tests of the kit: lights LED0 of a QT2025 while the receiver sees light; `poll` changes what a look does. */
import type { DriverModule } from '#bus/kernel-port.ts';
import { defineModule, type Kernel, LabError, ms, number, QT2025, type Registers } from './driver.ts';

const PARAMS = {
  poll_ms: number('Time between two looks', { min: 10, max: 10_000, default: 100, unit: 'ms' }),
} as const;
type Own = Kernel<typeof PARAMS>;

export interface LinkLed {
  readonly before?: (phy: Registers, kernel: Own) => Promise<void>;
  /** Instead of writing what the light is. */
  readonly show?: (phy: Registers, light: boolean) => Promise<void>;
}

const lights = (phy: Registers, light: boolean): Promise<void> =>
  phy.write(QT2025.LED0, { MODE: light ? 'on' : 'off' });

export const linkLed = ({ before = async () => {}, show = lights }: LinkLed = {}): DriverModule =>
  defineModule({
    name: 'link_led',
    description: 'Lights LED0 while the receiver sees light',
    author: 'test',
    license: 'Apache-2.0',
    drives: ['qt2025'],
    params: PARAMS,
    async init(kernel) {
      const phy = kernel.registers(1);
      await before(phy, kernel);
      let lit: boolean | undefined;
      const look = kernel.delayedWork(async () => {
        const { GLOBAL: light } = await phy.read(QT2025.PMA_RXDET);
        if (light !== lit) {
          lit = light;
          await show(phy, light);
          kernel.reportLink(light ? 'up' : 'down');
          kernel.pr.info(`light ${light ? 'seen' : 'gone'}`);
        }
        look.schedule(ms(kernel.params.poll_ms));
      });
      look.schedule();
    },
  });

/** Refuses every device. */
export const refusing = linkLed({
  before: async () => {
    throw new LabError('ENODEV', 'not mine');
  },
});
