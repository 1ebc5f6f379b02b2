/** Breakpoints on accesses: listed with a switch each, and the form for another. */
import { type ReactElement, useState } from 'react';
import { type AccessBreakpointView, BREAK_VERBS, type BreakVerb } from '#bus/filters/views.ts';
import { Button, useCommand } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { instrumentsApi } from './instruments-api.ts';
import { ListSwitch } from './list-switch.tsx';
import type { Wish } from './wish.ts';

export interface BreakpointListProps {
  readonly breakpoints: readonly AccessBreakpointView[];
  readonly devices: readonly string[];
  /** What the form begins with. */
  readonly wish: Wish | null;
  /** Shows the trace from a record on. */
  readonly onShow: (seq: number) => void;
}

export const BreakpointList = ({ breakpoints, devices, wish, onShow }: BreakpointListProps): ReactElement => (
  <section aria-label="Breakpoints">
    <h2>Breakpoints</h2>
    {breakpoints.length === 0 && <p className="dim">None yet. An access that fits is held before it takes effect.</p>}
    <ul className="instrument-list">
      {breakpoints.map((breakpoint) => (
        <BreakpointLine key={breakpoint.id} breakpoint={breakpoint} onShow={onShow} />
      ))}
    </ul>
    <NewBreakpoint devices={devices} wish={wish} />
  </section>
);

const BreakpointLine = ({
  breakpoint: { id, on, text, hits, firstSeq, verb },
  onShow,
}: {
  breakpoint: AccessBreakpointView;
  onShow: (seq: number) => void;
}): ReactElement => (
  <li>
    <ListSwitch label={`Breakpoint ${id}`} on={on} onSwitch={(next) => instrumentsApi.switchBreakpoint(id, next)} />
    <span className="mono instrument-text" title={text}>
      {id} {text}
    </span>
    <span className="dim">{hits === 1 ? '1 hit' : `${hits} hits`}</span>
    {verb === 'trace' && firstSeq !== null && (
      <Button look="quiet" onClick={() => onShow(firstSeq)}>
        From here
      </Button>
    )}
    <Button
      look="quiet"
      aria-label={`Take breakpoint ${id} away`}
      title="Take it away"
      onClick={() => void instrumentsApi.removeBreakpoint(id).catch(() => {})}
    >
      <Icon name="cross" />
    </Button>
  </li>
);

const VERBS: Readonly<Record<BreakVerb, string>> = {
  break: 'hold each',
  'run-until': 'run until',
  trace: 'note each',
  'wait-for': 'wait for',
};

const NewBreakpoint = ({ devices, wish }: { devices: readonly string[]; wish: Wish | null }): ReactElement => {
  const [when, setWhen] = useState(wish?.when ?? '');
  const [device, setDevice] = useState(wish?.device ?? '');
  const [verb, setVerb] = useState<BreakVerb>('break');
  const { busy, refused, run } = useCommand();
  const add = async (): Promise<void> => {
    const spec = { when, verb, ...(device === '' ? {} : { device }) };
    const sentence = await run(() => instrumentsApi.addBreakpoint(spec));
    if (sentence === null) setWhen('');
  };
  return (
    <form
      className="instrument-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (when.trim() !== '') void add();
      }}
    >
      <select
        className="field"
        aria-label="What it does"
        value={verb}
        onChange={(event) => setVerb(BREAK_VERBS.find((one) => one === event.target.value) ?? 'break')}
      >
        {BREAK_VERBS.filter((one) => one !== 'wait-for').map((one) => (
          <option key={one} value={one}>
            {VERBS[one]}
          </option>
        ))}
      </select>
      <input
        className="field mono instrument-when"
        aria-label="Which accesses"
        placeholder="write 3.E854 == 0x0040"
        spellCheck={false}
        ref={focused}
        value={when}
        aria-invalid={refused !== null}
        onChange={(event) => setWhen(event.target.value)}
      />
      <DeviceChoice devices={devices} device={device} onDevice={setDevice} />
      <Button look="primary" type="submit" disabled={busy || when.trim() === ''}>
        Add
      </Button>
      <p className={refused === null ? 'dim' : 'bad'} role={refused === null ? undefined : 'alert'}>
        {refused ?? 'Registers by name or address, as in the filter: write MICRO_BOOT.FROM == sram'}
      </p>
    </form>
  );
};

export const DeviceChoice = (props: {
  readonly devices: readonly string[];
  readonly device: string;
  readonly onDevice: (device: string) => void;
}): ReactElement => (
  <select
    className="field"
    aria-label="Device"
    value={props.device}
    onChange={(event) => props.onDevice(event.target.value)}
  >
    <option value="">any device</option>
    {props.devices.map((name) => (
      <option key={name}>{name}</option>
    ))}
  </select>
);

const focused = (element: HTMLInputElement | null): void => element?.focus();
