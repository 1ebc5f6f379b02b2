/** The panic button: a sheet that says what will happen, takes the words of the panic, and asks the driver. */
import { type ReactElement, useEffect, useId, useRef, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { api } from '../api.ts';
import { useLab } from '../store/lab-state.ts';
import { Button, CommandButton, Key } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { panicDriver } from './display-api.ts';
import { panicOf } from './panel.ts';

export const PanicButton = ({ device, words = 'Panic…' }: { device: DeviceView; words?: string }): ReactElement => {
  const [open, setOpen] = useState(false);
  const dead = usePanic(device.name) !== null;
  const why = dead ? 'It panicked already' : device.owner === null ? 'Nobody drives it' : undefined;
  return (
    <>
      <Button
        look="quiet"
        className="panic-open"
        disabled={why !== undefined}
        title={why}
        onClick={() => setOpen(true)}
        aria-haspopup="dialog"
      >
        {words}
      </Button>
      {open && <PanicSheet device={device} onClose={() => setOpen(false)} />}
    </>
  );
};

/** What the driver of a device said when it panicked; null while it lives. */
export const usePanic = (device: string): string | null => useLab((state) => panicOf(state.modules, device));

const PanicSheet = ({ device, onClose }: { device: DeviceView; onClose: () => void }): ReactElement => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [text, setText] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const close = (): void => dialog.current?.close();
  return (
    <dialog ref={dialog} className="sheet panic-sheet" aria-label={`Panic ${device.name}`} onClose={onClose}>
      <header className="head">
        <h2>
          Panic<small>{device.name}</small>
        </h2>
        <Button look="quiet" className="at-end" onClick={close}>
          Close <Key>Esc</Key>
        </Button>
      </header>
      <div className="panic-sheet-body">
        <p className="mid">
          Asks {device.owner?.module ?? 'the driver'} to panic as the kernel does: one last picture, with its log in a
          code to scan, and nothing more until the driver is loaded again.
        </p>
        <label htmlFor={id}>What it says</label>
        <input
          id={id}
          className="field"
          value={text}
          maxLength={120}
          placeholder="Panic button pressed"
          onChange={(event) => setText(event.target.value)}
        />
        <div className="row">
          <CommandButton look="stop" command={() => panicDriver(device.name, text.trim())} onDone={close}>
            Panic now
          </CommandButton>
          <Button onClick={close}>Leave it running</Button>
        </div>
      </div>
    </dialog>
  );
};

/** What stands first in the rail while the driver is dead. */
export const PanicAlarm = ({ device, said }: { device: DeviceView; said: string }): ReactElement => (
  <div className="alarm">
    <b>
      <Icon name="triangle" />
      kernel panic
    </b>
    <span className="alarm-words" title={said}>
      {said}
    </span>
    <ReloadDriver device={device} />
  </div>
);

/** Unloads the driver that panicked and loads it again, with the parameters it had. */
const ReloadDriver = ({ device }: { device: DeviceView }): ReactElement | null => {
  const module = useLab((state) => state.modules.find((one) => one.device === device.name && one.state === 'failed'));
  if (module === undefined) return null;
  return (
    <CommandButton
      look="stop"
      command={async () => {
        await api.rmmod(device.name);
        await api.insmod(module.module, device.name, module.params);
      }}
    >
      Load {module.module} again
    </CommandButton>
  );
};
