/** A Clause 45 frame drawn as the line saw it: field names above, the level in the middle, bits and values below. */
import type { ReactElement } from 'react';
import type { FrameBits, FrameField } from './frame-bits.ts';

const WIDTH = 366;
const BIT = WIDTH / 32;
const [HIGH, LOW, TOP, BOTTOM] = [16, 34, 12, 38] as const;

export const FrameWave = ({ frame }: { frame: FrameBits }): ReactElement => {
  const x = (bit: number): number => (31 - bit) * BIT;
  const middle = ({ hi, lo }: FrameField): number => (x(hi) + x(lo) + BIT) / 2;
  const level = frame.bits.map(
    (bit, i) => `${i === 0 ? 'M' : 'L'}${(i * BIT).toFixed(1)} ${bit ? HIGH : LOW}H${((i + 1) * BIT).toFixed(1)}`,
  );
  const loud = (name: string): boolean => ['OP', 'ADDRESS', 'DATA'].includes(name);
  return (
    <figure className="wave">
      <figcaption>{frame.title}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} 66`}
        role="img"
        aria-label={`${frame.title}: ${frame.fields.map(({ name, says }) => `${name} ${says}`).join(', ')}`}
      >
        {frame.fields.map((field) => (
          <g key={field.name}>
            <rect
              x={x(field.hi) + 0.5}
              y={TOP}
              width={(field.hi - field.lo + 1) * BIT - 1}
              height={BOTTOM - TOP}
              data-loud={loud(field.name) || undefined}
            />
            <text x={middle(field)} y="9" className="wave-name">
              {field.name}
            </text>
            <text x={middle(field)} y="63" className="wave-value">
              {field.says}
            </text>
          </g>
        ))}
        <path d={level.join('')} />
        {frame.bits.map((bit, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bit is its place
          <text key={i} x={(i + 0.5) * BIT} y="51" className="wave-bit">
            {bit}
          </text>
        ))}
      </svg>
    </figure>
  );
};
