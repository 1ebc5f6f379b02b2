/** I/O without queues, for clients in this process at full rate: allowed while nothing stands between a request and its data. */
import { type BlockOp, type BlockStatus, SECTOR_BYTES } from '#bus/block.ts';
import { LabError } from '#bus/errors.ts';
import type { Counters } from './counters.ts';
import type { Medium } from './medium.ts';
import type { Powered } from './powered.ts';
import { writeBytes } from './write-bytes.ts';

/** How a client in this process may do I/O: counting only, by the direct verbs, by `request`; or not at all. */
export type NullbPath = 'off' | 'plain' | 'direct' | 'queued';

export interface DirectParts {
  readonly medium: Medium;
  readonly counters: Counters;
  /** Null: off, or unplugged. */
  readonly reached: () => Powered | null;
  /** A fault is on. */
  readonly troubled: () => boolean;
}

export class DirectIo {
  readonly #parts: DirectParts;

  constructor(parts: DirectParts) {
    this.#parts = parts;
  }

  get path(): NullbPath {
    const powered = this.#parts.reached();
    if (powered === null) return 'off';
    if (!powered.unhindered || this.#parts.troubled()) return 'queued';
    return powered.config.memoryBacked ? 'direct' : 'plain';
  }

  /** `requests` is 0 for what goes on with a request that was counted. */
  read(byteOffset: number, length: number, target: Uint8Array, targetOffset: number, requests: 0 | 1): BlockStatus {
    const powered = this.#admit('read', byteOffset, length);
    if (typeof powered === 'string') return powered;
    this.#parts.counters.count('read', requests, length);
    if (powered.config.memoryBacked) this.#parts.medium.read(byteOffset, length, target, targetOffset);
    else target.fill(0, targetOffset, targetOffset + length);
    return 'OK';
  }

  write(byteOffset: number, length: number, source: Uint8Array, sourceOffset: number, fua: boolean): BlockStatus {
    const powered = this.#admit('write', byteOffset, length);
    if (typeof powered === 'string') return powered;
    const { memoryBacked, fua: offered } = powered.config;
    const { medium, counters } = this.#parts;
    if (memoryBacked && !writeBytes(medium, byteOffset, length, source, sourceOffset, fua && offered)) {
      counters.answered('write', 0, 'NOSPC', 0);
      return 'NOSPC';
    }
    counters.count('write', 1, length);
    return 'OK';
  }

  #admit(op: BlockOp, byteOffset: number, length: number): Powered | BlockStatus {
    const { reached, counters } = this.#parts;
    const powered = reached();
    if (powered !== null && (!powered.unhindered || this.#parts.troubled()))
      throw new LabError('EBUSY', `a direct ${op} while the device needs its queues: use request`);
    const end = (powered?.capacitySectors ?? 0) * SECTOR_BYTES;
    if (powered !== null && byteOffset >= 0 && length >= 0 && byteOffset + length <= end) return powered;
    const refusal = powered === null ? 'OFFLINE' : 'IOERR';
    counters.answered(op, 0, refusal, 0);
    return refusal;
  }
}
