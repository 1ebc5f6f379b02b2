/** The three LED pins: what the LED registers make of the link. */
import type { QT2025 } from '#datasheets/qt2025.ts';
import type { Values } from '#regmap/declare.ts';
import type { PathState } from './path.ts';

export interface Led {
  readonly lit: boolean;
  readonly blinking: boolean;
  readonly shows: string;
}

/** Traffic is taken to flow whenever a direction is linked: an activity LED then blinks. */
export const led = ({ MODE, PATH }: Values<typeof QT2025.LED0>, path: PathState): Led => {
  const linked = PATH === 'rx' ? path.pmaLink && path.pcsLink : path.phyxsLink && path.transmitting;
  const direction = PATH === 'rx' ? 'RX' : 'TX';
  switch (MODE) {
    case 'link':
      return { lit: linked, blinking: false, shows: `${direction} link` };
    case 'activity':
      return { lit: linked, blinking: linked, shows: `${direction} activity` };
    case 'link+activity':
      return { lit: linked, blinking: linked, shows: `${direction} link and activity` };
    case 'on':
      return { lit: true, blinking: false, shows: 'on' };
    case 'off':
      return { lit: false, blinking: false, shows: 'off' };
    case 'input':
      return { lit: false, blinking: false, shows: 'input pin' };
    default:
      return { lit: false, blinking: false, shows: 'invalid' };
  }
};
