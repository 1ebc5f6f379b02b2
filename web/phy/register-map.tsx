/** The live register map by MMD: address, name, access, value, bits, last touched and by whom. */
import { Fragment, memo, type ReactElement, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { partOf } from '../parts.ts';
import { labNow, touches, trace, useCells } from '../store/lab-state.ts';
import { BitCells } from '../ui/bit-cells.tsx';
import { Button, Seg } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ago, hex } from '../ui/format.ts';
import { type KeyMeaning, useKeys } from '../ui/keys.ts';
import { useTick } from '../ui/use-tick.ts';
import { filterRows, type MapRow, MMD_NAMES, mapRows } from './register-rows.ts';

export const RegisterMap = (props: {
  readonly device: DeviceView;
  readonly chosen: number;
  readonly onChoose: (name: string) => void;
}): ReactElement => {
  useTick();
  const { device, chosen, onChoose } = props;
  const part = partOf(device.kind);
  const rows = useMemo(() => mapRows(part.table, part.print), [part]);
  const [mmd, setMmd] = useState('0');
  const [asked, setAsked] = useState('');
  const box = useRef<HTMLInputElement>(null);
  const shown = filterRows(rows, Number(mmd), useDeferredValue(asked));
  const cells = useCells(device.name);
  const index = trace.names.devices.indexOf(device.name);
  const now = labNow();
  const keys = useMemo<readonly KeyMeaning[]>(
    () => [{ key: '/', label: '/', meaning: 'Filter the registers', press: () => box.current?.focus() }],
    [],
  );
  useKeys(keys);
  const step = (by: number): void => {
    const next = shown[shown.findIndex(({ register }) => register.at === chosen) + by];
    if (next !== undefined) onChoose(next.name);
  };
  return (
    <section className="faceplate register-map" aria-label="Registers">
      <header className="head">
        <h2>Registers</h2>
        <Seg
          label="MMD"
          value={mmd}
          onChange={setMmd}
          choices={[
            { value: '0', label: 'all' },
            { value: '1', label: '1 PMA' },
            { value: '2', label: '2 WIS' },
            { value: '3', label: '3 PCS' },
            { value: '4', label: '4 XS' },
          ]}
        />
        <input
          ref={box}
          className="field"
          type="search"
          placeholder="3.0021h, BER, 3.33"
          aria-label="Filter the registers"
          value={asked}
          onChange={(event) => setAsked(event.target.value)}
        />
      </header>
      {shown.length === 0 ? (
        <Empty
          title={`The filter hides ${rows.length} registers`}
          actions={<Button onClick={() => [setAsked(''), setMmd('0')]}>Clear the filter</Button>}
        />
      ) : (
        <div className="register-scroll">
          <table
            className="table"
            onKeyDown={(event) => {
              if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
              event.preventDefault();
              step(event.key === 'ArrowDown' ? 1 : -1);
            }}
          >
            <thead>
              <tr>
                <th>address</th>
                <th>name</th>
                <th>access</th>
                <th className="right">value</th>
                <th>15 … 0</th>
                <th className="right">touched</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row, i) => {
                const at = row.register.at;
                const cell = cells.get(at);
                const touch = touches.of(index, at);
                return (
                  <Fragment key={row.name}>
                    {mmdOf(at) !== mmdOf(shown[i - 1]?.register.at ?? 0) && <GroupRow at={at} rows={shown} />}
                    <Row
                      row={row}
                      level={cell?.level}
                      next={cell?.next}
                      chosen={at === chosen}
                      op={touch?.op}
                      touched={touch === undefined ? '-' : ago(now - touch.time)}
                      by={touch === undefined ? '' : (trace.names.requesters[touch.requester] ?? '')}
                      onChoose={onChoose}
                    />
                  </Fragment>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};

const GroupRow = ({ at, rows }: { at: number; rows: readonly MapRow[] }): ReactElement => {
  const mmd = mmdOf(at);
  const many = rows.filter(({ register }) => mmdOf(register.at) === mmd).length;
  return (
    <tr className="group-row">
      <th colSpan={6} scope="colgroup">
        <b>{mmd}</b> {MMD_NAMES[mmd]} <span>{many} registers</span>
      </th>
    </tr>
  );
};

const Row = memo(
  (props: {
    readonly row: MapRow;
    readonly level: number | undefined;
    readonly next: number | undefined;
    readonly chosen: boolean;
    readonly op: 'read' | 'write' | undefined;
    readonly touched: string;
    readonly by: string;
    readonly onChoose: (name: string) => void;
  }): ReactElement => {
    const { row, level, next, op } = props;
    const digits = row.register.width / 4;
    return (
      <tr aria-selected={props.chosen} onClick={() => props.onChoose(row.name)}>
        <td className="mono">{row.address}</td>
        <td>
          <button
            type="button"
            className="row-name"
            title={row.register.doc}
            aria-label={`${row.name}, ${row.address}`}
          >
            {row.name}
          </button>
        </td>
        <td className="dim">{row.access}</td>
        <td className="mono right">{next === undefined ? '–' : hex(next, digits)}</td>
        <td>
          <BitCells value={next ?? 0} level={level ?? 0} known={row.known} width={row.register.width} />
        </td>
        <td className="right dim" title={props.by === '' ? 'not accessed yet' : `${op} by ${props.by}`}>
          {op !== undefined && <i className="touch-dot" data-op={op} />}
          {props.touched}
        </td>
      </tr>
    );
  },
);
