/** What stands in front of one device: the faults and breakpoints that mean something to it, asked for each access. */
import type { Ruling } from './ruling.ts';
import type { Touch } from './touch.ts';

/** What a bus asks before an access takes effect. Null in its slot: nothing stands there, which is one comparison. */
export interface Gate {
  /** A promise while the access is held; undefined when it may go on at once. */
  hold(touch: Touch): Promise<void> | undefined;
  /** What the bus faults make of it; undefined when none of them acts. */
  rule(touch: Touch): Ruling | undefined;
}

/** Where a bus looks for its gate; the same for every device that takes the name. */
export interface GateSlot {
  gate: Gate | null;
  /** Told when a gate is put there, or taken away: for those that pass it in another thread. One listener. */
  onGate?: (stands: boolean) => void;
  /** Lets go what is held of somebody who has gone; only where there are breakpoints. */
  readonly letGo?: (requester: string, why: string) => void;
}

/** For a bus that stands in no lab. */
export const openSlot = (): GateSlot => ({ gate: null });
