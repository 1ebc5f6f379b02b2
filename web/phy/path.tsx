/** The signal path from the fibre to the MAC, left to right. */
import type { ReactElement } from 'react';
import type { DeviceView, PhyPanel, StageState } from '#bus/api.ts';
import { useCells } from '../store/lab-state.ts';
import { Cage } from './cage.tsx';
import { Chip, Stage, Wire } from './chip.tsx';
import { macWords, wireState } from './phy-words.ts';

export const SignalPath = ({ device, panel }: { device: DeviceView; panel: PhyPanel }): ReactElement => {
  const { cage, light, stages } = panel;
  const optical: StageState = cage.module === null ? 'off' : light.detected ? stages.pma : 'down';
  const mac = macWords(panel, useCells(device.name));
  return (
    <div className="path">
      <Cage panel={panel} />
      <Wire state={optical === 'off' && stages.pma === 'off' ? 'off' : optical} words="10.3125 Gb/s" />
      <Chip device={device.name} panel={panel} />
      <Wire
        state={stages.phyxs === 'locked' ? 'locked' : wireState(stages.phyxs, mac.state)}
        lanes={4}
        words="XAUI 3.125 ×4"
      />
      <Stage className="mac" words={mac} />
    </div>
  );
};
