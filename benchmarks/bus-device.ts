/** The device both sides of the bus benchmark stand on: a virtual QT2025, traced, with no waiting for the wire. */
import { RealClock } from '#bus/clock.ts';
import { MdioBus } from '#bus/mdio.ts';
import { Trace } from '#bus/trace.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';

export const makeBus = (): MdioBus => {
  const clock = new RealClock();
  const device = new Qt2025({ clock, seed: 1 });
  return new MdioBus(device, { clock, device: 'phy0', trace: new Trace(), mdcHz: 0 });
};
