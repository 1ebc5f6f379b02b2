/** A held access, large: what it is, what it changes, how long until it goes on by itself. */
import type { ReactElement } from 'react';
import type { HeldView } from '#bus/filters/views.ts';
import { labNow } from '../store/lab-state.ts';
import { useTick } from '../ui/use-tick.ts';

export const HeldAccess = ({ held, more }: { held: HeldView; more: number }): ReactElement => {
  useTick();
  const { device, breakpoint, op, address, register, requester, decoded, untilNs } = held;
  const by = breakpoint === null ? 'by a step' : `by breakpoint ${breakpoint}`;
  const leftS = Math.max(0, Math.ceil((untilNs - labNow()) / 1e9));
  return (
    <>
      <p className="held-what" role="alert">
        <b>{device} is held</b> {by}
        {more > 0 && <span className="held-more"> and {more} more</span>}
      </p>
      <p className="held-access">
        <span>
          {op} <span className="mono">{address}</span> {register !== null && register}
        </span>
        <b className="mono held-change">{changeOf(held)}</b>
        {decoded !== '' && <span className="held-decoded">{decoded}</span>}
      </p>
      <p className="held-left" title={`${requester} waits, and its deadline with it`} role="timer">
        Goes on by itself in {leftS} s
      </p>
    </>
  );
};

const changeOf = ({ op, value, old, widthBits, address }: HeldView): string => {
  const hex = (n: number): string =>
    n
      .toString(16)
      .toUpperCase()
      .padStart(widthBits / 4, '0');
  if (address.startsWith('sector')) return value === 0 ? '' : `${value} sectors`;
  if (op === 'span_read' || op === 'span_write') return `${value} bytes`;
  return op === 'write' ? `${hex(old)}h → ${hex(value)}h` : `${hex(value)}h`;
};
