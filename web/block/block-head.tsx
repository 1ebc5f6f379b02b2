/** What stands at the end of a block device's head: power, capacity, and where NBD clients find it. */
import type { ReactElement } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import { useLab } from '../store/lab-state.ts';
import { Icon } from '../ui/icon.tsx';
import { Lamp } from '../ui/lamp.tsx';
import { sectorsText } from './panel.ts';

export const PowerState = ({ device, panel }: { device: DeviceView; panel: BlockPanel }): ReactElement => {
  const up = panel.power && panel.connected;
  return (
    <span className="link-state at-end">
      <Lamp state={device.faults.length > 0 ? 'fault' : up ? 'ok' : 'off'} silent />
      {panel.power && <b>{sectorsText(panel.capacitySectors)}</b>}
      <span className={up ? 'mid' : 'caution'}>{!panel.power ? 'powered off' : up ? 'powered' : 'unplugged'}</span>
    </span>
  );
};

/** The address, and how many clients are connected to it now. */
export const NbdAddress = ({ device, panel }: { device: DeviceView; panel: BlockPanel }): ReactElement | null => {
  const uri = useNbdUri(device.name);
  if (uri === null) return null;
  const clients = panel.clients ?? [];
  const words = clients.length === 0 ? 'no client' : clients.length === 1 ? '1 client' : `${clients.length} clients`;
  return (
    <span
      className="nbd-address"
      data-active={clients.length > 0 || undefined}
      title={
        clients.length === 0
          ? `${uri}, nobody is connected`
          : clients.map(({ peer, requester }) => `${requester} ${peer}`).join(', ')
      }
    >
      <Icon name="link" />
      <code>{uri}</code>
      <span className={clients.length > 0 ? 'ok' : 'dim'}>{words}</span>
    </span>
  );
};

/** As clients take it; null where the lab serves none. */
export const useNbdUri = (device: string): string | null => {
  const nbd = useLab((state) => state.lab?.nbd ?? null);
  if (nbd === null) return null;
  if (nbd.port !== null) return `nbd://${nbd.host ?? '127.0.0.1'}:${nbd.port}/${device}`;
  return nbd.unix === null ? null : `nbd+unix:///${device}?socket=${nbd.unix}`;
};
