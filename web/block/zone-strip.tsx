/** Zones as a strip of columns filled to their write pointers, each condition with a shape of its own. */
import { memo, type ReactElement } from 'react';
import type { BlockZonesView } from '#bus/block-panel.ts';
import { sectorsText } from './panel.ts';
import { kindsPresent, stripPaths, type ZoneLook, zonesSentence } from './zones.ts';

const LOOKS: readonly ZoneLook[] = ['conventional', 'open', 'closed', 'full', 'read-only', 'offline'];

export const ZoneStrip = memo(
  ({ zones }: { zones: BlockZonesView }): ReactElement => {
    const paths = stripPaths(zones);
    return (
      <figure className="zone-strip">
        <figcaption>
          {zones.zones.toLocaleString('en-US')} zones of {sectorsText(zones.zoneSectors)}, filled to the write pointer
          <ZoneLimits zones={zones} />
        </figcaption>
        <svg
          viewBox={`0 0 ${zones.conditions.length * 10} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={zonesSentence(zones)}
        >
          <path className="zone-ground" d={paths.ground} />
          {LOOKS.map((look) => (
            <path key={look} data-look={look} d={paths[look]} />
          ))}
          <path className="zone-cap" d={paths.cap} />
        </svg>
        <ZoneKey zones={zones} />
      </figure>
    );
  },
  (a, b) => a.zones.conditions === b.zones.conditions && String(a.zones.filled) === String(b.zones.filled),
);

export const ZoneLimits = ({ zones }: { zones: BlockZonesView }): ReactElement => (
  <span className="zone-limits">
    open <b>{zones.open}</b>
    {zones.maxOpen > 0 && ` of ${zones.maxOpen}`}, active <b>{zones.active}</b>
    {zones.maxActive > 0 && ` of ${zones.maxActive}`}
  </span>
);

/** What the shapes mean, of those on show: every condition with its letters, or one entry for a shape but the empty one. */
export const ZoneKey = ({ zones, letters = false }: { zones: BlockZonesView; letters?: boolean }): ReactElement => {
  const kinds = kindsPresent(zones);
  const shown = letters
    ? kinds
    : kinds.filter(({ look }, i) => look !== 'empty' && kinds.findIndex((kind) => kind.look === look) === i);
  return (
    <ul className="zone-key">
      {shown.map((kind) => (
        <li key={kind.letters}>
          <i data-look={kind.look} aria-hidden="true" />
          {letters && <code>{kind.letters}</code>}
          {letters ? kind.name : kind.look}
        </li>
      ))}
    </ul>
  );
};
