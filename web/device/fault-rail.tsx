/** The rail of an instrument: the fault switches, and first of all what is broken on purpose now. */
import { type ReactElement, type ReactNode, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { ActiveFault } from '#bus/device.ts';
import { api } from '../api.ts';
import { partOf } from '../parts.ts';
import { labNow } from '../store/lab-state.ts';
import { Button, CommandButton, useCommand } from '../ui/button.tsx';
import { FaultSwitch } from '../ui/fault-switch.tsx';
import { clockTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useTick } from '../ui/use-tick.ts';
import { ActionSheet } from './action-sheet.tsx';
import { useCatalogue } from './use-asked.ts';

export const FaultRail = (props: {
  readonly device: DeviceView;
  /** What is worse than any fault: it stands first. */
  readonly alarm?: ReactNode;
  readonly end?: ReactNode;
}): ReactElement => {
  const { device, alarm } = props;
  const { faults } = useCatalogue(device.name);
  const [all, setAll] = useState(false);
  const { busy, refused, run } = useCommand();
  const names = partOf(device.kind).faults.filter((name) => name in faults);
  const shown = names.length > 0 ? names : Object.keys(faults);
  const active = new Set(device.faults.map(({ name }) => name));
  return (
    <footer className="rail" data-active={alarm !== undefined || device.faults.length > 0 || undefined}>
      {alarm}
      {device.faults.length > 0 ? (
        <ActiveFaults device={device} />
      ) : (
        alarm === undefined && <span className="dim rail-title">Faults</span>
      )}
      <div className="switches">
        {shown.map((name) => {
          const fault = faults[name];
          if (fault === undefined) return null;
          return (
            <FaultSwitch
              key={name}
              label={fault.label}
              title={fault.doc}
              on={active.has(name)}
              arming={busy}
              onChange={(on) => void run(() => (on ? api.fault(device.name, name) : api.clearFault(device.name, name)))}
            />
          );
        })}
      </div>
      {refused !== null && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
      <Button look="quiet" className="rail-all" onClick={() => setAll(true)} aria-haspopup="dialog">
        all {Object.keys(faults).length} <Icon name="right" />
      </Button>
      {props.end}
      {all && <ActionSheet device={device} onClose={() => setAll(false)} />}
    </footer>
  );
};

const ActiveFaults = ({ device }: { device: DeviceView }): ReactElement => {
  useTick();
  const { faults } = useCatalogue(device.name);
  const newest = device.faults.reduce((a, b) => (b.since > a.since ? b : a));
  const more = device.faults.length - 1;
  const known = faults[newest.name];
  return (
    <div className="alarm">
      <b>
        <Icon name="triangle" />
        {known?.label ?? newest.name}
      </b>
      <span className="alarm-words">
        {more > 0 && `and ${more} more, `}on for {clockTime(labNow() - newest.since)}
        {paramWords(newest)}: {known?.doc}
      </span>
      <CommandButton
        look="stop"
        command={() => api.clearFault(device.name, more > 0 ? undefined : newest.name)}
        onRefused={() => {}}
      >
        {more > 0 ? 'Clear all' : 'Clear'}
      </CommandButton>
    </div>
  );
};

const paramWords = ({ params }: ActiveFault): string =>
  Object.entries(params)
    .map(([name, value]) => `, ${name}=${String(value)}`)
    .join('');
