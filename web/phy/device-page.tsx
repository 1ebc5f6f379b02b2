/** The page of one device: a PHY, a block device or a display in full, or what is known of another kind. */
import type { ReactElement } from 'react';
import { BlockPage } from '../block/block-page.tsx';
import { blockPanel } from '../block/panel.ts';
import { OtherDevice } from '../device/other-device.tsx';
import { DisplayPage } from '../display/display-page.tsx';
import { displayPanel } from '../display/panel.ts';
import { Link } from '../shell/link.tsx';
import { phyPanel } from '../store/feed.ts';
import { useDevice, useLab } from '../store/lab-state.ts';
import { Empty } from '../ui/empty.tsx';
import { PhyPage } from './phy-page.tsx';

export const DevicePage = ({ device: name }: { device: string }): ReactElement => {
  const device = useDevice(name);
  const known = useLab((state) => state.lab !== null);
  if (device === undefined)
    return (
      <main className="page" aria-busy={!known}>
        <Empty
          title={known ? `This bench has no device ${name}` : `Looking for ${name}`}
          actions={
            <Link to="/" className="btn">
              Go to the bench
            </Link>
          }
        />
      </main>
    );
  const block = blockPanel(device.panel);
  if (block !== null) return <BlockPage device={device} panel={block} />;
  const display = displayPanel(device);
  if (display !== null) return <DisplayPage device={device} panel={display} />;
  const panel = phyPanel(device.panel);
  if (panel !== null) return <PhyPage device={device} panel={panel} />;
  return (
    <main className="page">
      <h1 className="unseen">{name}</h1>
      <OtherDevice device={device} />
    </main>
  );
};
