/** An empty table says why it is empty, and what would help. */
import type { ReactElement } from 'react';
import { Link } from '../shell/link.tsx';
import { labNow, useLab } from '../store/lab-state.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ago } from '../ui/format.ts';
import { useTick } from '../ui/use-tick.ts';
import type { Source } from './source.ts';
import type { TrafficView } from './view.ts';
import { count } from './words.ts';

const ABSENT = {
  connecting: 'Connecting to the lab',
  lost: 'Disconnected, retrying',
  none: 'No lab is here: open a recording, or drop one on this page',
} as const;

export const NothingShown = ({
  view,
  source,
  onClear,
}: {
  view: TrafficView;
  source: Source;
  onClear: () => void;
}): ReactElement => {
  useTick();
  const phase = useLab((state) => state.phase);
  const devices = useLab((state) => state.devices);
  const { seen } = view.fold;
  if (seen > 0)
    return (
      <div className="nothing">
        <Empty
          title={`The filter hides ${count(seen)} ${seen === 1 ? 'record' : 'records'}`}
          actions={<Button onClick={onClear}>Clear the filter</Button>}
        />
      </div>
    );
  if (source.run !== null)
    return (
      <div className="nothing">
        <Empty
          title={source.opened === undefined ? `Run ${source.run} touched nothing` : 'The recording has no records'}
        />
      </div>
    );
  if (phase !== 'live')
    return (
      <div className="nothing">
        <Empty title={ABSENT[phase]} />
      </div>
    );
  const names = devices.map(({ name }) => name).join(', ');
  return (
    <div className="nothing">
      <Empty
        title={
          devices.length === 0
            ? 'There is no device on the bench'
            : `Listening on ${names}: 0 accesses in ${ago(labNow())}`
        }
        actions={
          <>
            <Link to="/drivers" className="btn">
              Load a driver
            </Link>
            <Link to="/scenarios" className="btn">
              Launch a scenario
            </Link>
          </>
        }
      />
    </div>
  );
};
