/** The PHY page: the instrument, then its registers, its module, its charts, and all that can be done to it. */
import { type ReactElement, useState } from 'react';
import type { DeviceView, PhyPanel } from '#bus/api.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { addressOf } from '#regmap/names.ts';
import { Actions } from '../device/action-sheet.tsx';
import { partOf } from '../parts.ts';
import { go, useLocation } from '../route.ts';
import { Charts } from './charts.tsx';
import { PhyInstrument } from './instrument.tsx';
import { ModulePanel } from './module-panel.tsx';
import { Opinions } from './opinions.tsx';
import { RegisterDetail } from './register-detail.tsx';
import { RegisterMap } from './register-map.tsx';
import './phy.css';

export const PhyPage = ({ device, panel }: { device: DeviceView; panel: PhyPanel }): ReactElement => {
  const [at, choose] = useChosenRegister(device);
  return (
    <main className="page phy-page">
      <h1 className="unseen">{device.name}</h1>
      <PhyInstrument device={device} panel={panel} beside={<Opinions panel={panel} />} />
      <div className="phy-columns">
        <RegisterMap device={device} chosen={at} onChoose={choose} />
        <RegisterDetail key={at} device={device} at={at} />
        <ModulePanel device={device} panel={panel} />
      </div>
      <Charts device={device} />
      <section className="faceplate" aria-label="Faults and controls">
        <header className="head">
          <h2>
            Faults and controls<small>everything that can be done to {device.name} on purpose</small>
          </h2>
        </header>
        <div className="phy-actions">
          <Actions device={device} />
        </div>
      </section>
    </main>
  );
};

/** The chosen register lives in the address, so that other pages can point at one. */
const useChosenRegister = (device: DeviceView): [at: number, choose: (name: string) => void] => {
  const { table } = partOf(device.kind);
  const asked = new URL(useLocation(), location.origin).searchParams.get('reg');
  const [fallback] = useState(QT2025.PCS_STAT1.at);
  return [
    (asked === null ? undefined : addressOf(table, asked)) ?? fallback,
    (name) => go(`${location.pathname}?reg=${encodeURIComponent(name)}`, 'replace'),
  ];
};
