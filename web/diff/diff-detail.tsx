/** One row of the diff in full: the register's fields in A and in B, and who, when and how it ended. */
import type { ReactElement } from 'react';
import { fieldMask } from '#regmap/declare.ts';
import { Link } from '../shell/link.tsx';
import { duration, seconds } from '../traffic/words.ts';
import { BitCells } from '../ui/bit-cells.tsx';
import { hex } from '../ui/format.ts';
import { OpTag } from '../ui/op-tag.tsx';
import { type Sides, saidBoth } from './diff-row.tsx';
import type { DiffRows, Place } from './diff-rows.ts';
import { registerOf, type Said, undeclaredBits, unlike, wordsOfSaid } from './diff-words.ts';

export const DiffDetail = ({
  rows,
  place,
  sides,
}: {
  readonly rows: DiffRows;
  readonly place: Place | null;
  readonly sides: Sides;
}): ReactElement => {
  const lane = place === null ? undefined : rows.lanes[place.nth];
  if (place === null || lane === undefined)
    return (
      <aside className="diff-detail" aria-label="Detail">
        <p className="dim">Click a row, or press N, to see it field by field.</p>
      </aside>
    );
  const { a, b } = saidBoth(lane, place.row, sides);
  const one = b ?? a;
  if (one === undefined) return <aside className="diff-detail" aria-label="Detail" />;
  const words = wordsOfSaid(one);
  return (
    <aside className="diff-detail" aria-label="Detail">
      <header className="diff-detail-head">
        <OpTag op={one.record.op} />
        <span className="mono">{words.address}</span>
        <b>{words.name}</b>
        <span className="mid">{words.doc}</span>
      </header>
      <div className="diff-detail-body">
        <Fields a={a} b={b} />
        <Facts a={a} b={b} sides={sides} />
      </div>
    </aside>
  );
};

type Both = { readonly a: Said | undefined; readonly b: Said | undefined };

const Fields = ({ a, b }: Both): ReactElement => {
  const one = b ?? a;
  const register = one === undefined ? undefined : registerOf(one);
  if (one === undefined || register === undefined)
    return (
      <table className="table diff-fields" aria-label="What they say">
        <thead>
          <tr>
            <th>says</th>
            <th>A</th>
            <th>B</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td className="dim">value</td>
            {[a, b].map((said, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: A and B
              <td key={i} className="mono" data-differs={a?.record.value !== b?.record.value || undefined}>
                {said === undefined ? '–' : wordsOfSaid(said).value}
              </td>
            ))}
          </tr>
          <tr>
            <td className="dim">meaning</td>
            {[a, b].map((said, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: A and B
              <td key={i}>{said === undefined ? '–' : wordsOfSaid(said).decoded}</td>
            ))}
          </tr>
        </tbody>
      </table>
    );
  const { fields } = unlike(a ?? one, b ?? one);
  const known = Object.values(register.fields).reduce((mask, field) => (mask | fieldMask(field)) >>> 0, 0);
  const [valueA, valueB] = [a?.record.value, b?.record.value];
  const changed = valueA === undefined || valueB === undefined ? 0 : (valueA ^ valueB) >>> 0;
  const rest = (value = 0): string => {
    const left = undeclaredBits(register, value);
    return left === 0 ? '0' : hex(left, 1);
  };
  const bits = (value: number | undefined): ReactElement =>
    value === undefined ? <>–</> : <BitCells value={value} changed={changed} known={known} width={register.width} />;
  const hexOf = (said: Said | undefined): string => (said === undefined ? '' : wordsOfSaid(said).value);
  return (
    <table className="table diff-fields" aria-label="Field by field">
      <thead>
        <tr>
          <th>bits</th>
          <th>field</th>
          <th>A</th>
          <th>B</th>
        </tr>
      </thead>
      <tbody>
        <tr data-differs={changed !== 0 || undefined}>
          <td className="mono dim">{register.width - 1}:0</td>
          <td className="dim">word</td>
          <td className="mono">
            {bits(valueA)} {hexOf(a)}
          </td>
          <td className="mono">
            {bits(valueB)} {hexOf(b)}
          </td>
        </tr>
        {(fields ?? []).map(({ name, bits: places, doc, now, was }) => {
          const [one, other] = name === 'reserved' ? [rest(valueA), rest(valueB)] : [was ?? now, now];
          const differs = changed !== 0 && one !== other;
          return (
            <tr key={name} title={doc} data-differs={differs || undefined}>
              <td className="mono dim">{places}</td>
              <td>{name}</td>
              <td className="mono">{a === undefined ? '–' : one}</td>
              <td className="mono">{b === undefined ? '–' : other}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
};

const Facts = ({ a, b, sides }: Both & { readonly sides: Sides }): ReactElement => {
  const line = (name: string, of: (said: Said) => string, matters: boolean): ReactElement => {
    const [one, other] = [a === undefined ? '–' : of(a), b === undefined ? '–' : of(b)];
    const differs = matters && a !== undefined && b !== undefined && one !== other;
    return (
      <tr data-differs={differs || undefined}>
        <td className="dim">{name}</td>
        <td>{one}</td>
        <td>{other}</td>
      </tr>
    );
  };
  const row = (said: Said | undefined, path: string | null): ReactElement => {
    if (said === undefined) return <>–</>;
    const { seq } = said.record;
    if (path === null) return <span className="mono">#{seq}</span>;
    return (
      <Link className="text-link mono" to={`${path}&filter=${encodeURIComponent(`seq >= ${seq}`)}`}>
        #{seq}
      </Link>
    );
  };
  return (
    <table className="table diff-facts" aria-label="Who, when and how">
      <thead>
        <tr>
          <th> </th>
          <th>A</th>
          <th>B</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td className="dim">record</td>
          <td>{row(a, sides.a.trafficPath)}</td>
          <td>{row(b, sides.b.trafficPath)}</td>
        </tr>
        {line('result', ({ record }) => record.outcome, true)}
        {line('by', (said) => wordsOfSaid(said).requester || 'the lab itself', false)}
        {line('at', ({ record }) => `${seconds(record.time)} s`, false)}
        {line(
          'took',
          (said) => (said.record.aux > 0 && registerOf(said) !== undefined ? duration(said.record.aux) : '–'),
          false,
        )}
      </tbody>
    </table>
  );
};
