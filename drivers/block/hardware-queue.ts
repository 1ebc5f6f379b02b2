/** One hardware queue inside the layer: what waits to be handed to the driver, and whether the driver takes it. */

import { type Seen, unseen } from './answers.ts';
import type { Hctx } from './operations.ts';
import type { RequestState } from './request.ts';
import type { RequestBuffer } from './request-buffer.ts';
import type { Work } from './work.ts';

/** A request as the queue keeps it. */
export class Rq implements RequestState {
  readonly op;
  readonly sector;
  readonly sectors;
  readonly fua;
  readonly noUnmap;
  readonly zoned: boolean;
  readonly hctx: number;
  readonly tag: number;
  readonly buffer: RequestBuffer;
  readonly work: Work;
  readonly allocatedNs: number;
  placed: number | undefined;
  reclaims = false;
  generation = 0;
  phase: RequestState['phase'] = 'queued';
  turn = 0;
  seen: Seen = unseen();
  /** When the layer loses patience; Infinity while the driver does not have it. */
  deadlineNs = Number.POSITIVE_INFINITY;
  expiries = 0;
  requeues = 0;
  leakReported = false;
  /** The layer, not the driver, has ended it. */
  endedByLab = false;

  constructor(work: Work, of: { hctx: number; tag: number; zoned: boolean; buffer: RequestBuffer; nowNs: number }) {
    this.work = work;
    this.op = work.op;
    this.sector = work.sector;
    this.sectors = work.sectors;
    this.fua = work.fua;
    this.noUnmap = work.noUnmap;
    this.zoned = of.zoned;
    this.hctx = of.hctx;
    this.tag = of.tag;
    this.buffer = of.buffer;
    this.allocatedNs = of.nowNs;
  }
}

export class HardwareQueue<H> implements Hctx<H> {
  readonly index: number;
  readonly kind: Hctx['kind'];
  readonly own: H;
  /** With a tag, not yet with the driver. */
  readonly dispatch: Rq[] = [];
  inflight = 0;
  /** A run is due. */
  kicked = false;
  /** The driver has said RESOURCE: not before something ends, or a little time has passed. */
  blocked = false;

  constructor(index: number, kind: Hctx['kind'], own: H) {
    this.index = index;
    this.kind = kind;
    this.own = own;
  }
}
