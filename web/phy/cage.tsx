/** The SFP+ cage drawn: module, bail latch, cable; the cable comes out when light is lost, the module when it is pulled. */
import { type ReactElement, useId } from 'react';
import type { PhyPanel } from '#bus/api.ts';
import { Led } from '../ui/lamp.tsx';
import { moduleLabel } from './phy-words.ts';

export const Cage = ({ panel }: { panel: PhyPanel }): ReactElement => {
  const { cage, leds, light } = panel;
  const metal = useId();
  const words =
    cage.module === null
      ? 'SFP+ cage, empty'
      : `SFP+ cage with a ${cage.module.label} module, ${light.detected ? 'light in' : 'no light'}, bail latch closed`;
  return (
    <figure className="cage">
      <svg viewBox="0 0 252 120" role="img" aria-label={words}>
        <defs>
          <linearGradient id={metal} x1="0" x2="0" y1="0" y2="1">
            <stop offset="0" stopColor="var(--metal-1)" />
            <stop offset=".14" stopColor="var(--metal-4)" />
            <stop offset=".34" stopColor="var(--metal-1)" />
            <stop offset="1" stopColor="var(--metal-2)" />
          </linearGradient>
        </defs>
        <Board />
        {cage.module === null ? <EmptyMouth /> : <Nose kind={cage.module.kind} dark={!light.detected} metal={metal} />}
        <Shell metal={metal} />
        {cage.module !== null && <Label text={cage.readable ? moduleLabel(cage.module) : 'reading module'} />}
      </svg>
      <figcaption className="cage-leds">
        {leds.map((led, i) => (
          <span key={`LED${LED_PLACES[i]}`}>
            <Led lit={led.lit} blinking={led.blinking} name={`LED${i}`} />
            LED{i} <span className="dim">{led.shows}</span>
          </span>
        ))}
      </figcaption>
    </figure>
  );
};

/** Three places on the cage: they do not move. */
const LED_PLACES = [0, 1, 2] as const;

/** The board under the cage, its vias, and the two pairs that run to the chip. */
const Board = (): ReactElement => (
  <g>
    <rect x={106} y={10} width={146} height={96} fill="var(--pcb)" stroke="var(--pcb-2)" />
    <g stroke="var(--gold)" strokeWidth={1.5}>
      {[53, 57, 63, 67].map((y) => (
        <path key={y} d={`M224 ${y}h28`} />
      ))}
    </g>
    <g stroke="var(--gold)" strokeWidth={2}>
      {[118, 139, 160, 181, 202, 223].map((x) => (
        <path key={x} d={`M${x} 19v-5M${x} 97v5`} />
      ))}
    </g>
  </g>
);

/** Spring fingers at the mouth, every 6 px. */
const FINGERS = Array.from({ length: 12 }, (_, i) => 25 + i * 6);

const Shell = ({ metal }: { metal: string }): ReactElement => (
  <g>
    <rect x={98} y={22} width={130} height={72} fill={`url(#${metal})`} stroke="var(--metal-3)" />
    <rect x={98} y={22} width={5} height={72} fill="var(--metal-3)" />
    <g stroke="var(--metal-4)">
      {FINGERS.map((y) => (
        <path key={y} d={`M98 ${y}h5`} />
      ))}
    </g>
    <g fill="var(--metal-3)">
      {[37, 79].map((y) =>
        [120, 136, 152, 168, 184, 200, 216].map((x) => <circle key={`${x} ${y}`} cx={x} cy={y} r={2.5} />),
      )}
    </g>
  </g>
);

const EmptyMouth = (): ReactElement => (
  <g>
    <rect x={95} y={36} width={8} height={44} fill="var(--plastic)" />
    <text x={46} y={55} textAnchor="middle" className="cage-words">
      cage empty
    </text>
    <text x={46} y={70} textAnchor="middle" className="cage-words dim">
      MOD_ABS 1
    </text>
  </g>
);

/** What sticks out of the cage: the module's face, its bail, and what is plugged into it. */
const Nose = ({ kind, dark, metal }: { kind: string; dark: boolean; metal: string }): ReactElement => (
  <g className="nose">
    {kind === 'dac' ? <Twinax /> : <Fibres out={dark} single={kind === 'lr' || kind === 'er'} />}
    {kind !== 'dac' && <rect x={52} y={40} width={10} height={36} fill="var(--plastic)" />}
    <rect x={60} y={35} width={46} height={46} fill={`url(#${metal})`} stroke="var(--metal-3)" />
    <rect x={65} y={54} width={9} height={8} fill="var(--plastic)" />
    <path
      d="M104 31H73q-10 0-10 9v36q0 9 10 9h31"
      fill="none"
      stroke="var(--bail)"
      strokeWidth={4.5}
      strokeLinejoin="round"
    />
  </g>
);

const Fibres = ({ out, single }: { out: boolean; single: boolean }): ReactElement => {
  const colour = single ? 'var(--gold)' : 'var(--fibre)';
  return (
    <g className="fibres" data-out={out || undefined}>
      <g stroke={colour} strokeWidth={4} fill="none">
        <path d="M-60 28C4 28 12 48 34 48" />
        <path d="M-60 88C4 88 12 68 34 68" />
      </g>
      <g fill={colour}>
        <rect x={30} y={42} width={26} height={12} />
        <rect x={30} y={62} width={26} height={12} />
      </g>
      <path d="M36 45h13M36 51h13M36 65h13M36 71h13" stroke="#0006" />
    </g>
  );
};

/** Direct attach: one thick cable that is part of the module. */
const Twinax = (): ReactElement => (
  <g>
    <path d="M-60 58h106" stroke="var(--plastic)" strokeWidth={17} />
    <path d="M-60 54h104" stroke="var(--metal-3)" strokeWidth={2} />
    <rect x={40} y={44} width={22} height={28} rx={2} fill="var(--plastic)" stroke="var(--metal-3)" />
  </g>
);

const Label = ({ text }: { text: string }): ReactElement => (
  <g>
    <rect x={110} y={47} width={108} height={22} fill="#f3efe2" stroke="#0004" />
    <text x={164} y={62} textAnchor="middle" className="cage-label">
      {text}
    </text>
  </g>
);
