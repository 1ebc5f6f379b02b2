/** Virtual display controller: registers, scanout, connector, interrupts and faults put together. */
import type { Clock } from '#bus/clock.ts';
import type { ActiveFault, VirtualDevice } from '#bus/device.ts';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { LabError } from '#bus/errors.ts';
import type { MmioSilicon, MmioWidth } from '#bus/mmio.ts';
import { Random } from '#bus/random.ts';
import type { TraceOutcome } from '#bus/trace.ts';
import {
  DISPLAY,
  DISPLAY_MOST_PIXELS,
  EDID_WINDOW_BYTES,
  GAMMA_SPAN,
  PANIC_SPAN,
  VRAM_DEFAULT_MIB,
  VRAM_MOST_MIB,
  VRAM_SPAN,
} from '#datasheets/display.ts';
import { DISPLAY_CONTROLS, DISPLAY_FAULTS, type DisplayFault } from '#datasheets/display-catalogue.ts';
import type { MonitorName } from '#datasheets/monitors.ts';
import type { RegisterFile } from '#regmap/file.ts';
import { FaultBoard, settleAction } from '../fault-board.ts';
import { Timeline } from '../timeline.ts';
import { BitRot } from './bit-rot.ts';
import type { Scene } from './compositor.ts';
import { bytesOfHex, Connector } from './connector.ts';
import { Crtc } from './crtc.ts';
import type { DamageSince } from './damage.ts';
import { Interrupts } from './interrupts.ts';
import { panel } from './panel.ts';
import { PanicButton } from './panic-button.ts';
import type { Frame } from './picture.ts';
import { displayRegisters, type Parts, switched } from './reactions.ts';
import { outcomeAt, readWide, writeWide } from './registers.ts';
import { type DisplaySnapshot, packPages, parseDisplaySnapshot, unpackPages } from './snapshot.ts';

export interface DisplayOptions {
  readonly clock: Clock;
  /** The same seed rots the same bits. */
  readonly seed: number;
  readonly vramMib?: number;
  /** Null: nothing is plugged in. */
  readonly monitor?: MonitorName | null;
}

const COMPATIBLE: ReadonlySet<number> = new Set(
  Object.values(DISPLAY).flatMap(({ at }) => (at < DISPLAY.FERRO_ID.at ? [at] : [])),
);

/** Read as the largest mode while GETCAPS is set. */
const SIZES: ReadonlySet<number> = new Set([DISPLAY.DISPI_XRES.at, DISPLAY.DISPI_YRES.at]);

export class Display implements VirtualDevice, MmioSilicon {
  readonly kind = 'display';
  readonly registers = DISPLAY;
  readonly spans = [
    { name: 'edid', doc: 'EDID bytes of the monitor, read only', at: 0, length: EDID_WINDOW_BYTES, offset: 0 },
  ];
  readonly faults = DISPLAY_FAULTS;
  readonly controls = DISPLAY_CONTROLS;

  readonly #time: Timeline;
  readonly #random: Random;
  readonly #board = new FaultBoard(DISPLAY_FAULTS);
  readonly #vram: Uint8Array;
  readonly #regs: RegisterFile<typeof DISPLAY>;
  readonly #parts: Parts;
  readonly #button: PanicButton;

  constructor({ clock, seed, vramMib = VRAM_DEFAULT_MIB, monitor = 'fhd60' }: DisplayOptions) {
    if (!Number.isInteger(vramMib) || vramMib < 1 || vramMib > VRAM_MOST_MIB)
      throw new LabError('EINVAL', `video memory of ${vramMib} MiB; it takes 1 to ${VRAM_MOST_MIB}`);
    this.#time = new Timeline(clock);
    this.#random = new Random(seed).fork('bit-rot');
    this.#vram = new Uint8Array(vramMib * 2 ** 20);
    this.#regs = displayRegisters(() => this.#parts);
    const ground = { regs: this.#regs, board: this.#board, time: this.#time, memory: this.#vram };
    const interrupts = new Interrupts(this.#regs, this.#board);
    const connector = new Connector({ ...ground, interrupts, seed, monitor });
    const crtc = new Crtc({ ...ground, interrupts, train: () => connector.train() });
    const rot = new BitRot({ ...ground, random: this.#random, wrote: (at, length) => crtc.picture.wrote(at, length) });
    this.#parts = { crtc, interrupts, connector, rot };
    this.#button = new PanicButton(this.#regs, interrupts);
    this.#regs.poke('VRAM_BYTES', { VALUE: this.#vram.length });
    this.#regs.poke('DISPI_MEM_64K', { VALUE: this.#vram.length / 65_536 });
  }

  // The bus

  read(at: number, width: MmioWidth): number {
    const edid = at < EDID_WINDOW_BYTES ? this.#parts.connector.edid() : null;
    return readWide(at, width, edid, (unit) => this.#readUnit(unit));
  }
  write(at: number, value: number, width: MmioWidth): void {
    if (at < EDID_WINDOW_BYTES) return;
    this.#parts.crtc.noteVblank(); // so that a 1 written to clear it finds it set
    writeWide(this.#regs, at, value, width, (unit, word) => {
      if (this.#regs.write(unit, word) && COMPATIBLE.has(unit)) this.#parts.crtc.showCompatible();
    });
  }
  outcome(at: number, op: 'read' | 'write'): TraceOutcome {
    return outcomeAt(this.#regs, at, op);
  }
  span(name: string): Uint8Array | undefined {
    if (name === VRAM_SPAN) return this.#vram;
    if (name === PANIC_SPAN) return this.#button.memory;
    return name === GAMMA_SPAN ? this.#parts.crtc.latches.gamma : undefined;
  }
  wroteSpan(name: string, offset: number, length: number): void {
    if (name === VRAM_SPAN) this.#parts.crtc.picture.wrote(offset, length);
  }
  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void {
    return this.#parts.interrupts.onChange(listener);
  }

  // The picture

  /** The frame on show, composed as far as it changed. */
  frame(): Frame {
    return this.#parts.crtc.picture.frame();
  }
  /** What it is made of. */
  get scene(): Scene {
    return this.#parts.crtc.picture.scene;
  }
  /** Where it changed since that version; all of it when its size did. */
  damageSince(version: number): DamageSince {
    return this.#parts.crtc.picture.damageSince(version);
  }
  frameCrc(): number {
    const crc = (this.#parts.crtc.picture.crc() ^ (this.#board.params('wrong-crc')?.mask ?? 0)) >>> 0;
    this.#regs.poke('FRAME_CRC', { VALUE: crc });
    return crc;
  }

  // The lab

  get activeFaults(): readonly ActiveFault[] {
    return this.#board.active.map((fault) => ({ ...fault, since: this.#time.labTime(fault.since) }));
  }
  fault(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    switched(this.#board.set(name, params, this.#time.now()), this.#parts);
  }
  clear(name?: string): void {
    for (const each of name === undefined ? this.#board.active.map((fault) => fault.name) : [name])
      if (this.#board.delete(each)) switched(each as DisplayFault, this.#parts); // delete knows the catalogue
  }
  control(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    const settled = settleAction('control', DISPLAY_CONTROLS, name, params);
    switch (name as keyof typeof DISPLAY_CONTROLS) {
      case 'plug':
      case 'unplug':
        this.#parts.connector.plug(name === 'plug');
        break;
      case 'monitor':
        this.#parts.connector.choose(settled.model as MonitorName); // settled among the names
        break;
      case 'load-edid':
        this.#parts.connector.load(bytesOfHex(String(settled.hex)));
        break;
      case 'degrade-link':
        this.#parts.connector.degrade();
        break;
      case 'panic-button':
        this.#button.press(String(settled.text));
        break;
    }
  }
  /** As the control, with bytes. */
  loadEdid(bytes: Uint8Array): void {
    this.#parts.connector.load(bytes);
  }

  peek(at: number): number {
    if (at < EDID_WINDOW_BYTES) return this.#parts.connector.edid()[at] ?? 0;
    return this.#regs.level(at);
  }
  look(at: number): number {
    return this.peek(at);
  }
  poke(at: number, value: number): void {
    if (!this.#regs.has(at)) throw new LabError('ENOENT', `no register of the display is at 0x${at.toString(16)}`);
    this.#regs.pokeRaw(at, value);
    if (COMPATIBLE.has(at)) this.#parts.crtc.showCompatible();
    this.#parts.interrupts.update();
  }

  inspect(): DisplayPanel {
    return panel({
      now: this.#time.now(),
      regs: this.#regs,
      mode: this.#parts.crtc.mode,
      scene: this.#parts.crtc.picture.scene,
      blank: this.#parts.crtc.vblank.last(),
      running: this.#parts.crtc.vblank.running,
      connector: this.#parts.connector,
      asserted: this.#parts.interrupts.asserted,
      vramBytes: this.#vram.length,
    });
  }
  snapshot(): DisplaySnapshot {
    return {
      device: this.kind,
      time: this.#time.snapshot(),
      registers: this.#regs.snapshot(),
      ...this.#parts.crtc.latches.snapshot(),
      vramBytes: this.#vram.length,
      pages: packPages(this.#vram),
      vblank: this.#parts.crtc.vblank.snapshot(),
      acknowledged: this.#parts.crtc.acknowledged,
      connector: this.#parts.connector.snapshot(),
      random: this.#random.state,
      panicText: this.#button.text,
      faults: this.#board.active,
      asserted: this.#parts.interrupts.asserted,
    };
  }
  restore(snapshot: unknown): void {
    const from = parseDisplaySnapshot(snapshot, this.#vram.length);
    this.#board.restore(from.faults);
    this.#regs.restore(from.registers);
    this.#parts.crtc.latches.restore(from);
    unpackPages(this.#vram, from.pages);
    this.#parts.crtc.vblank.restore(from.vblank);
    this.#time.restore(from.time);
    this.#parts.connector.restore(from.connector);
    this.#random.state = from.random;
    this.#button.type(from.panicText);
    this.#parts.crtc.restored(from.acknowledged);
    this.#parts.interrupts.restore(from.asserted);
  }
  retire(): void {
    this.#time.end();
  }

  #readUnit(at: number): number {
    if (at === DISPLAY.VBLANK_COUNT_LO.at) {
      const { count, at: began } = this.#parts.crtc.vblank.last();
      const stamp = this.#time.labTime(began);
      this.#regs.poke('VBLANK_COUNT_HI', { VALUE: Math.floor(count / 2 ** 32) });
      this.#regs.poke('VBLANK_TIME_LO', { VALUE: stamp % 2 ** 32 });
      this.#regs.poke('VBLANK_TIME_HI', { VALUE: Math.floor(stamp / 2 ** 32) });
      return count % 2 ** 32;
    }
    if (at === DISPLAY.FRAME_CRC.at) return this.frameCrc();
    // what is read; what is on show stays
    if (SIZES.has(at) && this.#regs.peek('DISPI_ENABLE').GETCAPS) return DISPLAY_MOST_PIXELS;
    if (at === DISPLAY.INT_STATUS.at) this.#parts.crtc.noteVblank();
    return this.#regs.read(at);
  }
}
