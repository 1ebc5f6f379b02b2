/** Keeps the debugger page up to date: asks for the core's state, and for its memories when they may have changed. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CellView, DisassemblyLine, MemorySpace, MicroMemory, MicroProfile, MicroView } from '#bus/micro-view.ts';
import { ApiError } from '../api.ts';
import { useLab } from '../store/lab-state.ts';
import { hex } from '../ui/format.ts';
import { microApi } from './micro-api.ts';

const AGAIN_MS = 250;
const LISTING = { before: 60, count: 200 } as const;
const WINDOW_BYTES = 256;

/** Which memory the window shows. */
export interface WindowPlace {
  readonly space: MemorySpace;
  readonly at: string;
}

export interface Seen {
  readonly view: MicroView;
  readonly lines: readonly DisassemblyLine[];
  readonly memory: MicroMemory | undefined;
  readonly cells: readonly CellView[];
  readonly profile: MicroProfile | undefined;
}

export interface MicroState {
  readonly seen: Seen | undefined;
  /** What was seen at the stop or look before: for marking what changed. */
  readonly before: Seen | undefined;
  /** Why there is nothing to see: this device has no micro-controller, or the window's address is none. */
  readonly refused: string | undefined;
  /** Asks at once. */
  readonly look: () => void;
}

/** `place` undefined: the listing follows PC whenever the core stands still. */
export const useMicro = (device: string, window: WindowPlace, place: string | undefined): MicroState => {
  const [state, setState] = useState<Omit<MicroState, 'look'>>({
    seen: undefined,
    before: undefined,
    refused: undefined,
  });
  const live = useLab((lab) => lab.phase === 'live');
  const asked = useRef({ window, place });
  asked.current = { window, place };
  const wake = useRef<() => void>(() => {});
  const look = useCallback(() => wake.current(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another window or place is asked for at once
  useEffect(look, [look, window.space, window.at, place]);
  useEffect(() => {
    if (!live) return;
    const watch = new Watch(device, () => asked.current, setState);
    wake.current = () => watch.now();
    watch.now();
    return () => watch.end();
  }, [device, live]);
  return { ...state, look };
};

/** One round after the other, never two at once. */
class Watch {
  readonly #device: string;
  readonly #asked: () => { readonly window: WindowPlace; readonly place: string | undefined };
  readonly #tell: (state: Omit<MicroState, 'look'>) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #again = false;
  #ended = false;
  #seen: Seen | undefined;
  #before: Seen | undefined;
  /** What was asked when everything was read last. */
  #read = '';
  #listedFrom: string | undefined;

  constructor(
    device: string,
    asked: () => { readonly window: WindowPlace; readonly place: string | undefined },
    tell: (state: Omit<MicroState, 'look'>) => void,
  ) {
    this.#device = device;
    this.#asked = asked;
    this.#tell = tell;
  }

  now(): void {
    if (this.#busy) this.#again = true;
    else void this.#round();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    clearTimeout(this.#timer);
    this.#busy = true;
    this.#again = false;
    try {
      if (!document.hidden) await this.#ask();
    } catch (thrown) {
      const refused = thrown instanceof ApiError ? thrown.message : String(thrown);
      if (!this.#ended) this.#tell({ seen: this.#seen, before: this.#before, refused });
    }
    this.#busy = false;
    if (this.#ended) return;
    if (this.#again) void this.#round();
    else this.#timer = setTimeout(() => void this.#round(), AGAIN_MS);
  }

  async #ask(): Promise<void> {
    const view = await microApi.view(this.#device);
    const { window, place } = this.#asked();
    const read = `${view.turn} ${view.state} ${window.space} ${window.at} ${place}`;
    const old = this.#seen;
    if (read === this.#read && view.state !== 'running' && old !== undefined) {
      if (!view.profiling) return this.#show({ ...old, view }, this.#before);
    }
    const [lines, memory, cells, profile] = await Promise.all([
      this.#listing(view, place, old),
      microApi.memory(this.#device, window.space, window.at, WINDOW_BYTES),
      microApi.cells(this.#device),
      microApi.profile(this.#device),
    ]);
    this.#read = read;
    // Marks stay until the core moves again, whatever else the page asks for meanwhile.
    const moved = old === undefined || old.view.cycles !== view.cycles;
    this.#show({ view, lines, memory, cells, profile }, moved ? old : this.#before);
  }

  /** Reads it anew where PC has left it, or where somebody wants to be elsewhere. */
  async #listing(
    view: MicroView,
    place: string | undefined,
    old: Seen | undefined,
  ): Promise<readonly DisassemblyLine[]> {
    const { pc } = view.registers;
    const follows = place === undefined && view.state === 'halted';
    const there = old?.lines.some(({ at }) => at === pc) === true;
    const from = place ?? (this.#listedFrom === undefined || (follows && !there) ? hex(pc) : this.#listedFrom);
    const lines = await microApi.disassembly(this.#device, from, LISTING.before, LISTING.count);
    this.#listedFrom = from;
    return lines;
  }

  #show(seen: Seen, before: Seen | undefined): void {
    this.#seen = seen;
    this.#before = before;
    if (!this.#ended) this.#tell({ seen, before, refused: undefined });
  }
}
