/** Virtual display controller: registers, scanout, vertical blanks, connector, writeback and faults put together. */
import type { Clock } from '#bus/clock.ts';
import type { ActiveFault, VirtualDevice } from '#bus/device.ts';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { LabError } from '#bus/errors.ts';
import type { MmioSilicon, MmioWidth } from '#bus/mmio.ts';
import { Random } from '#bus/random.ts';
import type { TraceOutcome } from '#bus/trace.ts';
import {
  BYTE_ORDER,
  COMPAT_FRAME_NS,
  DISPLAY,
  DISPLAY_INTERRUPT,
  DISPLAY_MOST_PIXELS,
  EDID_WINDOW_BYTES,
  GAMMA_SPAN,
  VRAM_DEFAULT_MIB,
  VRAM_MOST_MIB,
  VRAM_SPAN,
} from '#datasheets/display.ts';
import { DISPLAY_CONTROLS, DISPLAY_FAULTS, type DisplayFault } from '#datasheets/display-catalogue.ts';
import { PLANE_REGISTERS } from '#datasheets/display-planes.ts';
import type { MonitorName } from '#datasheets/monitors.ts';
import { decode } from '#regmap/codec.ts';
import type { Values } from '#regmap/declare.ts';
import { RegisterFile } from '#regmap/file.ts';
import { FaultBoard, settleAction } from '../fault-board.ts';
import { fromBase64, toBase64 } from '../nullb/base64.ts';
import { Timeline } from '../timeline.ts';
import { NO_SCENE, type Scene } from './compositor.ts';
import { bytesOfHex, Connector } from './connector.ts';
import type { DamageSince } from './damage.ts';
import { type GammaTables, gammaTables, identityGamma } from './gamma.ts';
import { panel } from './panel.ts';
import { type Frame, Picture } from './picture.ts';
import { outcomeAt, readWide, writeWide } from './registers.ts';
import { dispiLayer, type Findings, layersOf, type Mode, modeOf } from './scanout.ts';
import { type DisplaySnapshot, packPages, parseDisplaySnapshot, unpackPages } from './snapshot.ts';
import { type Blank, Vblank } from './vblank.ts';
import { writebackOf } from './writeback.ts';

export interface DisplayOptions {
  readonly clock: Clock;
  /** The same seed rots the same bits. */
  readonly seed: number;
  readonly vramMib?: number;
  /** Null: nothing is plugged in. */
  readonly monitor?: MonitorName | null;
}

type Event = keyof typeof DISPLAY.INT_STATUS.fields;

/** Registers a flip takes over. */
const LATCHED = [...Object.values(PLANE_REGISTERS), DISPLAY.CRTC_CTRL, DISPLAY.BACKGROUND_GB, DISPLAY.BACKGROUND_R];
const TIMINGS = [
  DISPLAY.CLOCK_KHZ,
  DISPLAY.H_DISPLAY,
  DISPLAY.H_SYNC_START,
  DISPLAY.H_SYNC_END,
  DISPLAY.H_TOTAL,
  DISPLAY.V_DISPLAY,
  DISPLAY.V_SYNC_START,
  DISPLAY.V_SYNC_END,
  DISPLAY.V_TOTAL,
];
const COMPATIBLE: ReadonlySet<number> = new Set(
  Object.values(DISPLAY).flatMap(({ at }) => (at < DISPLAY.FERRO_ID.at ? [at] : [])),
);

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
  readonly #connector: Connector;
  readonly #vram: Uint8Array;
  readonly #gamma = identityGamma();
  readonly #picture: Picture;
  readonly #vblank: Vblank;
  readonly #listeners = new Set<(line: string, asserted: boolean) => void>();
  readonly #latched = new Map<number, number>();
  readonly #regs: RegisterFile<typeof DISPLAY>;
  #latchedGamma: Uint8Array = this.#gamma.slice();
  #tables: GammaTables | undefined;
  #mode: Mode | undefined;
  #acknowledged = 0;
  #asserted = false;

  constructor({ clock, seed, vramMib = VRAM_DEFAULT_MIB, monitor = 'fhd60' }: DisplayOptions) {
    if (!Number.isInteger(vramMib) || vramMib < 1 || vramMib > VRAM_MOST_MIB)
      throw new LabError('EINVAL', `video memory of ${vramMib} MiB; it takes 1 to ${VRAM_MOST_MIB}`);
    this.#time = new Timeline(clock);
    this.#random = new Random(seed).fork('bit-rot');
    this.#connector = new Connector(this.#board, seed, monitor);
    this.#vram = new Uint8Array(vramMib * 2 ** 20);
    this.#picture = new Picture(this.#vram);
    this.#regs = this.#makeRegisters();
    this.#vblank = new Vblank(
      this.#time,
      () => this.#vblankWanted(),
      (blank) => this.#vblankBegan(blank),
    );
    this.#time.on('late', () => this.#atVblank(this.#vblank.last()));
    this.#time.on('bit-rot', () => this.#rot());
    this.#regs.poke('VRAM_BYTES', { VALUE: this.#vram.length });
    this.#regs.poke('DISPI_MEM_64K', { VALUE: this.#vram.length / 65_536 });
    this.#pokeConnector();
  }

  // The bus

  read(at: number, width: MmioWidth): number {
    const edid = at < EDID_WINDOW_BYTES ? this.#connector.edid() : null;
    return readWide(at, width, edid, (unit) => this.#readUnit(unit));
  }
  write(at: number, value: number, width: MmioWidth): void {
    if (at < EDID_WINDOW_BYTES) return;
    this.#noteVblank(); // so that a 1 written to clear it finds it set
    writeWide(this.#regs, at, value, width, (unit, word) => {
      if (this.#regs.write(unit, word) && COMPATIBLE.has(unit)) this.#showCompatible();
    });
  }
  outcome(at: number, op: 'read' | 'write'): TraceOutcome {
    return outcomeAt(this.#regs, at, op);
  }
  span(name: string): Uint8Array | undefined {
    if (name === VRAM_SPAN) return this.#vram;
    return name === GAMMA_SPAN ? this.#gamma : undefined;
  }
  wroteSpan(name: string, offset: number, length: number): void {
    if (name === VRAM_SPAN) this.#picture.wrote(offset, length);
  }
  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  // The picture

  /** The frame on show, composed as far as it changed. */
  frame(): Frame {
    return this.#picture.frame();
  }
  /** What it is made of. */
  get scene(): Scene {
    return this.#picture.scene;
  }
  /** Where it changed since that version; all of it when its size did. */
  damageSince(version: number): DamageSince {
    return this.#picture.damageSince(version);
  }
  frameCrc(): number {
    const crc = (this.#picture.crc() ^ (this.#board.params('wrong-crc')?.mask ?? 0)) >>> 0;
    this.#regs.poke('FRAME_CRC', { VALUE: crc });
    return crc;
  }

  // The lab

  get activeFaults(): readonly ActiveFault[] {
    return this.#board.active.map((fault) => ({ ...fault, since: this.#time.labTime(fault.since) }));
  }
  fault(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    this.#switched(this.#board.set(name, params, this.#time.now()));
  }
  clear(name?: string): void {
    for (const each of name === undefined ? this.#board.active.map((fault) => fault.name) : [name])
      if (this.#board.delete(each)) this.#switched(each as DisplayFault); // delete knows the catalogue
  }
  control(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    const settled = settleAction('control', DISPLAY_CONTROLS, name, params);
    switch (name as keyof typeof DISPLAY_CONTROLS) {
      case 'plug':
      case 'unplug':
        this.#connector.plug(name === 'plug');
        break;
      case 'monitor':
        this.#connector.choose(settled.model as MonitorName); // settled among the names
        break;
      case 'load-edid':
        this.#connector.load(bytesOfHex(String(settled.hex)));
        break;
      case 'degrade-link':
        this.#connector.degrade();
        break;
      case 'panic-button':
        this.#raise('PANIC_BUTTON');
        return;
    }
    this.#connectorChanged();
  }
  /** As the control, with bytes. */
  loadEdid(bytes: Uint8Array): void {
    this.#connector.load(bytes);
    this.#connectorChanged();
  }

  peek(at: number): number {
    if (at < EDID_WINDOW_BYTES) return this.#connector.edid()[at] ?? 0;
    return this.#regs.level(at);
  }
  look(at: number): number {
    return this.peek(at);
  }
  poke(at: number, value: number): void {
    if (!this.#regs.has(at)) throw new LabError('ENOENT', `no register of the display is at 0x${at.toString(16)}`);
    this.#regs.pokeRaw(at, value);
    if (COMPATIBLE.has(at)) this.#showCompatible();
    this.#updateLine();
  }

  inspect(): DisplayPanel {
    return panel({
      now: this.#time.now(),
      regs: this.#regs,
      mode: this.#mode,
      scene: this.#picture.scene,
      blank: this.#vblank.last(),
      running: this.#vblank.running,
      connector: this.#connector,
      asserted: this.#asserted,
      vramBytes: this.#vram.length,
    });
  }
  snapshot(): DisplaySnapshot {
    return {
      device: this.kind,
      time: this.#time.snapshot(),
      registers: this.#regs.snapshot(),
      latched: [...this.#latched],
      gamma: toBase64(this.#gamma),
      latchedGamma: toBase64(this.#latchedGamma),
      vramBytes: this.#vram.length,
      pages: packPages(this.#vram),
      vblank: this.#vblank.snapshot(),
      acknowledged: this.#acknowledged,
      connector: this.#connector.snapshot(),
      random: this.#random.state,
      faults: this.#board.active,
      asserted: this.#asserted,
    };
  }
  restore(snapshot: unknown): void {
    const from = parseDisplaySnapshot(snapshot, this.#vram.length);
    this.#board.restore(from.faults);
    this.#regs.restore(from.registers);
    this.#latched.clear();
    for (const [at, level] of from.latched) this.#latched.set(at, level);
    this.#gamma.set(fromBase64(from.gamma));
    this.#latchedGamma = fromBase64(from.latchedGamma);
    this.#tables = undefined;
    unpackPages(this.#vram, from.pages);
    this.#vblank.restore(from.vblank);
    this.#time.restore(from.time);
    this.#acknowledged = from.acknowledged;
    this.#connector.restore(from.connector);
    this.#random.state = from.random;
    const { ENABLE, INTERLACE } = decode(DISPLAY.CRTC_CTRL, this.#latched.get(DISPLAY.CRTC_CTRL.at) ?? 0);
    this.#mode = ENABLE ? modeOf((at) => this.#latched.get(at) ?? 0, INTERLACE) : undefined;
    this.#picture.show(NO_SCENE);
    this.#show();
    this.#asserted = from.asserted;
    for (const listener of [...this.#listeners]) listener(DISPLAY_INTERRUPT, this.#asserted);
  }
  retire(): void {
    this.#time.end();
  }

  // Registers

  #makeRegisters(): RegisterFile<typeof DISPLAY> {
    const most = (stored: number): number => (this.#regs.peek('DISPI_ENABLE').GETCAPS ? DISPLAY_MOST_PIXELS : stored);
    return new RegisterFile(DISPLAY, {
      DISPI_XRES: { live: most },
      DISPI_YRES: { live: most },
      DISPI_ENABLE: { written: (now, old) => now.ENABLED && !old.ENABLED && !now.NOCLEARMEM && this.#clearScreen() },
      QEXT_BYTE_ORDER: {
        written: ({ VALUE }, old) => {
          if (!Object.values<number>(BYTE_ORDER).includes(VALUE)) this.#regs.poke('QEXT_BYTE_ORDER', old);
        },
      },
      INT_STATUS: { written: () => this.#updateLine() },
      INT_ENABLE: {
        written: () => {
          this.#vblank.update();
          this.#updateLine();
        },
      },
      CRTC_CTRL: { written: (now, old) => this.#modeSet(now, old) },
      FLIP: { written: ({ GO, NOW }) => (GO || NOW) && this.#flip(NOW) },
      LINK_TRAIN: { written: ({ GO }) => GO && this.#train() },
      WB_CTRL: { written: ({ GO }) => GO && this.#askWriteback() },
      VBLANK_COUNT_LO: { live: () => this.#vblank.last().count % 2 ** 32 },
    });
  }

  #readUnit(at: number): number {
    if (at === DISPLAY.VBLANK_COUNT_LO.at) {
      const { count, at: began } = this.#vblank.last();
      const stamp = this.#time.labTime(began);
      this.#regs.poke('VBLANK_COUNT_HI', { VALUE: Math.floor(count / 2 ** 32) });
      this.#regs.poke('VBLANK_TIME_LO', { VALUE: stamp % 2 ** 32 });
      this.#regs.poke('VBLANK_TIME_HI', { VALUE: Math.floor(stamp / 2 ** 32) });
      return count % 2 ** 32;
    }
    if (at === DISPLAY.FRAME_CRC.at) return this.frameCrc();
    if (at === DISPLAY.INT_STATUS.at) this.#noteVblank();
    return this.#regs.read(at);
  }

  // Scanout

  #modeSet(now: Values<typeof DISPLAY.CRTC_CTRL>, old: Values<typeof DISPLAY.CRTC_CTRL>): void {
    if (!now.ENABLE) {
      if (old.ENABLE) this.#switchOff();
      return;
    }
    const mode = modeOf((at) => this.#regs.level(at), now.INTERLACE);
    if (mode === undefined) {
      this.#found({ BAD_MODE: true });
      this.#regs.poke('CRTC_CTRL', { ENABLE: this.#mode !== undefined });
      return;
    }
    const { frameNs, width, height } = this.#mode ?? { frameNs: 0, width: 0, height: 0 };
    const same = frameNs === mode.frameNs && width === mode.width && height === mode.height;
    if (same && now.VRR === old.VRR) return; // the gamma switch goes with the next flip
    this.#mode = mode;
    for (const { at } of TIMINGS) this.#latched.set(at, this.#regs.level(at));
    if (this.#connector.train()) this.#connectorChanged();
    this.#run(this.#slowestNs());
    this.#latch();
  }

  #switchOff(): void {
    this.#mode = undefined;
    this.#latch();
    this.#showCompatible();
    if (this.#regs.peek('WB_STATUS').BUSY) this.#writeBack();
  }

  /** Vertical blanks every so often; 0: none. A stuck one stays where it is. */
  #run(frameNs: number): void {
    this.#regs.poke('FRAME_NS', { VALUE: frameNs });
    if (frameNs === 0 || this.#board.has('vblank-stuck')) this.#vblank.stop();
    else this.#vblank.start(frameNs);
  }

  /** With a variable rate, what a frame lasts when nobody flips. */
  #slowestNs(): number {
    const frameNs = this.#mode?.frameNs ?? 0;
    const { MIN_HZ } = this.#regs.peek('VRR_RANGE');
    const vrr = this.#regs.peek('CRTC_CTRL').VRR && MIN_HZ > 0;
    return vrr ? Math.max(frameNs, Math.floor(1e9 / MIN_HZ)) : frameNs;
  }

  #showCompatible(): void {
    if (this.#mode !== undefined) return;
    const layer = dispiLayer((at) => this.#regs.level(at));
    const frameNs = layer === undefined ? 0 : COMPAT_FRAME_NS;
    if (this.#regs.peek('FRAME_NS').VALUE !== frameNs) this.#run(frameNs);
    this.#show();
  }

  #clearScreen(): void {
    const layer = dispiLayer((at) => this.#regs.level(at));
    if (layer === undefined) return;
    const length = Math.min(this.#vram.length, layer.source.height * layer.pitches[0]!);
    this.#vram.fill(0, 0, length);
    this.#picture.wrote(0, length);
  }

  #flip(now: boolean): void {
    this.#regs.poke('FLIP', { GO: false, NOW: false });
    if (now || this.#mode === undefined) {
      this.#flipped();
      return;
    }
    if (this.#regs.peek('FLIP_STATUS').PENDING) this.#found({ FLIP_BUSY: true });
    this.#regs.poke('FLIP_STATUS', { PENDING: true });
    const { MAX_HZ } = this.#regs.peek('VRR_RANGE');
    this.#vblank.update();
    if (this.#regs.peek('CRTC_CTRL').VRR && !this.#board.has('flip-never'))
      this.#vblank.hasten(Math.max(this.#mode.frameNs, MAX_HZ === 0 ? 0 : Math.ceil(1e9 / MAX_HZ)));
  }

  #flipped(): void {
    this.#latch();
    this.#regs.poke('FLIP_STATUS', { PENDING: false });
    this.#regs.poke('FLIP_COUNT', { VALUE: this.#vblank.last().count % 2 ** 32 });
    if (!this.#board.has('flip-silent')) this.#raise('FLIP_DONE');
    this.#vblank.update();
  }

  /** Takes over what the registers say. */
  #latch(): void {
    for (const { at } of LATCHED) this.#latched.set(at, this.#regs.level(at));
    if (this.#gamma.some((byte, i) => byte !== this.#latchedGamma[i])) {
      this.#latchedGamma = this.#gamma.slice();
      this.#tables = undefined;
    }
    this.#show();
  }

  #show(): void {
    const scene = this.#mode === undefined ? this.#dispiScene() : this.#ferroScene(this.#mode);
    this.#picture.show(scene);
  }

  #ferroScene({ width, height }: Mode): Scene {
    const levels = (at: number): number => this.#latched.get(at) ?? 0;
    const { layers, findings } = layersOf(levels, this.#vram.length);
    this.#found(findings);
    const { GREEN, BLUE } = decode(DISPLAY.BACKGROUND_GB, levels(DISPLAY.BACKGROUND_GB.at));
    const { RED } = decode(DISPLAY.BACKGROUND_R, levels(DISPLAY.BACKGROUND_R.at));
    const { GAMMA } = decode(DISPLAY.CRTC_CTRL, levels(DISPLAY.CRTC_CTRL.at));
    const gamma = GAMMA ? this.#gammaTables() : null;
    return { width, height, layers, background: [RED, GREEN, BLUE], gamma, starvedFrom: this.#starvedFrom(height) };
  }

  #dispiScene(): Scene {
    const layer = dispiLayer((at) => this.#regs.level(at));
    if (layer === undefined) return NO_SCENE;
    const { width, height } = layer.target;
    const end = layer.bases[0]! + height * layer.pitches[0]!;
    if (end > this.#vram.length) this.#found({ BASE_BEYOND_VRAM: true });
    return { ...NO_SCENE, width, height, layers: [layer], starvedFrom: this.#starvedFrom(height) };
  }

  #gammaTables(): GammaTables {
    this.#tables ??= gammaTables(this.#latchedGamma);
    return this.#tables;
  }

  #starvedFrom(height: number): number {
    const underrun = this.#board.params('underrun');
    return underrun === undefined ? Number.POSITIVE_INFINITY : Math.floor((height * underrun.percent) / 100);
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
    if (late !== undefined && every(late.every)) this.#time.set('late', late.us * 1000);
    else this.#atVblank(blank);
  }

  #atVblank({ count }: Blank): void {
    this.#acknowledged = count;
    this.#raise('VBLANK');
    if (this.#regs.peek('FLIP_STATUS').PENDING && !this.#board.has('flip-never')) this.#flipped();
    if (this.#regs.peek('WB_STATUS').BUSY) this.#writeBack();
    if (this.#board.has('underrun')) this.#raise('UNDERRUN');
  }

  /** While no interrupt asks for it, status is set when somebody looks. */
  #noteVblank(): void {
    const { count } = this.#vblank.last();
    if (count === this.#acknowledged || this.#regs.peek('INT_ENABLE').VBLANK) return;
    this.#acknowledged = count;
    this.#regs.poke('INT_STATUS', { VBLANK: true });
  }

  // Writeback

  #askWriteback(): void {
    this.#regs.poke('WB_CTRL', { GO: false });
    this.#regs.poke('WB_STATUS', { BUSY: true });
    if (this.#vblank.running) this.#vblank.update();
    else if (!this.#board.has('vblank-stuck')) this.#writeBack();
  }

  #writeBack(): void {
    const { width, height } = this.#picture.scene;
    const target = writebackOf(this.#regs, width, height, this.#vram.length);
    const fails = target === undefined || this.#board.has('writeback-fails');
    if (target === undefined) this.#found({ BAD_WRITEBACK: true });
    else if (!fails) this.#picture.writeBack(target.format, target.base, target.pitch);
    this.#regs.poke('WB_STATUS', { BUSY: false, FAILED: fails });
    this.#raise('WRITEBACK_DONE');
    this.#vblank.update();
  }

  // Connector, interrupts, faults

  #train(): void {
    this.#regs.poke('LINK_TRAIN', { GO: false });
    if (this.#connector.train()) this.#connectorChanged();
  }

  #connectorChanged(): void {
    this.#pokeConnector();
    this.#raise('HOTPLUG');
  }

  #pokeConnector(): void {
    const { connected, linkBad } = this.#connector;
    this.#regs.poke('CONNECTOR', {
      CONNECTED: connected,
      LINK_BAD: linkBad,
      EDID_BYTES: this.#connector.edid().length,
    });
  }

  #found(findings: Findings): void {
    this.#regs.poke('FINDING', findings);
  }

  #raise(event: Event): void {
    this.#regs.poke('INT_STATUS', { [event]: true });
    this.#updateLine();
  }

  #updateLine(): void {
    const pending = this.#regs.level(DISPLAY.INT_STATUS.at) & this.#regs.level(DISPLAY.INT_ENABLE.at);
    const asserted = pending !== 0 || this.#board.has('interrupt-stuck');
    if (asserted === this.#asserted) return;
    this.#asserted = asserted;
    for (const listener of [...this.#listeners]) listener(DISPLAY_INTERRUPT, asserted);
  }

  #switched(name: DisplayFault): void {
    switch (name) {
      case 'unplugged':
      case 'edid-checksum':
      case 'edid-short':
      case 'edid-garbage':
      case 'edid-absent':
      case 'link-bad':
        this.#connectorChanged();
        break;
      case 'vblank-stuck':
        this.#run(this.#regs.peek('FRAME_NS').VALUE);
        break;
      case 'flip-never':
        this.#vblank.update();
        break;
      case 'underrun':
        this.#vblank.update();
        this.#show();
        break;
      case 'bit-rot':
        this.#armRot();
        break;
      case 'interrupt-stuck':
        this.#updateLine();
        break;
    }
  }

  #armRot(): void {
    const rot = this.#board.params('bit-rot');
    if (rot === undefined) this.#time.cancel('bit-rot');
    else this.#time.set('bit-rot', rot.ms * 1e6);
  }

  #rot(): void {
    for (let left = this.#board.params('bit-rot')?.bits ?? 0; left > 0; left--) {
      const at = this.#random.below(this.#vram.length);
      this.#vram[at]! ^= 1 << this.#random.below(8);
      this.#picture.wrote(at, 1);
    }
    this.#armRot();
  }
}
