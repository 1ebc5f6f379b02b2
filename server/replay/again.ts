/** Does a recorded access once more, to a device of the same kind, on whichever bus it is. */
import { BLOCK_OPS, type BlockCommand, type BlockOp, SECTOR_BYTES } from '#bus/block.ts';
import type { BlockFilter } from '#bus/block-bus.ts';
import type { OpenBlockPort } from '#bus/block-port.ts';
import { addressFrame, readFrame, writeFrame } from '#bus/mdio.ts';
import type { MmioWidth } from '#bus/mmio.ts';
import { spanOfText } from '#bus/span-rows.ts';
import { type TraceOp, type TraceRecord, unpackTag } from '#bus/trace.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { EDID_WINDOW_BYTES } from '#datasheets/display.ts';
import { nameAt } from '#regmap/names.ts';
import type { BenchDevice } from '../bench-device.ts';

const FUA = 0x80;
const NO_UNMAP = 0x40;
const OP_MASK = 0x0f;
const CARRIES: ReadonlySet<BlockOp> = new Set(['write', 'zone_append']);

/** Accesses of one device, each by who made it. */
export class Again {
  readonly #device: BenchDevice;
  readonly #edidWidth: MmioWidth;
  readonly #blocks = new Map<string, OpenBlockPort>();
  readonly #uses = new Map<number, { generation: number; open: boolean }>();

  /** `edidWidth`: how wide it read the window of the EDID, which no record says. */
  constructor(device: BenchDevice, edidWidth: MmioWidth) {
    this.#device = device;
    this.#edidWidth = edidWidth;
  }

  /** A register access, or a run of memory; the bytes of one are not in the recording: zeroes are written. */
  access(record: TraceRecord, requester: string, texts: readonly string[]): void {
    const { op, at, value, aux } = record;
    const { mdio, mmio } = this.#device.buses;
    if (mdio !== undefined) {
      const { prtad } = this.#device;
      const frame = op === 'read' ? readFrame(prtad, mmdOf(at)) : writeFrame(prtad, mmdOf(at), value & 0xffff);
      mdio.execute(Uint32Array.of(addressFrame(prtad, at), frame), requester);
    } else if (op === 'span_read') mmio?.readSpan(spanOfText(texts[aux] ?? '').span, at, value, requester);
    else if (op === 'span_write') this.#writeSpan(record, texts[aux] ?? '', requester);
    else {
      const width = this.#width(at, op === 'write' ? value : 0);
      mmio?.access(op === 'read' ? { op, at, width } : { op: 'write', at, value, width }, requester);
    }
  }

  /** One ring of the doorbell; what is refused is refused as the driver would have been. `meanwhile` happens before the device sees it. */
  submit(records: readonly TraceRecord[], requester: string, meanwhile?: () => void): void {
    const port = this.#port(requester);
    const filters = this.#device.buses.block?.filters;
    const filter: BlockFilter = {
      submit(command, next) {
        filters?.delete(filter);
        meanwhile?.();
        next(command);
      },
    };
    if (meanwhile !== undefined) filters?.add(filter);
    port?.submit(records.map((record) => this.#command(record))).catch(() => undefined);
    filters?.delete(filter);
  }

  /** An answer of the device; one of a queue without interrupts comes when it is asked for. */
  answered({ old }: TraceRecord, requester: string): void {
    const { hctx, tag } = unpackTag(old);
    const use = this.#uses.get(hctx * 0x10000 + tag);
    if (use !== undefined) use.open = false;
    const { block } = this.#device.buses;
    if (block === undefined) return;
    try {
      if (hctx >= block.identify().submitQueues)
        void this.#port(requester)
          ?.poll(hctx)
          .catch(() => undefined);
    } catch {
      // powered off: nothing answers
    }
  }

  close(): void {
    for (const port of this.#blocks.values()) port.close();
  }

  #port(requester: string): OpenBlockPort | undefined {
    const open = this.#blocks.get(requester) ?? this.#device.buses.block?.port(requester);
    if (open !== undefined) this.#blocks.set(requester, open);
    return open;
  }

  #command({ at, value, old, aux }: TraceRecord): BlockCommand {
    const { tag, hctx, detail } = unpackTag(old);
    const op = BLOCK_OPS[detail & OP_MASK] ?? 'flush';
    const slot = hctx * 0x10000 + tag;
    const before = this.#uses.get(slot);
    const generation = (before?.generation ?? 0) + 1;
    this.#uses.set(slot, { generation, open: true });
    return {
      op,
      tag,
      hctx,
      generation,
      sector: aux * 2 ** 32 + at,
      sectors: value,
      ...((detail & FUA) === 0 ? {} : { fua: true }),
      ...((detail & NO_UNMAP) === 0 ? {} : { noUnmap: true }),
      ...(before?.open === true ? { reclaims: true } : {}),
      ...(CARRIES.has(op) ? { data: new Uint8Array(Math.min(value, this.#mostSectors()) * SECTOR_BYTES) } : {}),
    };
  }

  #mostSectors(): number {
    try {
      return this.#device.buses.block?.identify().maxSectors ?? 0;
    } catch {
      return 0; // powered off: refused whatever it carries
    }
  }

  /** Zeroes, and not more of them than there is memory: a record may say anything. */
  #writeSpan({ at, value }: TraceRecord, text: string, requester: string): void {
    const { span, rows, pitchBytes } = spanOfText(text);
    const bytes = new Uint8Array(Math.max(0, Math.min(value, this.#spanBytes(span))));
    const { mmio } = this.#device.buses;
    if (rows <= 1) mmio?.writeSpan(span, at, bytes, requester);
    else {
      const rowBytes = Math.floor(value / rows);
      mmio?.writeRows(span, { offset: at, rowBytes, pitchBytes, rows }, bytes, rowBytes, requester);
    }
  }

  #spanBytes(name: string): number {
    const { device } = this.#device;
    if (!('span' in device) || typeof device.span !== 'function') return 0;
    const memory: unknown = device.span(name);
    return memory instanceof Uint8Array ? memory.length : 0;
  }

  #width(at: number, value: number): MmioWidth {
    const { registers } = this.#device.device;
    if (at < EDID_WINDOW_BYTES) return this.#edidWidth;
    const width = registers[nameAt(registers, at) ?? '']?.width === 16 ? 2 : 4;
    if (width === 2 && value <= 0xffff) return 2;
    return at % 4 === 0 ? 4 : 2;
  }
}

/** How wide accesses to these places are, where all are as wide: as wide as the places are apart. */
export const widthOf = (places: Iterable<number>): MmioWidth => {
  let mask = 0;
  for (const at of places) mask |= at;
  if (mask % 2 !== 0) return 1;
  return mask % 4 === 0 ? 4 : 2;
};

/** What a driver asks of a block device. */
export const COMMAND_OPS: ReadonlySet<TraceOp> = new Set(['read', 'write', 'flush', 'discard', 'write_zeroes', 'zone']);

/** Requests in one ring of the doorbell at most: a device has no more slots in a queue that anybody fills. */
const RING_MOST = 4096;

/** True where a request belongs to the same ring: it uses another slot. */
export const belongs = (records: readonly TraceRecord[], record: TraceRecord): boolean =>
  records.length < RING_MOST && !records.some((before) => sameSlot(before, record));

/** The same tag of the same queue. */
export const sameSlot = (one: TraceRecord, other: TraceRecord): boolean => {
  const [a, b] = [unpackTag(one.old), unpackTag(other.old)];
  return a.hctx === b.hctx && a.tag === b.tag;
};
