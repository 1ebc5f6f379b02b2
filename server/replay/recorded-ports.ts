/** Ports that answer from a recording: registers of a PHY, and registers and memory of a display. */
import type { Clock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { type MdioPort, packFrame, unpackFrame } from '#bus/mdio.ts';
import type { MmioAccess, MmioPort, SpanRows } from '#bus/mmio.ts';
import { digest } from '#bus/mmio-bus.ts';
import { packed, packedBytes, rowsText } from '#bus/span-rows.ts';
import { Op } from '#datasheets/c45.ts';
import type { Exchange } from './exchanges.ts';
import type { Asked, RecordedSide } from './recorded-side.ts';

export interface RecordedPortOptions {
  readonly device: string;
  readonly clock: Clock;
  readonly side: RecordedSide;
  /** Called after each access, matched or not. */
  readonly moved: () => void;
}

/** One access after another, each answered at the time it was recorded at or, when that is past, at once. */
class Answering {
  readonly #of: RecordedPortOptions;

  constructor(of: RecordedPortOptions) {
    this.#of = of;
  }

  take(asked: Asked): Exchange {
    try {
      return this.#of.side.take(asked);
    } finally {
      this.#of.moved();
    }
  }

  /** Resolves when the last of these was answered; rejects where the bus failed. */
  until(exchanges: readonly Exchange[]): Promise<void> | undefined {
    const { clock, device } = this.#of;
    const last = exchanges.at(-1);
    if (last === undefined) return undefined;
    const due = last.time + last.wireNs / 2 - clock.now();
    const failed = last.end === 'failed';
    const check = (): void => {
      if (failed) throw new LabError('EIO', `${device}: the bus failed at this access, as it was recorded`);
    };
    if (due > 0) return clock.sleep(due).then(check);
    return failed ? Promise.resolve().then(check) : undefined;
  }
}

export const recordedMdio = (of: RecordedPortOptions): MdioPort => {
  const answering = new Answering(of);
  const addresses = new Uint16Array(32 * 32);
  return {
    async transfer(frames) {
      const answers: number[] = [];
      const exchanges: Exchange[] = [];
      for (const frame of frames) {
        const { st, op, prtad, devad, data } = unpackFrame(frame);
        if (st !== 0) continue;
        const slot = prtad * 32 + devad;
        if (op === Op.address) {
          addresses[slot] = data;
          continue;
        }
        const at = devad * 0x10000 + addresses[slot]!;
        const exchange = answering.take(
          op === Op.write ? { ...BARE, op: 'write', at, value: data } : { ...BARE, op: 'read', at },
        );
        exchanges.push(exchange);
        if (op !== Op.write) {
          const turnaround = exchange.end === 'driven' ? 0b10 : 0b11;
          answers.push(packFrame(op, prtad, devad, exchange.value & 0xffff, turnaround));
          if (op === Op.readIncrement && addresses[slot]! < 0xffff) addresses[slot]!++;
        }
        if (exchange.end === 'failed') break;
      }
      const waits = answering.until(exchanges);
      if (waits !== undefined) await waits;
      return Uint32Array.from(answers);
    },
  };
};

export const recordedMmio = (
  of: RecordedPortOptions & {
    readonly onInterrupt: MmioPort['onInterrupt'];
    /** Memory was read, whose bytes no recording has. */
    readonly unknown: (bytes: number) => void;
    /** Memory was written with other bytes than then. */
    readonly otherBytes: () => void;
  },
): MmioPort => {
  const answering = new Answering(of);
  // as on the bus, what need not wait is over without a further turn of the event loop
  const go = (accesses: readonly MmioAccess[]) => {
    const exchanges: Exchange[] = [];
    const values: number[] = [];
    for (const access of accesses) {
      const { op, at } = access;
      const exchange = answering.take({ ...BARE, op, at, value: access.op === 'write' ? access.value : null });
      exchanges.push(exchange);
      if (op === 'read') values.push(exchange.value);
      if (exchange.end === 'failed') break;
    }
    return { values, waits: answering.until(exchanges) };
  };
  const span = (asked: Asked) => {
    const exchange = answering.take(asked);
    if (asked.op === 'span_write' && exchange.end === 'driven' && exchange.old !== asked.more) of.otherBytes();
    return { exchange, waits: answering.until([exchange]) };
  };
  return {
    async read(at) {
      const { values, waits } = go([{ op: 'read', at }]);
      if (waits !== undefined) await waits;
      return values[0] ?? 0;
    },
    async write(at, value) {
      const { waits } = go([{ op: 'write', at, value }]);
      if (waits !== undefined) await waits;
    },
    async transfer(accesses) {
      const { values, waits } = go(accesses);
      if (waits !== undefined) await waits;
      return values;
    },
    async readSpan(name, offset, length) {
      const { exchange, waits } = span({ op: 'span_read', at: offset, value: length, more: null, text: name });
      if (waits !== undefined) await waits;
      const driven = exchange.end === 'driven';
      if (driven) of.unknown(length);
      return new Uint8Array(length).fill(driven ? 0 : 0xff);
    },
    async writeSpan(name, offset, bytes) {
      const asked = { at: offset, value: bytes.length, more: digest(bytes), text: name };
      const { waits } = span({ op: 'span_write', ...asked });
      if (waits !== undefined) await waits;
    },
    async writeRows(name, rows, bytes, apartBytes = rows.pitchBytes) {
      const more = digest(packed(bytes, rows, apartBytes));
      const asked = { at: rows.offset, value: packedBytes(rows), more, text: textOfRows(name, rows) };
      const { waits } = span({ op: 'span_write', ...asked });
      if (waits !== undefined) await waits;
    },
    onInterrupt: of.onInterrupt,
  };
};

/** As the bus names them. */
const textOfRows = (name: string, rows: SpanRows): string =>
  rows.rows <= 1 || rows.rowBytes === rows.pitchBytes ? name : rowsText(name, rows);

const BARE = { value: null, more: null, text: '' } as const;

/** What a driver does at an exchange. */
export const askedOfAccess = (
  { op, at, value, old, aux, end }: Exchange,
  texts: readonly string[],
  live: boolean,
): Asked => {
  const span = op === 'span_read' || op === 'span_write';
  return {
    op,
    at,
    value: op === 'read' ? null : value,
    // what is drawn in a live lab tells the time, and what programs drew is not known
    more: op === 'span_write' && end === 'driven' && !live ? old : null,
    text: span ? (texts[aux] ?? '') : '',
  };
};
