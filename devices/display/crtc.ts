/** The scanout engine: modes, flips, vertical blanks, writeback; what is shown, and when that changes. */
import { COMPAT_FRAME_NS, type DISPLAY } from '#datasheets/display.ts';
import type { DISPLAY_FAULTS } from '#datasheets/display-catalogue.ts';
import type { Values } from '#regmap/declare.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { FaultBoard } from '../fault-board.ts';
import type { Timeline } from '../timeline.ts';
import { NO_SCENE } from './compositor.ts';
import type { Interrupts } from './interrupts.ts';
import { Latches } from './latches.ts';
import { Picture } from './picture.ts';
import { dispiLayer, type Findings, type Levels, type Mode, modeOf } from './scanout.ts';
import { dispiScene, ferroScene } from './scenes.ts';
import { type Blank, Vblank } from './vblank.ts';
import { writebackOf } from './writeback.ts';

export interface CrtcOptions {
  readonly regs: RegisterFile<typeof DISPLAY>;
  readonly board: FaultBoard<typeof DISPLAY_FAULTS>;
  readonly time: Timeline;
  readonly memory: Uint8Array;
  readonly interrupts: Interrupts;
  /** A mode set trains the link. */
  readonly train: () => void;
}

const LATE = 'late';

export class Crtc {
  readonly picture: Picture;
  readonly latches: Latches;
  readonly vblank: Vblank;
  readonly #regs: RegisterFile<typeof DISPLAY>;
  readonly #board: FaultBoard<typeof DISPLAY_FAULTS>;
  readonly #time: Timeline;
  readonly #memory: Uint8Array;
  readonly #interrupts: Interrupts;
  readonly #train: () => void;
  readonly #live: Levels = (at) => this.#regs.level(at);
  #mode: Mode | undefined;
  #acknowledged = 0;

  constructor({ regs, board, time, memory, interrupts, train }: CrtcOptions) {
    this.#regs = regs;
    this.#board = board;
    this.#time = time;
    this.#memory = memory;
    this.#interrupts = interrupts;
    this.#train = train;
    this.picture = new Picture(memory);
    this.latches = new Latches(regs);
    this.vblank = new Vblank(
      time,
      () => this.#vblankWanted(),
      (blank) => this.#vblankBegan(blank),
    );
    time.on(LATE, () => this.#atVblank(this.vblank.last()));
  }

  /** The mode of the extension; undefined while it is off. */
  get mode(): Mode | undefined {
    return this.#mode;
  }
  /** The last vertical blank whose status was raised. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  // Reactions to registers

  modeSet(now: Values<typeof DISPLAY.CRTC_CTRL>, old: Values<typeof DISPLAY.CRTC_CTRL>): void {
    if (!now.ENABLE) {
      if (old.ENABLE) this.#switchOff();
      return;
    }
    const mode = modeOf(this.#live, now.INTERLACE);
    if (mode === undefined) {
      this.#found({ BAD_MODE: true });
      this.#regs.poke('CRTC_CTRL', { ENABLE: this.#mode !== undefined });
      return;
    }
    const { frameNs, width, height } = this.#mode ?? { frameNs: 0, width: 0, height: 0 };
    const same = frameNs === mode.frameNs && width === mode.width && height === mode.height;
    if (same && now.VRR === old.VRR) return; // the gamma switch goes with the next flip
    this.#mode = mode;
    this.latches.takeTimings();
    this.#train();
    this.#run(this.#slowestNs());
    this.#latch();
  }

  /** A register of the compatible half changed. */
  showCompatible(): void {
    if (this.#mode !== undefined) return;
    const layer = dispiLayer(this.#live);
    const frameNs = layer === undefined ? 0 : COMPAT_FRAME_NS;
    if (this.#regs.peek('FRAME_NS').VALUE !== frameNs) this.#run(frameNs);
    this.show();
  }

  clearScreen(): void {
    const layer = dispiLayer(this.#live);
    if (layer === undefined) return;
    const length = Math.min(this.#memory.length, layer.source.height * layer.pitches[0]!);
    this.#memory.fill(0, 0, length);
    this.picture.wrote(0, length);
  }

  flip(now: boolean): void {
    this.#regs.poke('FLIP', { GO: false, NOW: false });
    if (now || this.#mode === undefined) {
      this.#flipped();
      return;
    }
    if (this.#regs.peek('FLIP_STATUS').PENDING) this.#found({ FLIP_BUSY: true });
    this.#regs.poke('FLIP_STATUS', { PENDING: true });
    const { MAX_HZ } = this.#regs.peek('VRR_RANGE');
    this.vblank.update();
    if (this.#regs.peek('CRTC_CTRL').VRR && !this.#board.has('flip-never'))
      this.vblank.hasten(Math.max(this.#mode.frameNs, MAX_HZ === 0 ? 0 : Math.ceil(1e9 / MAX_HZ)));
  }

  askWriteback(): void {
    this.#regs.poke('WB_CTRL', { GO: false });
    this.#regs.poke('WB_STATUS', { BUSY: true });
    if (this.vblank.running) this.vblank.update();
    else if (!this.#board.has('vblank-stuck')) this.#writeBack();
  }

  /** While no interrupt asks for it, status is set when somebody looks. */
  noteVblank(): void {
    const { count } = this.vblank.last();
    if (count === this.#acknowledged || this.#regs.peek('INT_ENABLE').VBLANK) return;
    this.#acknowledged = count;
    this.#regs.poke('INT_STATUS', { VBLANK: true });
  }

  // What the lab changes

  /** The fault that stops vertical blanks was switched. */
  restart(): void {
    this.#run(this.#regs.peek('FRAME_NS').VALUE);
  }

  /** Shows what is latched, or what the compatible half says. */
  show(): void {
    const starved = this.#board.params('underrun')?.percent;
    const { scene, findings } =
      this.#mode === undefined
        ? dispiScene(this.#live, this.#memory.length, starved)
        : ferroScene(this.#mode, this.latches.level, this.#memory.length, () => this.latches.gammaTables(), starved);
    this.#found(findings);
    this.picture.show(scene);
  }

  /** After registers, latches, vertical blanks and memory are restored. */
  restored(acknowledged: number): void {
    this.#acknowledged = acknowledged;
    this.#mode = this.latches.mode();
    this.picture.show(NO_SCENE);
    this.show();
  }

  // Modes and flips

  #switchOff(): void {
    this.#mode = undefined;
    this.#latch();
    this.showCompatible();
    if (this.#regs.peek('WB_STATUS').BUSY) this.#writeBack();
  }

  /** Vertical blanks every so often; 0: none. A stuck one stays where it is. */
  #run(frameNs: number): void {
    this.#regs.poke('FRAME_NS', { VALUE: frameNs });
    if (frameNs === 0 || this.#board.has('vblank-stuck')) this.vblank.stop();
    else this.vblank.start(frameNs);
  }

  /** With a variable rate, what a frame lasts when nobody flips. */
  #slowestNs(): number {
    const frameNs = this.#mode?.frameNs ?? 0;
    const { MIN_HZ } = this.#regs.peek('VRR_RANGE');
    const vrr = this.#regs.peek('CRTC_CTRL').VRR && MIN_HZ > 0;
    return vrr ? Math.max(frameNs, Math.floor(1e9 / MIN_HZ)) : frameNs;
  }

  #flipped(): void {
    this.#latch();
    this.#regs.poke('FLIP_STATUS', { PENDING: false });
    this.#regs.poke('FLIP_COUNT', { VALUE: this.vblank.last().count % 2 ** 32 });
    if (!this.#board.has('flip-silent')) this.#interrupts.raise('FLIP_DONE');
    this.vblank.update();
  }

  #latch(): void {
    this.latches.take();
    this.show();
  }

  // Vertical blanks

  #vblankWanted(): boolean {
    const flip = this.#regs.peek('FLIP_STATUS').PENDING && !this.#board.has('flip-never');
    const { VBLANK, UNDERRUN } = this.#regs.peek('INT_ENABLE');
    return flip || VBLANK || (UNDERRUN && this.#board.has('underrun')) || this.#regs.peek('WB_STATUS').BUSY;
  }

  #vblankBegan(blank: Blank): void {
    const every = (n: number | undefined): boolean => n !== undefined && blank.count % n === 0;
    if (every(this.#board.params('vblank-lost')?.every)) return;
    const late = this.#board.params('vblank-late');
    if (late !== undefined && every(late.every)) this.#time.set(LATE, late.us * 1000);
    else this.#atVblank(blank);
  }

  #atVblank({ count }: Blank): void {
    this.#acknowledged = count;
    this.#interrupts.raise('VBLANK');
    if (this.#regs.peek('FLIP_STATUS').PENDING && !this.#board.has('flip-never')) this.#flipped();
    if (this.#regs.peek('WB_STATUS').BUSY) this.#writeBack();
    if (this.#board.has('underrun')) this.#interrupts.raise('UNDERRUN');
  }

  // Writeback

  #writeBack(): void {
    const { width, height } = this.picture.scene;
    const target = writebackOf(this.#regs, width, height, this.#memory.length);
    const fails = target === undefined || this.#board.has('writeback-fails');
    if (target === undefined) this.#found({ BAD_WRITEBACK: true });
    else if (!fails) this.picture.writeBack(target.format, target.base, target.pitch);
    this.#regs.poke('WB_STATUS', { BUSY: false, FAILED: fails });
    this.#interrupts.raise('WRITEBACK_DONE');
    this.vblank.update();
  }

  #found(findings: Findings): void {
    this.#regs.poke('FINDING', findings);
  }
}
