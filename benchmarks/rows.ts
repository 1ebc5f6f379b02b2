/** What a benchmark reports: our figure beside a peer's. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  readonly peerValue: number;
  /** Over 1: better than the peer. */
  readonly ratio: number;
}

/** More is better for a rate, less for a time. */
export const row = (name: string, value: number, unit: '/s' | 's', peer: string, peerValue: number): Row => ({
  name,
  value,
  unit,
  peer,
  peerValue,
  ratio: unit === 's' ? peerValue / value : value / peerValue,
});

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

export const printRows = (rows: readonly Row[]): void => {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, peer, peerValue, ratio } of rows)
    process.stdout.write(
      `${name.padEnd(width)}  ${figure(value, unit).padStart(12)}   ${peer} ${figure(peerValue, unit)}   x${ratio.toPrecision(3)}\n`,
    );
};

const figure = (value: number, unit: string): string =>
  unit === 's' ? `${(value * 1000).toFixed(1)} ms` : `${Math.round(value).toLocaleString('en')}${unit}`;
