/** A device of a bench as a recording names it. */
import type { RecordedDevice } from '#recording/format.ts';
import { portsOf } from '../device-kinds.ts';

/** One that is on no bench is taken for a PHY, as the traffic page does. */
export const recordedDevice = (name: string, kind: string | undefined): RecordedDevice => {
  const [port = 'mdio'] = kind === undefined ? [] : portsOf(kind);
  return { name, kind: kind ?? '', port: port === 'mmio' || port === 'block' ? port : 'mdio' };
};
