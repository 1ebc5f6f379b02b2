/** How each kind of device is built from its specification: one entry per part. */
import type { LogLevel, PhyPanel } from '#bus/api.ts';
import type { BlockSilicon } from '#bus/block.ts';
import { BlockBus } from '#bus/block-bus.ts';
import type { Clock } from '#bus/clock.ts';
import type { Attributed, VirtualDevice } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { GateSlot } from '#bus/filters/gate.ts';
import type { Instruments } from '#bus/filters/instruments.ts';
import type { PlaceNames } from '#bus/filters/touch.ts';
import { MdioBus } from '#bus/mdio.ts';
import { MmioBus } from '#bus/mmio-bus.ts';
import type { Trace } from '#bus/trace.ts';
import { MDC_HZ } from '#datasheets/c45.ts';
import { Display } from '#devices/display/display.ts';
import { Nullb, type NullbOptions } from '#devices/nullb/nullb.ts';
import type { Micro8051 } from '#devices/qt2025/micro/micro-8051.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import type { BenchDeviceSpec, DeviceKind, DisplaySpec, NullbSpec, Qt2025Spec } from './bench-spec.ts';

/** What the lab ships for a boot EEPROM. */
export const SHIPPED_FIRMWARE = 'ferrolab-qt2025.fw';

export interface BuildRequest<S extends BenchDeviceSpec = BenchDeviceSpec> {
  readonly name: string;
  readonly spec: S;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly seed: number;
  readonly firmware: ((name: string) => Uint8Array) | undefined;
  readonly log: ((level: LogLevel, text: string) => void) | undefined;
  /** Where null block devices run; in this thread unless told. */
  readonly makeNullb: MakeNullb | undefined;
  /** Bus faults and breakpoints; none stand before a bench that was given none. */
  readonly instruments?: Instruments | undefined;
}

/** The buses that a device's ports are on. */
export interface DeviceBuses {
  readonly mdio?: MdioBus;
  readonly mmio?: MmioBus;
  readonly block?: BlockBus;
}
export interface Built {
  readonly device: VirtualDevice;
  readonly buses: DeviceBuses;
}

/** A device and its buses, from its specification. */
export const build = (request: BuildRequest): Built => {
  const { spec } = request;
  switch (spec.device) {
    case 'qt2025':
      return qt2025({ ...request, spec });
    case 'nullb':
      return nullb({ ...request, spec });
    case 'display':
      return display({ ...request, spec });
  }
};

const qt2025 = ({ name, spec, clock, trace, seed, firmware, instruments }: BuildRequest<Qt2025Spec>): Built => {
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
  const slot = slotOf(instruments, name, 'mdio', device);
  return { device, buses: { mdio: new MdioBus(device, { clock, device: name, trace, mdcHz, ...slot }) } };
};

const nullb = ({ name, spec, clock, trace, seed, log, makeNullb, instruments }: BuildRequest<NullbSpec>): Built => {
  const { personality, compat, cpus } = spec;
  const device = (makeNullb ?? inThisThread)({
    clock,
    seed,
    name,
    attributes: texts(spec.attributes),
    ...(personality === undefined ? {} : { personality }),
    ...(compat === undefined ? {} : { compat }),
    ...(spec.module_params === undefined ? {} : { module: texts(spec.module_params) }),
    ...(cpus === undefined ? {} : { cpus }),
    log: (level, text) => log?.(level, `${name}: ${text}`),
  });
  const traceEvery = spec.trace_every ?? 1;
  const recordAll = (): void => {
    block.traceEvery = 1;
  };
  const slot = slotOf(instruments, name, 'block', device, recordAll);
  const block = new BlockBus(device, { clock, device: name, trace, traceEvery, ...slot });
  return { device, buses: { block } };
};

const display = ({ name, spec, clock, trace, seed, instruments }: BuildRequest<DisplaySpec>): Built => {
  const device = new Display({
    clock,
    seed,
    ...(spec.vram_mib === undefined ? {} : { vramMib: spec.vram_mib }),
    ...(spec.monitor === undefined ? {} : { monitor: spec.monitor }),
  });
  const onInterrupt: Display['onInterrupt'] = (listener) => device.onInterrupt(listener);
  const slot = slotOf(instruments, name, 'mmio', device);
  return { device, buses: { mmio: new MmioBus(device, { clock, device: name, trace, onInterrupt, ...slot }) } };
};

/** Where bus faults and breakpoints stand in front of a device. */
const slotOf = (
  instruments: Instruments | undefined,
  name: string,
  port: PlaceNames['port'],
  { registers, spans }: VirtualDevice,
  recordAll?: () => void,
): { readonly slot?: GateSlot } =>
  instruments === undefined ? {} : { slot: instruments.slot(name, { port, registers, spans }, recordAll) };

/** A null block device, wherever it runs. */
export type BlockDevice = VirtualDevice & BlockSilicon & Attributed;
export type MakeNullb = (options: NullbOptions & { readonly name: string }) => BlockDevice;
const inThisThread: MakeNullb = (options) => new Nullb(options);

/** As configfs and the module loader take them: a flag is 0 or 1. */
const texts = (given: NullbSpec['attributes']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(given ?? {}).map(([name, value]) => [
      name,
      String(typeof value === 'boolean' ? Number(value) : value),
    ]),
  );

/** What a device itself can say of its link, from its `inspect()`; kinds without a link are absent. */
export const LINKS: Readonly<Record<string, (panel: unknown) => 'up' | 'down'>> = {
  qt2025: (panel) => ((panel as PhyPanel).link.up ? 'up' : 'down'),
};

/** The micro-controller inside a device, for its debugger; kinds without one are absent. */
export const MICROS: Readonly<Record<string, (device: VirtualDevice) => Micro8051 | undefined>> = {
  qt2025: (device) => (device instanceof Qt2025 ? device.micro : undefined),
};

/** The ports each kind offers, as announced on the bus. */
export const PORTS: Readonly<Record<DeviceKind, readonly (keyof DeviceBuses)[]>> = {
  qt2025: ['mdio'],
  nullb: ['block'],
  display: ['mmio'],
};
export const portsOf = (kind: string): readonly string[] =>
  Object.hasOwn(PORTS, kind) ? PORTS[kind as DeviceKind] : [];

const image = (device: string, eeprom: true | string, firmware: BuildRequest['firmware']): Uint8Array => {
  const name = eeprom === true ? SHIPPED_FIRMWARE : eeprom;
  if (firmware === undefined)
    throw new LabError('ENOENT', `${device} asks for ${name} in its EEPROM; this bench was given no firmware files`);
  return firmware(name);
};
