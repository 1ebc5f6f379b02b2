/** Accesses that are held: each until somebody says continue or step, or until its limit lets it go. */

import type { LogLevel } from '../api.ts';
import type { Clock, Deadline } from '../clock.ts';
import { LabError } from '../errors.ts';
import type { Trace } from '../trace.ts';
import type { AccessBreakpoint } from './breakpoint.ts';
import { HOLD_LIMIT_MS } from './breakpoint.ts';
import type { PlaceNames, Touch } from './touch.ts';
import { changeText, placeText, registerAt, touchWords } from './touch-words.ts';
import type { HeldView } from './views.ts';

export interface HoldsOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly log: (level: LogLevel, text: string) => void;
  /** Something is held, or was let go. */
  readonly changed: (device: string) => void;
}

interface Held {
  readonly view: HeldView;
  readonly touch: Touch;
  readonly go: () => void;
  readonly limit: Deadline;
}

/** Who the notes of holds are recorded under. */
export const BREAKPOINT_REQUESTER = 'breakpoint';

export class Holds {
  readonly #options: HoldsOptions;
  readonly #held = new Map<number, Held>();
  #last = 0;

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  get views(): readonly HeldView[] {
    return [...this.#held.values()].map(({ view }) => view);
  }

  /** Resolves when it may go on; `breakpoint` null: a step. */
  hold(touch: Touch, names: PlaceNames, breakpoint: AccessBreakpoint | null): Promise<void> {
    const { clock, changed, log } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const limitMs = breakpoint?.limitMs ?? HOLD_LIMIT_MS;
    const by = breakpoint === null ? 'step' : `breakpoint ${breakpoint.id}`;
    const what = touchWords(touch, names);
    const seq = this.#note(touch, 'held', `held by ${by}`);
    const id = ++this.#last;
    const now = clock.now();
    const { device, requester, op, at, value, old, widthBits } = touch;
    const view: HeldView = {
      id,
      device,
      breakpoint: breakpoint?.id ?? null,
      requester,
      op,
      at,
      address: placeText(touch, names),
      register: registerAt(touch, names),
      value,
      old,
      decoded: changeText(touch, names),
      widthBits,
      sinceNs: now,
      untilNs: now + limitMs * 1e6,
      seq,
    };
    const limit = clock.after(limitMs * 1e6, () => {
      const text = `${by} lets go by itself after ${limitMs / 1000} s`;
      log('warning', `${device}: ${text}: ${what}`);
      this.#letGo(id, text);
    });
    this.#held.set(id, { view, touch, go: resolve, limit });
    log('notice', `${device} is held by ${by}: ${what}; it goes on by itself after ${limitMs / 1000} s`);
    changed(device);
    return promise;
  }

  /** Lets go what is held, of one device or of all; says which devices went on. Throws EAGAIN when nothing is held. */
  release(device: string | undefined, verb: string): readonly string[] {
    const found = [...this.#held.values()].filter(({ view }) => device === undefined || view.device === device);
    if (found.length === 0)
      throw new LabError('EAGAIN', `${verb}: no access ${device === undefined ? '' : `of ${device} `}is held`);
    for (const { view } of found) {
      this.#options.log('notice', `${view.device}: ${verb}`);
      this.#letGo(view.id, verb);
    }
    return [...new Set(found.map(({ view }) => view.device))];
  }

  /** Lets go of those that a predicate says, without a word if there are none. */
  dismiss(which: (view: HeldView) => boolean, why: string): void {
    for (const { view } of [...this.#held.values()]) if (which(view)) this.#letGo(view.id, why);
  }

  #letGo(id: number, why: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    held.limit.cancel();
    this.#note(held.touch, 'ok', why);
    held.go();
    this.#options.changed(held.view.device);
  }

  #note({ device, at, value, old }: Touch, outcome: 'held' | 'ok', text: string): number {
    const { trace, clock } = this.#options;
    const row = { device, requester: BREAKPOINT_REQUESTER, op: 'note', outcome, time: clock.now() } as const;
    return trace.record({ ...row, at: at % 2 ** 32, value, old, text });
  }
}
