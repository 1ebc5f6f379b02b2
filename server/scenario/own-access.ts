/** A read or a write over the bus by the scenario itself, on whichever bus the device has. */
import { addressFrame, readFrame, writeFrame } from '#bus/mdio.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { nameAt } from '#regmap/names.ts';
import type { BenchDevice } from '#server/bench-device.ts';

/** `value` of a write; undefined reads. */
export const ownAccess = async (
  device: BenchDevice,
  at: number,
  value: number | undefined,
  requester: string,
): Promise<void> => {
  const { mmio } = device.buses;
  if (mmio === undefined) {
    const { bus, prtad } = device;
    const frame = value === undefined ? readFrame(prtad, mmdOf(at)) : writeFrame(prtad, mmdOf(at), value);
    await bus.port(requester).transfer(Uint32Array.of(addressFrame(prtad, at), frame));
    return;
  }
  const { registers } = device.device;
  const width = registers[nameAt(registers, at) ?? '']?.width === 16 ? 2 : 4;
  const port = mmio.port(requester);
  if (value === undefined) await port.read(at, width);
  else await port.write(at, value, width);
};
