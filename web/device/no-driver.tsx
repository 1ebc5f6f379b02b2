/** What stands in place of the readings while nobody drives a device: what is listened to, and what helps. */
import type { ReactElement } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { api } from '../api.ts';
import { Link } from '../shell/link.tsx';
import { labNow, touches, trace, useLab } from '../store/lab-state.ts';
import { CommandButton } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ago } from '../ui/format.ts';
import { useTick } from '../ui/use-tick.ts';
import { useDrivers } from './use-asked.ts';

export const NoDriver = ({ device, cageEmpty }: { device: DeviceView; cageEmpty: boolean }): ReactElement => {
  useTick();
  const drivers = useDrivers().value ?? [];
  const driver = drivers.find(({ drives }) => drives.includes(device.kind));
  const loading = useLab((state) =>
    state.modules.find(({ device: of, state: at }) => of === device.name && (at === 'loading' || at === 'probing')),
  );
  const failed = useLab((state) =>
    state.modules.find(({ device: of, state: at }) => of === device.name && at === 'failed'),
  );
  return (
    <div className="no-driver">
      <Empty
        title={
          loading === undefined ? listening(device.name) : `${loading.module} is ${loading.state} on ${device.name}`
        }
        actions={
          <>
            {driver !== undefined && (
              <CommandButton look="primary" command={() => api.insmod(driver.name, device.name)}>
                Load {driver.name}
              </CommandButton>
            )}
            {cageEmpty && (
              <CommandButton command={() => api.control(device.name, 'insert', { kind: 'sr' })}>
                Insert a 10GBASE-SR module
              </CommandButton>
            )}
            <Link className="btn" to="/scenarios">
              Launch a scenario
            </Link>
          </>
        }
      >
        {failed?.error != null ? (
          <span className="bad">
            {failed.module} failed, {failed.error.code}: {failed.error.message}
          </span>
        ) : (
          `${cageEmpty ? 'The cage is empty and nobody' : 'Nobody'} drives the chip. Any client may read; a write needs a driver with a lease.`
        )}
      </Empty>
    </div>
  );
};

const listening = (device: string): string => {
  const last = touches.lastTime(trace.names.devices.indexOf(device));
  return last === undefined
    ? `Listening on ${device}: no access yet`
    : `Listening on ${device}: the last access was ${ago(labNow() - last)} ago`;
};
