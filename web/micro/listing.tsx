/** The program as assembly: where it stands, breakpoints in the gutter, labels, jumps to follow. */
import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';
import type { DisassemblyLine, MicroView } from '#bus/micro-view.ts';
import { hex, hexByte } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { splitTarget } from './micro-words.ts';

export const Listing = (props: {
  readonly view: MicroView;
  readonly lines: readonly DisassemblyLine[];
  readonly chosen: number | undefined;
  readonly onChoose: (at: number) => void;
  readonly onToggle: (at: number) => void;
  /** Goes to the place a jump names. */
  readonly onFollow: (at: number) => void;
}): ReactElement => {
  const { view, lines, chosen, onChoose } = props;
  const box = useRef<HTMLElement>(null);
  const halted = view.state === 'halted';
  const pc = halted ? view.registers.pc : undefined;
  const stops = new Map(view.breakpoints.flatMap((one) => (one.space === 'code' ? [[one.at, one] as const] : [])));
  const target = chosen ?? pc ?? lines[0]?.at;
  const first = lines[0]?.at;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new listing shows its place, too
  useEffect(() => {
    if (target === undefined) return;
    showRow(box.current, target);
  }, [target, first]);
  const arrow = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 16, PageUp: -16 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const at = lines.findIndex((line) => line.at === target);
    const next = lines[Math.min(lines.length - 1, Math.max(0, at + by))];
    if (next !== undefined) onChoose(next.at);
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the arrow keys choose a row
    <section className="listing" ref={box} aria-label="Disassembly" tabIndex={0} onKeyDown={arrow}>
      <table>
        <colgroup>
          <col className="col-gutter" />
          <col className="col-at" />
          <col className="col-bytes" />
          <col />
          <col className="col-cycles" />
        </colgroup>
        <tbody>
          {lines.map((line) => (
            <Row
              key={line.at}
              {...props}
              line={line}
              here={line.at === pc}
              did={halted && view.stop?.access?.pc === line.at ? view.stop.access.op : undefined}
              chosen={line.at === chosen}
              stop={stops.get(line.at)?.hits}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
};

const Row = (props: {
  readonly line: DisassemblyLine;
  readonly here: boolean;
  readonly chosen: boolean;
  /** The access of this instruction made it stop. */
  readonly did: 'read' | 'write' | undefined;
  /** Hits of the breakpoint on this line; undefined without one. */
  readonly stop: number | undefined;
  readonly onChoose: (at: number) => void;
  readonly onToggle: (at: number) => void;
  readonly onFollow: (at: number) => void;
}): ReactElement => {
  const { line, here, chosen, did, stop, onChoose, onToggle, onFollow } = props;
  const [text, target] = splitTarget(line);
  const [mnemonic = '', operands = ''] = /^(\S+)\s*(.*)$/.exec(text)?.slice(1) ?? [];
  return (
    <>
      {line.label !== null && (
        <tr className="listing-label">
          <td />
          <th colSpan={4} scope="rowgroup">
            {line.label}
          </th>
        </tr>
      )}
      <tr
        className="listing-row"
        data-at={line.at}
        aria-current={here || undefined}
        aria-selected={chosen}
        onClick={() => onChoose(line.at)}
      >
        <td>
          <button
            type="button"
            className="gutter"
            tabIndex={-1}
            aria-pressed={stop !== undefined}
            aria-label={`Breakpoint at ${hex(line.at)}`}
            title={
              stop === undefined ? 'Stop before this instruction' : `Breakpoint, hit ${stop} times; click to delete`
            }
            onClick={(event) => {
              event.stopPropagation();
              onToggle(line.at);
            }}
          />
        </td>
        <td className="listing-at">{hex(line.at)}</td>
        <td className="listing-bytes">{line.bytes.map(hexByte).join(' ')}</td>
        <td className="listing-text">
          <b>{mnemonic}</b> {operands}
          {target !== null && line.target !== null && (
            <button
              type="button"
              className="follow"
              tabIndex={-1}
              title={`Show ${hex(line.target)}`}
              onClick={(event) => {
                event.stopPropagation();
                if (line.target !== null) onFollow(line.target);
              }}
            >
              {target}
            </button>
          )}
        </td>
        <td className="listing-cycles" title="Clock cycles">
          {here ? (
            <span className="here">PC</span>
          ) : did === undefined ? (
            line.cycles
          ) : (
            <span className="did" data-op={did} title={`This ${did} stopped it`}>
              <Icon name={did} />
            </span>
          )}
        </td>
      </tr>
    </>
  );
};

/** Scrolls only when the row is not in view, and then to the upper third. */
const showRow = (box: HTMLElement | null, at: number): void => {
  const row = box?.querySelector<HTMLElement>(`[data-at="${at}"]`);
  if (box === null || row === null || row === undefined) return;
  const top = row.offsetTop - box.offsetTop;
  const margin = 2 * row.offsetHeight;
  if (top < box.scrollTop + margin || top + row.offsetHeight + margin > box.scrollTop + box.clientHeight)
    box.scrollTop = top - box.clientHeight / 3;
};
