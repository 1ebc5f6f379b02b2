/** What the bus faults of a device make of one access: their effects put together. */
import type { BlockStatus } from '../block.ts';

/** One change to the value on the wire. `fired` records it with what it was and what it is now. */
export interface Change {
  alter(value: number, widthBits: number): number;
  /** Noise hits one word of a block, a stuck line all of them. */
  readonly once: boolean;
  /** Which of so many words noise hits. */
  pick(words: number): number;
  fired(was: number, now: number): void;
}

export class Ruling {
  delayNs = 0;
  /** `lost`: nobody answers. `failed`: the driver gets an error. `later`: after the next access, or after `waitNs`. */
  fate: 'pass' | 'lost' | 'failed' | 'later' = 'pass';
  waitNs = 0;
  /** Lost because the connector is out: whoever can tell is told. */
  disconnected = false;
  twice = false;
  lostAddress = false;
  badTurnaround = false;
  status: BlockStatus = 'IOERR';
  /** Who did it, for the error's words. */
  by = '';
  readonly changes: Change[] = [];

  /** The value as it is on the wire. */
  value(value: number, widthBits: number): number {
    let now = value;
    for (const change of this.changes) {
      const was = now;
      now = change.alter(was, widthBits);
      change.fired(was, now);
    }
    return now;
  }

  /** A copy of the bytes as they are on the wire, in words of 32 bits, little endian. */
  bytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const out = Uint8Array.from(bytes);
    const words = out.length >> 2;
    if (words === 0) return out;
    const view = new DataView(out.buffer);
    for (const change of this.changes) {
      const [from, to] = change.once ? at(change.pick(words)) : [0, words];
      const was = view.getUint32(4 * from, true);
      for (let i = from; i < to; i++) view.setUint32(4 * i, change.alter(view.getUint32(4 * i, true), 32), true);
      change.fired(was, view.getUint32(4 * from, true));
    }
    return out;
  }
}

const at = (word: number): readonly [number, number] => [word, word + 1];
