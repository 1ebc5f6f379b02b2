/** Every fault and every control of a device, with its parameters: as a sheet over the page, or as part of one. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import type { Action } from '#regmap/actions.ts';
import { api } from '../api.ts';
import { Button, CommandButton, Key, useCommand } from '../ui/button.tsx';
import { FaultSwitch } from '../ui/fault-switch.tsx';
import { allRight, ParamForm, type Typed, typedDefaults } from '../ui/param-form.tsx';
import { useCatalogue } from './use-asked.ts';

export const ActionSheet = ({ device, onClose }: { device: DeviceView; onClose: () => void }): ReactElement => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="sheet action-sheet"
      aria-label={`Faults and controls of ${device.name}`}
      onClose={onClose}
    >
      <header className="head">
        <h2>
          Faults and controls<small>{device.name}</small>
        </h2>
        <Button look="quiet" className="at-end" onClick={() => dialog.current?.close()}>
          Close <Key>Esc</Key>
        </Button>
      </header>
      <Actions device={device} />
    </dialog>
  );
};

export const Actions = ({ device }: { device: DeviceView }): ReactElement => {
  const { faults, controls } = useCatalogue(device.name);
  return (
    <>
      <h3 className="actions-title">Faults</h3>
      <ul className="actions">
        {Object.entries(faults).map(([name, fault]) => (
          <FaultRow key={name} device={device} name={name} fault={fault} />
        ))}
      </ul>
      <h3 className="actions-title">Controls</h3>
      <ul className="actions">
        {Object.entries(controls).map(([name, control]) => (
          <ControlRow key={name} device={device} name={name} control={control} />
        ))}
      </ul>
    </>
  );
};

const FaultRow = ({ device, name, fault }: { device: DeviceView; name: string; fault: Action }): ReactElement => {
  const active = device.faults.find((known) => known.name === name);
  const [typed, setTyped] = useState<Typed>(() => typedDefaults(fault.params));
  const { busy, refused, run } = useCommand();
  const has = Object.keys(fault.params).length > 0;
  return (
    <li data-on={active !== undefined || undefined}>
      <FaultSwitch
        label={fault.label}
        on={active !== undefined}
        arming={busy}
        not={active === undefined && !allRight(fault.params, typed) ? 'a parameter is not right yet' : undefined}
        onChange={(on) =>
          void run(() => (on ? api.fault(device.name, name, typed) : api.clearFault(device.name, name)))
        }
      />
      <div className="action-words">
        <p>{fault.doc}</p>
        <p className="dim">
          <code>{name}</code>, {fault.source}
        </p>
        {has && <ParamForm params={fault.params} typed={typed} onChange={setTyped} />}
        {has && active !== undefined && (
          <Button
            disabled={busy || !allRight(fault.params, typed)}
            onClick={() => void run(() => api.fault(device.name, name, typed))}
          >
            Change
          </Button>
        )}
        {refused !== null && (
          <p className="refused" role="alert">
            {refused}
          </p>
        )}
      </div>
    </li>
  );
};

const ControlRow = ({ device, name, control }: { device: DeviceView; name: string; control: Action }): ReactElement => {
  const [typed, setTyped] = useState<Typed>(() => typedDefaults(control.params));
  return (
    <li>
      <CommandButton disabled={!allRight(control.params, typed)} command={() => api.control(device.name, name, typed)}>
        {control.label}
      </CommandButton>
      <div className="action-words">
        <p>{control.doc}</p>
        {Object.keys(control.params).length > 0 && (
          <ParamForm params={control.params} typed={typed} onChange={setTyped} />
        )}
      </div>
    </li>
  );
};
