/** The ports of a device on the bus, as it announces them, for one load of a driver. */
import { blockOver } from '#bus/block-connect.ts';
import type { DeviceWire, RemoteDevice } from '#bus/device-connect.ts';
import type { DevicePorts } from '#bus/kernel-port.ts';
import { mdioOver } from '#bus/mdio-connect.ts';
import { mmioOver } from '#bus/mmio-connect.ts';

/** Those this end knows. Each way to stop listening is handed to `keep`: a driver that was unloaded hears nothing more. */
export const portsOf = (remote: RemoteDevice, keep: (stop: () => void) => () => void): DevicePorts => {
  const offered = remote.notice?.ports ?? [];
  const wire: DeviceWire = {
    device: remote.device,
    ask: (kind, body) => remote.ask(kind, body),
    on: (listener) => keep(remote.on(listener)),
    finding: (what, text) => remote.finding(what, text),
    onInterrupt: (listener) => keep(remote.onInterrupt(listener)),
  };
  return {
    ...(offered.includes('mdio') ? { mdio: mdioOver(wire) } : {}),
    ...(offered.includes('mmio') ? { mmio: mmioOver(wire) } : {}),
    ...(offered.includes('block') ? { block: blockOver(wire) } : {}),
  };
};
