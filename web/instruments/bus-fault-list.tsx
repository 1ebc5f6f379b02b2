/** Bus faults: listed with a switch each, and the form for another. */
import { type ReactElement, useState } from 'react';
import { BUS_FAULT_KINDS, BUS_FAULTS, type BusFaultKind } from '#bus/filters/effects.ts';
import type { BusFaultView } from '#bus/filters/views.ts';
import { Button, useCommand } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { allRight, ParamForm, type Typed, typedDefaults } from '../ui/param-form.tsx';
import { DeviceChoice } from './breakpoint-list.tsx';
import { instrumentsApi } from './instruments-api.ts';
import { ListSwitch } from './list-switch.tsx';

export const BusFaultList = ({
  faults,
  devices,
}: {
  faults: readonly BusFaultView[];
  devices: readonly string[];
}): ReactElement => (
  <section aria-label="Bus faults">
    <h2>Bus faults</h2>
    {faults.length === 0 && (
      <p className="dim">None yet. A bus fault hits accesses on their way, whatever the device.</p>
    )}
    <ul className="instrument-list">
      {faults.map(({ name, on, text, firings, matches }) => (
        <li key={name}>
          <ListSwitch label={`Bus fault ${name}`} on={on} onSwitch={(next) => instrumentsApi.switchFault(name, next)} />
          <span className="instrument-text" title={text}>
            <b>{name}</b> <span className="mono">{text}</span>
          </span>
          <span className="dim" title={`${matches} accesses fitted`}>
            fired {firings}
          </span>
          <Button
            look="quiet"
            aria-label={`Take the bus fault ${name} away`}
            title="Take it away"
            onClick={() => void instrumentsApi.removeFault(name).catch(() => {})}
          >
            <Icon name="cross" />
          </Button>
        </li>
      ))}
    </ul>
    <NewBusFault devices={devices} />
  </section>
);

const NewBusFault = ({ devices }: { devices: readonly string[] }): ReactElement => {
  const [effect, setEffect] = useState<BusFaultKind>('delay');
  const [typed, setTyped] = useState<Typed>(typedDefaults(BUS_FAULTS.delay.params));
  const [when, setWhen] = useState('');
  const [device, setDevice] = useState('');
  const [nth, setNth] = useState('');
  const { busy, refused, run } = useCommand();
  const { params, doc } = BUS_FAULTS[effect];
  const add = (): void => {
    const count = Number(nth);
    void run(() =>
      instrumentsApi.addFault({
        effect,
        params: typed,
        ...(when.trim() === '' ? {} : { when }),
        ...(device === '' ? {} : { device }),
        ...(nth.trim() === '' ? {} : { nth: count }),
      }),
    );
  };
  return (
    <form
      className="instrument-form"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <select
        className="field"
        aria-label="Effect"
        value={effect}
        onChange={(event) => {
          const next = BUS_FAULT_KINDS.find((kind) => kind === event.target.value) ?? 'delay';
          setEffect(next);
          setTyped(typedDefaults(BUS_FAULTS[next].params));
        }}
      >
        {BUS_FAULT_KINDS.map((kind) => (
          <option key={kind}>{kind}</option>
        ))}
      </select>
      <input
        className="field mono instrument-when"
        aria-label="Which accesses are hit"
        placeholder="every access; or write SRAM"
        spellCheck={false}
        value={when}
        onChange={(event) => setWhen(event.target.value)}
      />
      <DeviceChoice devices={devices} device={device} onDevice={setDevice} />
      <input
        className="field instrument-nth"
        aria-label="Only the nth"
        placeholder="each"
        inputMode="numeric"
        value={nth}
        onChange={(event) => setNth(event.target.value.replace(/\D/g, ''))}
      />
      <Button look="stop" type="submit" disabled={busy || !allRight(params, typed)}>
        Add
      </Button>
      <p className={refused === null ? 'dim' : 'bad'} role={refused === null ? undefined : 'alert'}>
        {refused ?? `${doc}.`}
      </p>
      {Object.keys(params).length > 0 && <ParamForm params={params} typed={typed} onChange={setTyped} />}
    </form>
  );
};
