/** Drivers: what is loaded and how it fares, and what could be loaded. */
import { type ReactElement, useState } from 'react';
import type { DeviceView, DriverInfo, ModuleState, ModuleView } from '#bus/api.ts';
import { api } from '../api.ts';
import { useDrivers } from '../device/use-asked.ts';
import { devicePath } from '../route.ts';
import { Link } from '../shell/link.tsx';
import { useLab } from '../store/lab-state.ts';
import { CommandButton } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Lamp } from '../ui/lamp.tsx';
import { allRight, ParamForm, type Typed, typedDefaults } from '../ui/param-form.tsx';
import { sorted } from './wrong-on-purpose.ts';
import './drivers.css';

export const DriversPage = (): ReactElement => {
  const modules = useLab((state) => state.modules);
  const devices = useLab((state) => state.devices);
  const { value: drivers, refused } = useDrivers();
  const here = devices.filter(({ remote }) => !remote);
  const { right, wrong } = sorted(drivers ?? []);
  return (
    <main className="page drivers">
      <h1 className="unseen">Drivers</h1>
      <section className="faceplate" aria-label="Modules loaded">
        <header className="head">
          <h2>
            Modules<small>{modules.length === 0 ? 'none loaded' : `${modules.length} loaded`}</small>
          </h2>
        </header>
        {modules.length === 0 ? (
          <Empty title="No driver is loaded">Load one below, or from a terminal: ferrolab insmod DRIVER DEVICE</Empty>
        ) : (
          <div className="modules-scroll">
            <table className="table modules">
              <thead>
                <tr>
                  <th>module</th>
                  <th>device</th>
                  <th>state</th>
                  <th>link</th>
                  <th>lease</th>
                  <th>parameters</th>
                  <th className="right">pid</th>
                  <th>client</th>
                  <th>
                    <span className="unseen">unload</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {modules.map((module) => (
                  <ModuleRow key={`${module.client} ${module.session}`} module={module} devices={devices} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section className="driver-cards" aria-label="Drivers to load">
        {right.map((driver) => (
          <DriverCard key={driver.name} driver={driver} devices={here} />
        ))}
        {drivers === undefined && refused !== undefined && (
          <article className="faceplate">
            <Empty title="The list of drivers did not come">{refused}</Empty>
          </article>
        )}
      </section>
      {wrong.length > 0 && (
        <details className="wrong-drivers">
          <summary>
            <h2>Wrong on purpose</h2>
            <span className="dim">
              {wrong.length} drivers with one mistake each: what the lab makes of it is in the scenarios tagged misuse
            </span>
          </summary>
          <section className="driver-cards" aria-label="Drivers that are wrong on purpose">
            {wrong.map((driver) => (
              <DriverCard key={driver.name} driver={driver} devices={here} />
            ))}
          </section>
        </details>
      )}
    </main>
  );
};

const LAMPS: Readonly<Record<ModuleState, 'ok' | 'wait' | 'fault' | 'off'>> = {
  loading: 'wait',
  probing: 'wait',
  live: 'ok',
  failed: 'fault',
  waiting: 'wait',
  gone: 'off',
};

const ModuleRow = ({ module, devices }: { module: ModuleView; devices: readonly DeviceView[] }): ReactElement => {
  const device = devices.find(({ name, remote }) => name === module.device && !remote);
  const lease = device?.owner?.client === module.client ? device.owner : undefined;
  return (
    <>
      <tr>
        <td>
          <b>{module.module}</b>
        </td>
        <td>
          <Link to={devicePath(module.device)} className="link">
            {module.device}
          </Link>
        </td>
        <td>
          <span className="row">
            <Lamp state={LAMPS[module.state]} silent />
            {module.state}
          </span>
        </td>
        <td>{module.link ?? '–'}</td>
        <td>
          {lease === undefined ? '–' : `${Math.ceil(lease.leaseMs / 1000)} s of ${Math.round(lease.leaseOfMs / 1000)}`}
        </td>
        <td className="mono module-params">{paramWords(module.params)}</td>
        <td className="right mono">{module.pid ?? '–'}</td>
        <td className="mono dim">{module.client}</td>
        <td className="right">
          <CommandButton
            look="quiet"
            command={() => api.rmmod(module.device)}
            aria-label={`Unload the driver of ${module.device}`}
          >
            Unload
          </CommandButton>
        </td>
      </tr>
      {module.error !== null && (
        <tr className="module-error">
          <td colSpan={9}>
            <b className="mono">{module.error.code}</b> {module.error.message}
          </td>
        </tr>
      )}
    </>
  );
};

const DriverCard = ({ driver, devices }: { driver: DriverInfo; devices: readonly DeviceView[] }): ReactElement => {
  const fitting = devices.filter(({ kind }) => driver.drives.includes(kind));
  const [typed, setTyped] = useState<Typed>(() => typedDefaults(driver.params));
  const [chosen, setChosen] = useState('');
  const free = fitting.find(({ owner }) => owner === null) ?? fitting[0];
  const device = fitting.find(({ name }) => name === chosen) ?? free;
  const changed = Object.fromEntries(
    Object.entries(typed).filter(([name, value]) => value !== typedDefaults(driver.params)[name]),
  );
  return (
    <article className="faceplate driver-card" aria-label={driver.name}>
      <header className="head">
        <h2>
          {driver.name}
          <small>{driver.version}</small>
        </h2>
        <span className="dim at-end">drives {driver.drives.join(', ')}</span>
      </header>
      <div className="driver-body">
        <p>{driver.description}</p>
        <dl className="facts">
          <div>
            <dt>author</dt>
            <dd>{driver.author}</dd>
          </div>
          <div>
            <dt>licence</dt>
            <dd>{driver.license}</dd>
          </div>
          <div>
            <dt>firmware</dt>
            <dd className="mono">{driver.firmware.join(', ') || 'none'}</dd>
          </div>
        </dl>
        {Object.keys(driver.params).length > 0 && (
          <>
            <h3 className="dim">Parameters</h3>
            <ParamForm params={driver.params} typed={typed} onChange={setTyped} />
          </>
        )}
      </div>
      <footer className="driver-load">
        <label>
          <span className="dim">on</span>
          <select
            className="field"
            aria-label={`Device for ${driver.name}`}
            value={device?.name ?? ''}
            onChange={(event) => setChosen(event.target.value)}
          >
            {fitting.map(({ name, owner }) => (
              <option key={name} value={name}>
                {name}
                {owner === null ? '' : `, driven by ${owner.module}`}
              </option>
            ))}
          </select>
        </label>
        <CommandButton
          look="primary"
          disabled={device === undefined || !allRight(driver.params, typed)}
          command={() => api.insmod(driver.name, device?.name ?? '', changed)}
        >
          Load {driver.name}
        </CommandButton>
        {fitting.length === 0 && <span className="dim">no device on this bench is a {driver.drives.join(' or ')}</span>}
      </footer>
    </article>
  );
};

const paramWords = (params: Readonly<Record<string, unknown>>): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ') || '–';
