/** Every zone as a tile: its condition by colour, shape and letters, filled to the write pointer; one looked at closely. */
import { type KeyboardEvent, memo, type ReactElement, useId, useState } from 'react';
import type { BlockZonesView } from '#bus/block-panel.ts';
import { count } from '../ui/format.ts';
import { sectorsText } from './panel.ts';
import { ZoneKey, ZoneLimits } from './zone-strip.tsx';
import { kindOfZone, type ZoneKind, zoneAt, zonesSentence } from './zones.ts';

export const ZoneMap = ({ zones }: { zones: BlockZonesView }): ReactElement => {
  const [chosen, choose] = useState(0);
  const id = useId();
  const drawn = zones.conditions.length;
  const at = Math.min(chosen, drawn - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = STEPS[event.key]?.(at, drawn);
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.min(drawn - 1, Math.max(0, to)));
  };
  return (
    <section className="faceplate block-zones" aria-label="Zones">
      <header className="head">
        <h2>
          Zones
          <small>
            {count(zones.zones)} of {sectorsText(zones.zoneSectors)}, capacity {sectorsText(zones.capacitySectors)}
            {zones.every > 1 && `, one in ${zones.every} shown`}
          </small>
        </h2>
        <span className="at-end zone-numbers">
          <ZoneLimits zones={zones} />
        </span>
      </header>
      <div
        className="zone-tiles"
        role="listbox"
        tabIndex={0}
        aria-label={zonesSentence(zones)}
        aria-activedescendant={`${id}-${at}`}
        onKeyDown={onKeyDown}
      >
        {Array.from({ length: drawn }, (_, place) => place).map((place) => (
          <Tile
            key={place}
            id={`${id}-${place}`}
            zone={place * zones.every}
            kind={kindOfZone(zones.conditions[place] ?? '')}
            filled={zones.filled[place] ?? 0}
            chosen={place === at}
            onChoose={choose}
            place={place}
          />
        ))}
      </div>
      <div className="zone-foot">
        <ZoneWords zones={zones} at={at} />
        <ZoneKey zones={zones} letters />
      </div>
    </section>
  );
};

const Tile = memo(
  (props: {
    readonly id: string;
    readonly zone: number;
    readonly kind: ZoneKind;
    readonly filled: number;
    readonly chosen: boolean;
    readonly place: number;
    readonly onChoose: (place: number) => void;
  }): ReactElement => {
    const { id, zone, kind, filled, chosen, place, onChoose } = props;
    const percent = kind.look === 'full' ? 100 : Math.round((filled / 255) * 100);
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
      // biome-ignore lint/a11y/useFocusableInteractive: the list is focused and names its active tile
      <div
        id={id}
        role="option"
        aria-selected={chosen}
        aria-label={`zone ${zone}, ${kind.name}, ${percent} percent written`}
        className="zone-tile"
        data-look={kind.look}
        style={{ '--part': `${percent}%` } as React.CSSProperties}
        onClick={() => onChoose(place)}
        onPointerEnter={() => onChoose(place)}
      >
        <span>{kind.letters}</span>
      </div>
    );
  },
);

const ZoneWords = ({ zones, at }: { zones: BlockZonesView; at: number }): ReactElement => {
  const { zone, startSector, writtenSectors, writePointer, kind } = zoneAt(zones, at);
  const part = (writtenSectors / Math.max(1, zones.capacitySectors)) * 100;
  return (
    <p className="zone-words">
      <b>zone {zone}</b> {kind.name}, from sector <span className="mono">{count(startSector)}</span>
      {writePointer !== null && (
        <>
          , write pointer <span className="mono">{count(writePointer)}</span>
        </>
      )}
      {kind.look !== 'conventional' && kind.look !== 'offline' && (
        <span className="dim">
          , {part.toFixed(part > 0 && part < 10 ? 1 : 0)} % of {count(zones.capacitySectors)} sectors
        </span>
      )}
    </p>
  );
};

const STEPS: Readonly<Record<string, (at: number, drawn: number) => number>> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowUp: (at) => at - 16,
  ArrowDown: (at) => at + 16,
  Home: () => 0,
  End: (_at, drawn) => drawn - 1,
};
