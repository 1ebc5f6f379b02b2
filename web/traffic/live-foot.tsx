/** The line under the table: whether it follows or stands still, what the filter hides, the way back to live. */
import type { ReactElement } from 'react';
import { Link } from '../shell/link.tsx';
import { Button, Key } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Lamp } from '../ui/lamp.tsx';
import { useTick } from '../ui/use-tick.ts';
import { ChooseRecording } from './recording-opener.tsx';
import type { Source } from './source.ts';
import type { TrafficView } from './view.ts';
import { count } from './words.ts';

export const LiveFoot = ({
  view,
  source,
  paused,
  filtered,
  onLive,
  onClear,
}: {
  view: TrafficView;
  source: Source;
  paused: boolean;
  filtered: boolean;
  onLive: () => void;
  onClear: () => void;
}): ReactElement => {
  useTick();
  const { matched, seen } = view.fold;
  const hidden = seen - matched;
  const { waiting, held } = view;
  return (
    <div className="live-foot">
      {held ? <Icon name="pause" /> : <Lamp state="ok" silent />}
      <b>
        {source.opened !== undefined
          ? 'Recording'
          : source.run !== null
            ? `Run ${source.run}`
            : paused
              ? 'Paused'
              : held
                ? 'Standing still'
                : 'Live'}
      </b>
      <span className="dim">
        {held && source.run === null ? 'capture goes on; ' : ''}
        {count(matched)} shown{filtered ? ` of ${count(seen)}` : ''}
      </span>
      {filtered && hidden > 0 && (
        <span className="hidden-count">
          <span className="dim">the filter hides {count(hidden)}</span>
          <button type="button" className="text-link" onClick={onClear}>
            clear
          </button>
        </span>
      )}
      {source.run === null && <ChooseRecording />}
      {source.run !== null && source.opened === undefined && (
        <>
          <Link to="/traffic" className="text-link">
            back to live traffic
          </Link>
          <Link to={`/diff?a=${source.run}`} className="text-link">
            compare with another run
          </Link>
        </>
      )}
      {held && source.run === null && (
        <Button className="jump" onClick={onLive}>
          {waiting > 0 ? `${count(waiting)} new, jump to live` : 'Jump to live'} <Key>G</Key>
        </Button>
      )}
    </div>
  );
};
