/** The module in the cage: who made it, its diagnostics among their limits, its memory, and how to change it. */
import { type ReactElement, type ReactNode, useState } from 'react';
import type { DeviceView, PhyPanel } from '#bus/api.ts';
import { MODULE_TYPE } from '#datasheets/qt2025.ts';
import { MODULE_KINDS } from '#datasheets/qt2025-catalogue.ts';
import { api } from '../api.ts';
import { useCatalogue } from '../device/use-asked.ts';
import { CommandButton, Seg } from '../ui/button.tsx';
import { decimal, hex, hexByte } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { complaint } from '../ui/param-form.tsx';
import { type Gauge, gaugesOf, hasDiagnostics, holdsModule, identityOf, isOld, zoneOf } from './module-memory.ts';
import { type ModuleMemory, useModuleMemory } from './use-module-memory.ts';

export const ModulePanel = ({ device, panel }: { device: DeviceView; panel: PhyPanel }): ReactElement => {
  const memory = useModuleMemory(device.name, panel);
  const { module, readable } = panel.cage;
  return (
    <section className="faceplate module-panel" aria-label="Module">
      <header className="head">
        <h2>
          Module
          <small>
            A0h <span className="mono">3.D000h</span>, A2h <span className="mono">1.A000h</span>
          </small>
        </h2>
      </header>
      <div className="module-body">
        {module === null ? (
          <p className="mid">
            The cage is empty: <span className="mono">MOD_ABS 1</span> in <span className="mono">1.C200h</span>.
          </p>
        ) : memory === undefined || !holdsModule(memory.a0) ? (
          <p className="mid">
            {module.label} {module.partNumber},{' '}
            {readable
              ? 'not yet read by the firmware: the PHY shows a module only after its firmware has copied it.'
              : 'not readable yet, 300 ms after insertion.'}
          </p>
        ) : (
          <Known panel={panel} memory={memory} />
        )}
        <Change device={device} empty={module === null} />
        {memory !== undefined && <Dump memory={memory} />}
      </div>
    </section>
  );
};

const Known = ({ panel, memory }: { panel: PhyPanel; memory: ModuleMemory }): ReactElement => {
  const identity = identityOf(memory.a0, memory.a2);
  const type = Object.entries(MODULE_TYPE).find(([, code]) => code === panel.micro.moduleType)?.[0];
  return (
    <>
      <dl className="facts">
        <Fact term="kind">
          {panel.cage.module?.label}
          {identity.nm > 0 && `, ${identity.nm} nm`}{' '}
          <span className="dim">
            type {panel.micro.moduleType}
            {type === undefined ? '' : ` ${type}`}
          </span>
        </Fact>
        <Fact term="vendor">
          {identity.vendor || 'unreadable'} <span className="mono dim">{identity.partNumber}</span>
        </Fact>
        <Fact term="serial">
          <span className="mono">{identity.serial || '–'}</span> <span className="mono dim">{identity.dateCode}</span>
        </Fact>
        <Fact term="reach">{identity.reach}</Fact>
        <Fact term="checksums">
          {identity.checks.map(({ name, good }) => (
            <span key={name} className="check">
              <Icon name={good ? 'check' : 'cross'} className={good ? 'ok' : 'bad'} />
              {name}
              {!good && ' wrong'}
            </span>
          ))}
        </Fact>
      </dl>
      {hasDiagnostics(memory.a0) ? (
        <ul className="gauges">
          {gaugesOf(memory.a2).map((gauge) => (
            <GaugeRow key={gauge.name} gauge={gauge} now={panel.dom?.[gauge.of] ?? gauge.value} />
          ))}
          {gaugesOf(memory.a2).some((gauge) => isOld(gauge, panel.dom?.[gauge.of] ?? gauge.value)) && (
            <li className="old-note">
              Struck out: the PHY's copy is older than what the module measures. The firmware copies once;{' '}
              <span className="mono">3.D71Ah</span> makes it refresh.
            </li>
          )}
        </ul>
      ) : (
        <p className="dim">This module measures nothing: no diagnostics behind A2h.</p>
      )}
    </>
  );
};

const Fact = ({ term, children }: { term: string; children: ReactNode }): ReactElement => (
  <div>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </div>
);

/** Alarm, warning and normal zones to scale; a zone stays dim until the pointer is in it. */
const GaugeRow = ({ gauge, now: value }: { gauge: Gauge; now: number }): ReactElement => {
  const { limits } = gauge;
  const old = isOld(gauge, value);
  const zone = zoneOf(value, limits);
  const limited = limits.highAlarm > limits.lowAlarm;
  const margin = (limits.highAlarm - limits.lowAlarm) * 0.12;
  const [from, to] = [limits.lowAlarm - margin, limits.highAlarm + margin];
  const place = (at: number): number => Math.max(0, Math.min(100, ((at - from) / (to - from)) * 100));
  const span = (className: string, a: number, b: number, inIt: boolean): ReactElement => (
    <i
      className={className}
      data-in={inIt || undefined}
      style={{ left: `${place(a)}%`, width: `${Math.max(0, place(b) - place(a))}%` }}
    />
  );
  return (
    <li data-zone={zone}>
      <span>{gauge.name}</span>
      <span className="gauge" aria-hidden="true">
        {limited && (
          <>
            {span('alarm-zone', from, limits.lowAlarm, zone === 'low alarm')}
            {span('warning-zone', limits.lowAlarm, limits.lowWarning, zone === 'low warning')}
            {span('normal-zone', limits.lowWarning, limits.highWarning, zone === 'normal')}
            {span('warning-zone', limits.highWarning, limits.highAlarm, zone === 'high warning')}
            {span('alarm-zone', limits.highAlarm, to, zone === 'high alarm')}
            <b style={{ left: `${place(value)}%` }} />
          </>
        )}
      </span>
      <span className="right">
        <b>{decimal(value, gauge.places)}</b> <span className="dim">{gauge.unit}</span>
      </span>
      <span
        className={`mono ${old ? 'old-copy' : 'dim'}`}
        title={`The PHY's copy in 1.${hex(0xa000 + gauge.at)}${old ? ', taken before: 3.D71Ah refreshes it' : ''}`}
      >
        {hex(gauge.raw)}
      </span>
      {zone !== 'normal' && (
        <small>
          <Icon name="bang" />
          {zone}
        </small>
      )}
    </li>
  );
};

const Change = ({ device, empty }: { device: DeviceView; empty: boolean }): ReactElement => {
  const { controls } = useCatalogue(device.name);
  const [kind, setKind] = useState<string>('sr');
  const [metres, setMetres] = useState('3');
  const [refused, setRefused] = useState<string | null>(null);
  const length = controls.insert?.params.length_m;
  const wrong = kind === 'dac' && length !== undefined ? complaint('length_m', length, metres) : undefined;
  const pulledByFault = device.faults.some(({ name }) => name === 'module-out');
  return (
    <div className="module-change">
      <div className="row">
        <CommandButton
          disabled={empty}
          command={() => api.control(device.name, 'remove')}
          onRefused={setRefused}
          onDone={() => setRefused(null)}
        >
          Pull the module
        </CommandButton>
        <CommandButton
          look={empty && !pulledByFault ? 'primary' : 'plain'}
          disabled={wrong !== undefined}
          command={() => api.control(device.name, 'insert', kind === 'dac' ? { kind, length_m: metres } : { kind })}
          onRefused={setRefused}
          onDone={() => setRefused(null)}
        >
          {empty ? 'Insert' : 'Change to'}
        </CommandButton>
        <select
          className="field"
          aria-label="Which module"
          value={kind}
          onChange={(event) => setKind(event.target.value)}
        >
          {MODULE_KINDS.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
        {kind === 'dac' && (
          <input
            className="field metres"
            aria-label="Copper length in metres"
            aria-invalid={wrong !== undefined}
            value={metres}
            onChange={(event) => setMetres(event.target.value)}
          />
        )}
      </div>
      {pulledByFault && <p className="caution">The fault module out keeps the cage empty until it is cleared.</p>}
      {(wrong ?? refused) !== null && (wrong ?? refused) !== undefined && (
        <p className="refused" role="alert">
          {wrong ?? refused}
        </p>
      )}
    </div>
  );
};

const Dump = ({ memory }: { memory: ModuleMemory }): ReactElement => {
  const [page, setPage] = useState<'a0' | 'a2'>('a0');
  const bytes = memory[page];
  const rows = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => bytes.slice(i * 16, i * 16 + 16));
  return (
    <div className="dump">
      <Seg
        label="Memory page"
        value={page}
        onChange={setPage}
        choices={[
          { value: 'a0', label: 'A0h identity' },
          { value: 'a2', label: 'A2h diagnostics' },
        ]}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <pre tabIndex={0}>
        {rows
          .map(
            (row, i) =>
              `${hexByte(i * 16)}  ${row.map(hexByte).join(' ')}  ${row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')}`,
          )
          .join('\n')}
      </pre>
    </div>
  );
};
