/** The registers of the controller with live values, and the chosen one field by field. */
import { Fragment, type ReactElement, useDeferredValue, useMemo, useState } from 'react';
import type { Register } from '#regmap/declare.ts';
import { partOf } from '../parts.ts';
import { type MapRow, mapRows } from '../phy/register-rows.ts';
import { Link } from '../shell/link.tsx';
import { labNow, touches, trace, useCells } from '../store/lab-state.ts';
import { fieldLines } from '../traffic/words.ts';
import { Empty } from '../ui/empty.tsx';
import { ago, hex } from '../ui/format.ts';
import { useTick } from '../ui/use-tick.ts';

/** Blocks of the register window, each from its first address on. */
export const REGISTER_GROUPS: readonly (readonly [at: number, name: string])[] = [
  [0x500, 'DISPI, as bochs-display has them'],
  [0x600, 'QEMU extended block'],
  [0x1000, 'Identity and interrupts'],
  [0x1040, 'CRTC'],
  [0x10c0, 'Connector'],
  [0x10e0, 'Writeback'],
  [0x1100, 'Primary plane'],
  [0x1180, 'Overlay plane'],
  [0x1200, 'Cursor plane'],
];

export const groupOf = (at: number): string => REGISTER_GROUPS.findLast(([from]) => at >= from)?.[1] ?? '';

const matches = ({ name, address, register }: MapRow, word: string): boolean =>
  name.toLowerCase().includes(word) ||
  address.toLowerCase().startsWith(word.replace(/^0x/, '')) ||
  register.doc.toLowerCase().includes(word) ||
  Object.keys(register.fields).some((field) => field.toLowerCase().includes(word));

/** Rows that have every word of what was asked. */
export const askedRows = (rows: readonly MapRow[], asked: string): readonly MapRow[] => {
  const words = asked
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return rows.filter((row) => words.every((word) => matches(row, word)));
};

export const RegisterCard = ({ device, kind }: { device: string; kind: string }): ReactElement => {
  useTick();
  const part = partOf(kind);
  const rows = useMemo(() => mapRows(part.table, part.print), [part]);
  const [asked, setAsked] = useState('');
  const [chosen, choose] = useState('INT_STATUS');
  const cells = useCells(device);
  const shown = askedRows(rows, useDeferredValue(asked));
  const index = trace.names.devices.indexOf(device);
  const now = labNow();
  const register = part.table[chosen];
  return (
    <section className="faceplate register-card" aria-label="Registers">
      <header className="head">
        <h2>Registers</h2>
        <input
          className="field"
          type="search"
          placeholder="1010h, FLIP, zpos"
          aria-label="Filter the registers"
          value={asked}
          onChange={(event) => setAsked(event.target.value)}
        />
      </header>
      {shown.length === 0 ? (
        <Empty title={`The filter hides ${rows.length} registers`} />
      ) : (
        <div className="register-scroll">
          <table className="table">
            <thead>
              <tr>
                <th>address</th>
                <th>name</th>
                <th className="right">value</th>
                <th className="right">touched</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row, i) => {
                const { at, width } = row.register;
                const cell = cells.get(at);
                const touch = touches.of(index, at);
                const group = groupOf(at);
                return (
                  <Fragment key={row.name}>
                    {group !== groupOf(shown[i - 1]?.register.at ?? 0) && (
                      <tr className="group-row">
                        <th colSpan={4} scope="colgroup">
                          {group}
                        </th>
                      </tr>
                    )}
                    <tr aria-selected={row.name === chosen} onClick={() => choose(row.name)}>
                      <td className="mono">{row.address}</td>
                      <td>
                        <button type="button" className="row-name" title={row.register.doc}>
                          {row.name}
                        </button>
                      </td>
                      <td className="mono right">{cell === undefined ? '–' : hex(cell.next, width / 4)}</td>
                      <td className="right dim">
                        {touch !== undefined && <i className="touch-dot" data-op={touch.op} />}
                        {touch === undefined ? '-' : ago(now - touch.time)}
                      </td>
                    </tr>
                  </Fragment>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {register !== undefined && (
        <Chosen device={device} name={chosen} register={register} value={cells.get(register.at)?.next} />
      )}
    </section>
  );
};

const Chosen = (props: {
  readonly device: string;
  readonly name: string;
  readonly register: Register;
  readonly value: number | undefined;
}): ReactElement => {
  const { device, name, register, value } = props;
  return (
    <section className="register-chosen" aria-label={name}>
      <p>
        <b>{name}</b> <span className="mid">{register.doc}</span>
      </p>
      <dl>
        {fieldLines(register, value ?? 0, null).map((line) => (
          <div key={line.name} title={line.doc}>
            <dt>
              <span className="mono dim">{line.bits}</span> {line.name}
            </dt>
            <dd className="mono">{value === undefined ? '–' : line.now}</dd>
          </div>
        ))}
      </dl>
      <p>
        <Link className="text-link" to={`/traffic?filter=${encodeURIComponent(`dev == ${device} && reg == ${name}`)}`}>
          every access to it
        </Link>
      </p>
    </section>
  );
};
