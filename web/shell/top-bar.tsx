/** The top bar: brand, pages, a tab with a lamp for each device, the lab's clock, tools. */
import type { ReactElement, ReactNode } from 'react';
import { devicePath, useLocation } from '../route.ts';
import { useLab } from '../store/lab-state.ts';
import { Key } from '../ui/button.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Lamp } from '../ui/lamp.tsx';
import { toggleTheme, useTheme } from '../ui/theme.ts';
import { begunAt } from './begun.ts';
import { toggleKeysSheet } from './keys-sheet.tsx';
import { LabClock } from './lab-clock.tsx';
import { Link } from './link.tsx';

export const TopBar = (): ReactElement => {
  const devices = useLab((state) => state.devices);
  const local = devices.filter(({ remote }) => !remote);
  const phase = useLab((state) => state.phase);
  const theme = useTheme();
  return (
    <header className="top">
      <Link to="/" className="brand" aria-label="Ferrolab, to the bench">
        <FeTile />
        <span>Ferrolab</span>
      </Link>
      <nav className="tabs" aria-label="Pages">
        {phase !== 'none' && <Tab to="/" icon="bench" words="Bench" />}
        {local.length > 0 && <span className="tab-gap" aria-hidden="true" />}
        {local.map(({ name, lamp }) => (
          <Tab key={name} to={devicePath(name)} lamp={<Lamp state={phase === 'live' ? lamp : 'off'} />} words={name} />
        ))}
        {phase !== 'none' && <span className="tab-gap" aria-hidden="true" />}
        {(phase === 'none' ? RECORDINGS : TOOLS).map(([to, icon, words]) => (
          <Tab key={to} to={to} icon={icon} words={words} />
        ))}
      </nav>
      <div className="tools">
        <LabClock />
        <button
          type="button"
          className="btn quiet"
          onClick={toggleTheme}
          aria-label={`Switch to ${theme === 'dark' ? 'light' : 'dark'}`}
          title="Dark or light"
        >
          <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
        </button>
        <button
          type="button"
          className="btn quiet hide-phone"
          onClick={toggleKeysSheet}
          aria-label="All keys"
          title="All keys"
        >
          <Key>?</Key>
        </button>
      </div>
    </header>
  );
};

const TOOLS = [
  ['/traffic', 'wave', 'Traffic'],
  ['/scenarios', 'play', 'Scenarios'],
  ['/log', 'sheet', 'Kernel log'],
  ['/drivers', 'plug', 'Drivers'],
] as const satisfies readonly (readonly [string, IconName, string])[];

/** Where there is no lab. */
const RECORDINGS = [
  ['/traffic', 'wave', 'Traffic'],
  [begunAt('/diff'), 'link', 'Compare'],
] as const satisfies readonly (readonly [string, IconName, string])[];

const Tab = (props: { to: string; words: string; icon?: IconName; lamp?: ReactNode }): ReactElement => {
  const here = useLocation().split('?')[0] === props.to.split('?')[0];
  return (
    <Link to={props.to} className="tab" aria-current={here ? 'page' : undefined} title={props.words}>
      {props.icon !== undefined && <Icon name={props.icon} />}
      {props.lamp}
      <span className={props.icon === undefined ? '' : 'tab-words'}>{props.words}</span>
    </Link>
  );
};

/** Iron: number 26, and what the lab is named after. */
const FeTile = (): ReactElement => (
  <svg className="fe" viewBox="0 0 26 26" aria-hidden="true">
    <rect x="1" y="1" width="24" height="24" rx="3.5" />
    <text className="fe-number" x="4.4" y="9">
      26
    </text>
    <text className="fe-symbol" x="13" y="21" textAnchor="middle">
      Fe
    </text>
  </svg>
);
