/** Making a checked state so: swap, then the hardware in the order of vkms, flips waited for, old buffers let go. */
import type { Clock } from '#bus/clock.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import type { Printk } from '../kernel/printk.ts';
import { type AtomicState, holdsOf } from './atomic-state.ts';
import { damageOf } from './damage.ts';
import { Fence } from './fence.ts';
import type { PlaneState } from './kms-state.ts';
import { frameDurationNs } from './modes.ts';
import type { Connector, Crtc, Plane } from './pipeline.ts';
import type { VblankStamp } from './vblank.ts';

/** One CRTC's part of a commit, from the swap until its new picture is on show. */
export class Commit {
  readonly #done = Promise.withResolvers<void>();

  get flipDone(): Promise<void> {
    return this.#done.promise;
  }

  finish(): void {
    this.#done.resolve();
  }
}

export interface Submission {
  readonly atomic: AtomicState;
  /** Called once for each CRTC that shows its new state. */
  readonly flipped?: (crtc: Crtc, stamp: VblankStamp) => void;
}

export interface CommitSurroundings {
  readonly clock: Clock;
  readonly pr: Printk;
  /** A driver's callback has thrown what is no LabError: a bug. */
  oops(thrown: unknown): void;
  /** The states have been swapped: synchronous, for what must always match them. */
  swapped(): void;
}

const FLIP_LIMIT_NS = 10e9;

export class Committer {
  readonly #around: CommitSurroundings;
  /** What the last commit still has to do, its clean-up included. */
  #tail: Promise<void> = Promise.resolve();

  constructor(around: CommitSurroundings) {
    this.#around = around;
  }

  /**
   * `build` makes a checked state from what is committed at that moment; it is called again after a wait. Blocking:
   * resolves when the picture is on show. Nonblocking: when the swap is done; EBUSY while the last flip is not. The
   * cursor of the legacy calls never waits, and nobody waits for it.
   */
  async submit(build: () => Submission, nonblock: boolean): Promise<void> {
    let built = build();
    if (built.atomic.pace === 'cursor') {
      void this.#begin(built);
      return;
    }
    for (let busy = busyWith(built.atomic); busy.length > 0; busy = busyWith(built.atomic)) {
      if (nonblock) throw new LabError('EBUSY', `the last commit's flip on CRTC ${busy[0]?.crtc.id} is not done`);
      await Promise.all(busy.map(({ commit }) => commit.flipDone));
      built = build();
    }
    const tail = this.#begin(built);
    if (!nonblock) await tail;
  }

  /** Everything that was begun has ended. */
  async idle(): Promise<void> {
    await this.#tail;
  }

  #begin(built: Submission): Promise<void> {
    const { atomic } = built;
    prepare(atomic);
    const commits = this.#swap(atomic);
    const fences = promiseFences(atomic);
    this.#around.swapped();
    this.#tail = this.#run(built, commits, fences, this.#tail);
    return this.#tail;
  }

  #swap(atomic: AtomicState): Map<Crtc, Commit> {
    const flipping = atomic.pace === 'cursor' ? [] : [...atomic.crtcs.keys()];
    const commits = new Map(flipping.map((crtc) => [crtc, new Commit()] as const));
    for (const { object, now } of atomic.crtcs.values()) object.state = now;
    for (const { object, now } of atomic.planes.values()) object.state = now;
    for (const { object, now } of atomic.connectors.values()) object.state = now;
    for (const [crtc, commit] of commits) {
      crtc.commit = commit;
      for (const { object, old, now } of [...atomic.planes.values(), ...atomic.connectors.values()])
        if ((now.crtc ?? old.crtc) === crtc) object.commit = commit;
    }
    for (const { now } of changesOf(atomic)) for (const held of holdsOf(now)) held.get();
    return commits;
  }

  async #run(
    { atomic, flipped }: Submission,
    commits: ReadonlyMap<Crtc, Commit>,
    fences: Fences,
    before: Promise<void>,
  ): Promise<void> {
    const finish = (crtc: Crtc, stamp: VblankStamp): void => {
      const commit = commits.get(crtc);
      if (commit === undefined || finished.has(commit)) return;
      finished.add(commit);
      for (const one of [crtc, ...atomic.planes.keys(), ...atomic.connectors.keys()])
        if (one.commit === commit) one.commit = undefined;
      flipped?.(crtc, stamp);
      fences.out.get(crtc)?.signal();
      commit.finish();
    };
    const finished = new Set<Commit>();
    try {
      await before;
      for (const { now } of atomic.planes.values()) await now.fence?.wait();
      await this.#program(atomic, finish);
    } catch (thrown) {
      this.#complain(thrown);
      for (const crtc of commits.keys()) finish(crtc, crtc.vblank.last);
    }
    try {
      await Promise.all([...commits].map(([crtc, commit]) => this.#flip(crtc, commit, finish)));
      await this.#writeback(atomic, fences);
    } finally {
      for (const { object, old } of atomic.planes.values()) if (old.fb !== null) object.is.funcs.cleanupFb?.(old);
      for (const { old } of changesOf(atomic)) for (const held of holdsOf(old)) held.put();
    }
  }

  async #program(atomic: AtomicState, finish: (crtc: Crtc, stamp: VblankStamp) => void): Promise<void> {
    for (const { object, old, now } of atomic.crtcs.values()) {
      if (!old.active || (now.active && !atomic.needsModeset(now))) continue;
      object.vblank.stop();
      await object.is.funcs.atomicDisable(old);
    }
    for (const { object, old, now } of atomic.planes.values()) await updatePlane(object, old, now, atomic);
    for (const { object, now } of atomic.crtcs.values()) {
      if (!now.active || now.mode === null || !atomic.needsModeset(now)) continue;
      await object.is.funcs.atomicEnable(now);
      await object.vblank.start(frameDurationNs(now.mode));
    }
    for (const { object, old, now } of atomic.crtcs.values()) {
      const done = (stamp: VblankStamp): void => finish(object, stamp);
      if (!now.active) {
        done(object.vblank.last);
        continue;
      }
      if (atomic.pace !== 'cursor') object.vblank.onFlip(done); // before the flush: its interrupt may be quicker than its answer
      const when = await object.is.funcs.atomicFlush(now, old, atomic.pace !== 'vblank');
      if (atomic.pace === 'cursor') continue;
      if (when === 'done') {
        await object.vblank.now();
        object.vblank.flipDone();
      }
      if (when === 'at-next-vblank') {
        const { count } = await object.vblank.now();
        object.vblank.onCount(count + 1, () => object.vblank.flipDone());
      }
    }
  }

  /** Waits for the flip, but not for ever (drm_atomic_helper_wait_for_flip_done). */
  async #flip(crtc: Crtc, commit: Commit, finish: (crtc: Crtc, stamp: VblankStamp) => void): Promise<void> {
    const { clock, pr } = this.#around;
    const limit = clock.after(FLIP_LIMIT_NS, () => {
      pr.err(`[CRTC:${crtc.id}] flip_done timed out`);
      finish(crtc, crtc.vblank.last);
    });
    await commit.flipDone;
    limit.cancel();
  }

  async #writeback(atomic: AtomicState, fences: Fences): Promise<void> {
    for (const { object, now } of atomic.connectors.values()) {
      if (now.writebackFb === null) continue;
      try {
        await object.is.funcs.writeback?.(now.writebackFb);
      } catch (thrown) {
        this.#complain(thrown);
      }
      fences.writeback.get(object)?.signal();
    }
  }

  #complain(thrown: unknown): void {
    if (!(thrown instanceof LabError)) this.#around.oops(thrown);
    const { code, message } = asLabError(thrown);
    this.#around.pr.err(`commit failed: ${code}: ${message}`);
  }
}

interface Fences {
  readonly out: Map<Crtc, Fence>;
  readonly writeback: Map<Connector, Fence>;
}

const changesOf = (atomic: AtomicState) => [
  ...atomic.planes.values(),
  ...atomic.crtcs.values(),
  ...atomic.connectors.values(),
];

const busyWith = (atomic: AtomicState): readonly { readonly crtc: Crtc; readonly commit: Commit }[] => {
  const objects: readonly { readonly commit: Commit | undefined }[] = changesOf(atomic).map(({ object }) => object);
  const crtcs = atomic.device.crtcs;
  return crtcs.flatMap((crtc) =>
    crtc.commit !== undefined && objects.some(({ commit }) => commit === crtc.commit)
      ? [{ crtc, commit: crtc.commit }]
      : [],
  );
};

/** All buffers have their place, or none has taken one. */
const prepare = (atomic: AtomicState): void => {
  const prepared: { readonly plane: Plane; readonly now: PlaneState }[] = [];
  try {
    for (const { object: plane, now } of atomic.planes.values()) {
      if (now.fb === null) continue;
      plane.is.funcs.prepareFb?.(now);
      prepared.push({ plane, now });
    }
  } catch (thrown) {
    for (const { plane, now } of prepared) plane.is.funcs.cleanupFb?.(now);
    throw thrown;
  }
};

const promiseFences = (atomic: AtomicState): Fences => {
  const out = new Map<Crtc, Fence>();
  const writeback = new Map<Connector, Fence>();
  for (const { object, now } of atomic.crtcs.values()) {
    if (now.outFenceAt === 0 || atomic.fences === undefined) continue;
    const fence = new Fence();
    out.set(object, fence);
    atomic.fences.put(now.outFenceAt, atomic.fences.add(fence));
  }
  for (const { object, now } of atomic.connectors.values()) {
    if (now.writebackFenceAt === 0 || atomic.fences === undefined) continue;
    const fence = new Fence();
    writeback.set(object, fence);
    atomic.fences.put(now.writebackFenceAt, atomic.fences.add(fence));
  }
  return { out, writeback };
};

const updatePlane = async (plane: Plane, old: PlaneState, now: PlaneState, atomic: AtomicState): Promise<void> => {
  const modeset = now.crtc !== null && atomic.needsModeset(atomic.crtcAfter(now.crtc));
  // A cursor that moves is the picture it was.
  const same = atomic.pace === 'cursor' && old.visible && now.fb === old.fb;
  if (now.visible) await plane.is.funcs.atomicUpdate(now, old, same ? [] : damageOf(now, old, modeset));
  else if (old.visible) await plane.is.funcs.atomicDisable(old);
};
