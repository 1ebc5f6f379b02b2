/** How each kind of device is built from its specification: one entry per part. */
import type { PhyPanel } from '#bus/api.ts';
import type { Clock } from '#bus/clock.ts';
import type { VirtualDevice } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import { MdioBus } from '#bus/mdio.ts';
import type { Trace } from '#bus/trace.ts';
import { MDC_HZ } from '#datasheets/c45.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import type { BenchDeviceSpec } from './bench.ts';

export const DEVICE_KINDS = ['qt2025'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** What the lab ships for a boot EEPROM. */
export const SHIPPED_FIRMWARE = 'ferrolab-qt2025.fw';

export interface BuildRequest {
  readonly name: string;
  readonly spec: BenchDeviceSpec;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly seed: number;
  readonly firmware: ((name: string) => Uint8Array) | undefined;
}
export interface Built {
  readonly device: VirtualDevice;
  readonly bus: MdioBus;
}

/** The factories, by kind. */
export const BUILDERS: Readonly<Record<DeviceKind, (request: BuildRequest) => Built>> = {
  qt2025: ({ name, spec, clock, trace, seed, firmware }) => {
    const device = new Qt2025({
      clock,
      seed,
      module: spec.module === undefined ? 'sr' : spec.module,
      ...(spec.prtad === undefined ? {} : { prtad: spec.prtad }),
      ...(spec.length_m === undefined ? {} : { lengthM: spec.length_m }),
      ...(spec.light_dbm === undefined ? {} : { lightDbm: spec.light_dbm }),
      ...(spec.revision === undefined ? {} : { revision: spec.revision }),
      ...(spec.eeprom === undefined || spec.eeprom === false ? {} : { bootEeprom: image(name, spec.eeprom, firmware) }),
    });
    const mdcHz = spec.mdc_hz ?? (clock.kind === 'real' ? 0 : MDC_HZ);
    return { device, bus: new MdioBus(device, { clock, device: name, trace, mdcHz }) };
  },
};

/** What a device itself can say of its link, from its `inspect()`; kinds without a link are absent. */
export const LINKS: Readonly<Record<string, (panel: unknown) => 'up' | 'down'>> = {
  qt2025: (panel) => ((panel as PhyPanel).link.up ? 'up' : 'down'),
};

/** The ports each kind offers, as announced on the bus. */
export const PORTS: Readonly<Record<string, readonly string[]>> = { qt2025: ['mdio'] };

const image = (device: string, eeprom: true | string, firmware: BuildRequest['firmware']): Uint8Array => {
  const name = eeprom === true ? SHIPPED_FIRMWARE : eeprom;
  if (firmware === undefined)
    throw new LabError('ENOENT', `${device} asks for ${name} in its EEPROM; this bench was given no firmware files`);
  return firmware(name);
};
