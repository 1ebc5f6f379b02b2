/** The bits of a register as cells in nibbles, the highest first. */
import type { ReactElement } from 'react';

export type BitMark = 'changed' | 'latched-low' | 'latched-high';

/**
 * `known` masks the bits that are declared; others are drawn reserved. `level` differs from `value` where a latch holds.
 * Drawn as one picture: a register map shows thousands of bits.
 */
export const BitCells = (props: {
  readonly value: number;
  readonly level?: number;
  readonly changed?: number;
  readonly known?: number;
  readonly width?: number;
}): ReactElement => {
  const { value, width = 16, known = 0xffffffff, level = value, changed = 0 } = props;
  const cells: ReactElement[] = [];
  for (let bit = width - 1, i = 0; bit >= 0; bit--, i++) {
    const mask = 2 ** bit;
    const on = (value & mask) !== 0;
    const kind =
      ((value ^ level) & mask) !== 0
        ? on
          ? 'latched-high'
          : 'latched-low'
        : (changed & mask) !== 0
          ? on
            ? 'rose'
            : 'fell'
          : (known & mask) === 0
            ? 'reserved'
            : on
              ? 'one'
              : 'zero';
    cells.push(<rect key={bit} className={kind} x={i * 6 + (i >> 2) * 2} y={0} width={5} height={10} rx={1} />);
  }
  const across = width * 6 + ((width >> 2) - 1) * 2;
  return (
    <svg className="bit-cells" width={across} height={10} viewBox={`0 0 ${across} 10`} aria-hidden="true">
      {cells}
    </svg>
  );
};
