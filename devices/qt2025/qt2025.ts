/** Virtual QT2025: a 10G PHY put together from registers, memories, signal path, module cage and 8051. */
import type { PhyPanel } from '#bus/api.ts';
import type { Clock } from '#bus/clock.ts';
import type { ActiveFault, VirtualDevice } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { MdioSilicon } from '#bus/mdio.ts';
import type { TraceOutcome } from '#bus/trace.ts';
import { Mmd, printC45 } from '#datasheets/c45.ts';
import { QT2025, QT2025_ALL, QT2025_KEPT, QT2025_REVISION, QT2025_SPANS } from '#datasheets/qt2025.ts';
import { type ModuleKind, QT2025_CONTROLS, QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import { decode } from '#regmap/codec.ts';
import { RegisterFile } from '#regmap/file.ts';
import { FaultBoard, settleAction } from '../fault-board.ts';
import { Timeline } from '../timeline.ts';
import { Boot, wantsRom } from './boot.ts';
import { Cage, type PluggedModule } from './cage.ts';
import { Conditions } from './conditions.ts';
import { ErrorCounters } from './errors.ts';
import { LinkRegisters } from './link-registers.ts';
import { Memory } from './memory.ts';
import type { Micro, MicroBus } from './micro.ts';
import { StateMicro } from './micro-states.ts';
import { panel } from './panel.ts';
import { type PathState, pathState } from './path.ts';
import { type ResetEffects, Resets } from './resets.ts';
import { parseSnapshot, type Qt2025Snapshot } from './snapshot.ts';

export interface Qt2025Options {
  readonly clock: Clock;
  /** The same seed gives the same diagnostics and the same bit errors. */
  readonly seed: number;
  readonly prtad?: number;
  /** Null: the cage is empty. */
  readonly module?: ModuleKind | null;
  /** Of a direct attach cable. */
  readonly lengthM?: number;
  /** Power the far end sends. */
  readonly lightDbm?: number;
  readonly revision?: number;
  /** A firmware image in the board's EEPROM: the boot ROM loads and starts it at power-on. */
  readonly bootEeprom?: Uint8Array;
}

type Writer = 'host' | 'micro';

export class Qt2025 implements VirtualDevice, MdioSilicon {
  readonly kind = 'qt2025';
  readonly registers = QT2025_ALL;
  readonly spans = QT2025_SPANS;
  readonly faults = QT2025_FAULTS;
  readonly controls = QT2025_CONTROLS;
  readonly prtad: number;

  readonly #time: Timeline;
  readonly #clock: Clock;
  readonly #memory = new Memory();
  readonly #faults = new FaultBoard(QT2025_FAULTS);
  readonly #regs: RegisterFile<typeof QT2025>;
  readonly #links: LinkRegisters;
  readonly #errors: ErrorCounters;
  readonly #cage: Cage;
  readonly #micro: Micro;
  readonly #boot: Boot;
  readonly #conditions: Conditions;
  readonly #resets: Resets;
  readonly #listeners = new Set<(line: string, asserted: boolean) => void>();
  #path: PathState;
  #lasi = false;
  #settling = false;
  #unsettled = false;

  constructor(options: Qt2025Options) {
    const { clock, seed, prtad = 1, module = 'sr', lengthM = 3, lightDbm = -3, revision = QT2025_REVISION } = options;
    if (!Number.isInteger(prtad) || prtad < 0 || prtad > 31)
      throw new LabError('EINVAL', `prtad is ${prtad}, it takes a whole number from 0 to 31`);
    this.prtad = prtad;
    this.#clock = clock;
    this.#time = new Timeline(clock);
    this.#errors = new ErrorCounters(seed, () => this.#time.now());
    this.#regs = new RegisterFile(QT2025, {
      PMA_STAT1: { live: (stored) => this.#faultBit(stored, QT2025.PMA_STAT2.at) },
      WIS_STAT1: { live: (stored) => this.#faultBit(stored, QT2025.WIS_STAT2.at) },
      PCS_STAT1: { live: (stored) => this.#faultBit(stored, QT2025.PCS_STAT2.at) },
      PHYXS_STAT1: { live: (stored) => this.#faultBit(stored, QT2025.PHYXS_STAT2.at) },
      BASER_STAT2: { live: (stored) => this.#errors.add(stored) },
      LASI_STAT: { live: (stored) => this.#links.lasiStatus(stored) },
    });
    this.#links = new LinkRegisters(this.#regs);
    this.#conditions = new Conditions(this.#regs, this.#faults, { module: plug(module, lengthM), lightDbm });
    this.#cage = new Cage(
      this.#time,
      seed,
      () => this.#conditions.atCage(this.#path),
      () => this.#settle(),
    );
    this.#path = pathState(this.#conditions.path(this.#cage));
    this.#micro = new StateMicro(this.#time, { bus: this.#microBus(), cured: () => this.clear('status-stuck') });
    this.#boot = new Boot(this.#time, this.#regs, this.#micro, this.#memory.sram, options.bootEeprom);
    this.#resets = new Resets(this.#time, this.#regs, this.#faults, revision & 0xff, this.#resetEffects());
    this.#powerOn();
  }

  answers(prtad: number, devad: number): boolean {
    return prtad === this.prtad && devad >= Mmd.PMAPMD && devad <= Mmd.PHYXS && !this.#faults.has('absent');
  }

  read(at: number): number {
    if (!this.#regs.has(at)) return this.#byteAt(at);
    const value = this.#regs.read(at);
    if (LASI_REGISTERS.has(at)) this.#updatePin();
    return value;
  }

  write(at: number, value: number): void {
    if (this.#regs.has(at)) {
      this.#change(at, 'host', () => void this.#regs.write(at, value));
      return;
    }
    const cell = this.#memory.cell(at);
    if (cell === undefined || cell.kind === 'dom') return;
    if (cell.kind === 'xdata') this.#micro.sync();
    cell.bytes[cell.index] = value;
    if (cell.kind === 'sram') this.#boot.wroteSram();
    else this.#micro.wroteXdata(cell.index);
  }

  outcome(at: number, op: 'read' | 'write'): TraceOutcome {
    if (this.#regs.has(at)) {
      if (op === 'read') return 'ok';
      return QT2025_KEPT.has(at) ? 'kept' : this.#regs.writable(at) ? 'ok' : 'ignored';
    }
    const cell = this.#memory.cell(at);
    if (cell === undefined) return 'unmodelled';
    return op === 'write' && cell.kind === 'dom' ? 'ignored' : 'ok';
  }

  peek(at: number): number {
    return this.#regs.has(at) ? this.#regs.level(at) : this.#byteAt(at);
  }

  look(at: number): number {
    return this.#regs.has(at) ? this.#regs.look(at) : this.#byteAt(at);
  }

  poke(at: number, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff)
      throw new LabError('EINVAL', `${printC45(at)} is poked with ${value}, it takes 0 to FFFFh`);
    if (this.#regs.has(at)) {
      this.#change(at, 'host', () => void this.#regs.pokeRaw(at, value));
      return;
    }
    const cell = this.#memory.cell(at);
    if (cell === undefined) throw new LabError('ENOENT', `nothing is at ${printC45(at)} of a QT2025`);
    this.#micro.sync();
    cell.bytes[cell.index] = value;
    if (cell.kind === 'xdata') this.#micro.wroteXdata(cell.index);
  }

  get activeFaults(): readonly ActiveFault[] {
    return this.#faults.active;
  }

  fault(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    this.#react(this.#faults.set(name, params, this.#clock.now()));
  }

  clear(name?: string): void {
    for (const each of name === undefined ? this.#faults.active.map((fault) => fault.name) : [name])
      if (this.#faults.delete(each)) this.#react(each);
  }

  control(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    const settled = settleAction('control', QT2025_CONTROLS, name, params);
    if (name === 'power-cycle') this.#powerOn();
    else if (name === 'light') this.#conditions.lightDbm = Number(settled.dbm);
    else {
      this.#conditions.module = name === 'remove' ? null : plug(settled.kind as ModuleKind, Number(settled.length_m));
      this.#cage.want(this.#conditions.wanted());
    }
    this.#settle();
  }

  inspect(): PhyPanel {
    this.#micro.sync();
    return panel({
      prtad: this.prtad,
      regs: this.#regs,
      xdata: this.#memory.xdata,
      cage: this.#cage,
      path: this.#path,
      micro: this.#micro,
      boot: this.#boot,
      rxDbm: this.#conditions.rxDbm,
      macUp: this.#conditions.macUp,
      lasi: this.#lasi,
    });
  }

  snapshot(): Qt2025Snapshot {
    return {
      device: this.kind,
      micro: this.#micro.snapshot(),
      time: this.#time.snapshot(),
      registers: this.#regs.snapshot(),
      memory: this.#memory.snapshot(),
      links: this.#links.snapshot(),
      errors: this.#errors.snapshot(),
      cage: this.#cage.snapshot(),
      boot: this.#boot.snapshot(),
      conditions: this.#conditions.snapshot(),
      faults: this.#faults.active.map((fault) => ({ ...fault, since: fault.since - this.#time.labTime(0) })),
      lasi: this.#lasi,
    };
  }

  restore(snapshot: unknown): void {
    const from = parseSnapshot(snapshot);
    this.#time.restore(from.time);
    this.#regs.restore(from.registers);
    this.#memory.restore(from.memory);
    this.#links.restore(from.links);
    this.#errors.restore(from.errors);
    this.#cage.restore(from.cage);
    this.#boot.restore(from.boot);
    this.#conditions.restore(from.conditions);
    this.#faults.restore(from.faults.map((fault) => ({ ...fault, since: fault.since + this.#time.labTime(0) })));
    this.#path = pathState(this.#conditions.path(this.#cage));
    this.#micro.restore(from.micro);
    this.#lasi = from.lasi;
  }

  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #powerOn(): void {
    this.#time.cancelAll();
    this.#micro.powerOff();
    this.#memory.clear();
    this.#resets.powerOn();
    this.#conditions.powerOn();
    this.#cage.powerUp(this.#conditions.wanted());
    this.#boot.powerOn();
    this.#settle();
  }

  #byteAt(at: number): number {
    const cell = this.#memory.cell(at);
    if (cell === undefined) return 0;
    if (cell.kind === 'xdata') this.#micro.sync();
    return cell.bytes[cell.index] ?? 0;
  }

  /** A register changes by a write or a poke; whatever hangs on it follows. */
  #change(at: number, writer: Writer, change: () => void): void {
    const old = this.#regs.level(at);
    change();
    const now = this.#regs.level(at);
    this.#follow(at, now, old, writer);
    if (!QT2025_KEPT.has(at)) this.#settle();
  }

  #follow(at: number, now: number, old: number, writer: Writer): void {
    this.#reactions.get(at)?.(now, old, writer);
    this.#resets.wrote(at, now, old);
  }

  /** Registers with an effect of their own; all the others only bear on the path. */
  readonly #reactions: ReadonlyMap<number, (now: number, old: number, writer: Writer) => void> = new Map([
    [
      QT2025.MICRO_RESETN.at,
      (now, old) => {
        const released = (raw: number) => decode(QT2025.MICRO_RESETN, raw).RELEASE;
        this.#boot.resetLine(released(now), released(old));
      },
    ],
    [
      QT2025.MICRO_BOOT.at,
      (now, old) => {
        const rom = (raw: number) => wantsRom(decode(QT2025.MICRO_BOOT, raw).FROM);
        this.#boot.source(rom(now), rom(old));
      },
    ],
    [
      // The public firmware sets this bit although light is expected: only the host's hand darkens the laser.
      QT2025.PMA_TXDIS.at,
      (now, _old, writer) => {
        if (writer === 'host') this.#conditions.hostTxDisable = decode(QT2025.PMA_TXDIS, now).GLOBAL;
      },
    ],
    [
      QT2025.PMA_CTRL1.at,
      (now, old) => {
        if (this.#conditions.loopbackPulsed(now, old, this.#time.now())) this.clear('pcs-stuck');
      },
    ],
  ] satisfies [number, (now: number, old: number, writer: Writer) => void][]);

  /** A fault went on, off, or got other parameters. */
  #react(name: string): void {
    const on = this.#faults.has(name as keyof typeof QT2025_FAULTS);
    switch (name) {
      case 'module-out':
      case 'module-unknown':
        this.#cage.want(this.#conditions.wanted());
        break;
      case 'wrong-revision':
      case 'wrong-id':
        this.#resets.identify();
        break;
      case 'heartbeat-stuck':
        this.#micro.freeze(on);
        break;
      case 'status-stuck':
        this.#micro.jam(on);
        break;
      case 'slow-boot':
        this.#micro.slow(this.#faults.params('slow-boot')?.factor ?? 1);
        break;
      case 'reset-stuck':
        if (!on) this.#resets.unstick();
    }
    this.#settle();
  }

  /** Recomputes the path and drives what hangs on it. The 8051 may answer at once: then once more. */
  #settle(): void {
    this.#unsettled = true;
    if (this.#settling || this.#boot === undefined) return;
    this.#settling = true;
    try {
      while (this.#unsettled) {
        this.#unsettled = false;
        this.#path = pathState(this.#conditions.path(this.#cage));
        this.#errors.rates(this.#path, () => void this.#regs.peek('BASER_STAT2'));
        this.#links.drive(this.#path, this.#conditions.alarms(this.#cage, this.#path));
        this.#micro.changed();
      }
    } finally {
      this.#settling = false;
    }
    this.#updatePin();
  }

  #updatePin(): void {
    const { lasi } = this.#links;
    if (lasi === this.#lasi) return;
    this.#lasi = lasi;
    for (const listener of [...this.#listeners]) listener('lasi', lasi);
  }

  /** x.1 bit 7 has no latch of its own: it repeats the latched faults of x.8. Source: IEEE 802.3, 45.2.1.2.3. */
  #faultBit(stored: number, status2: number): number {
    return (stored & ~0x80) | ((this.#regs.look(status2) & 0x0c00) !== 0 ? 0x80 : 0);
  }

  #resetEffects(): ResetEffects {
    return {
      begins: () => {
        this.#conditions.noteRestart(this.#boot.from === 'sram');
        this.#conditions.hostTxDisable = false;
        this.#micro.stop();
      },
      ends: () => this.#boot.restart(this.#conditions.restart.reload, this.#conditions.restart.fromSram),
      cleared: () => this.#links.forget(),
      changed: () => this.#settle(),
    };
  }

  #microBus(): MicroBus {
    return {
      sram: this.#memory.sram,
      xdata: this.#memory.xdata,
      // The gateway's reads leave latches to the host: no alarm is eaten by the firmware. Our choice.
      readRegister: (at) => this.look(at),
      writeRegister: (at, value) => {
        const cell = this.#memory.cell(at);
        if (this.#regs.has(at)) this.#change(at, 'micro', () => void this.#regs.write(at, value));
        else if (cell?.kind === 'dom') cell.bytes[cell.index] = value;
      },
      receiver: () =>
        this.#conditions.receiver(this.#unsettled ? pathState(this.#conditions.path(this.#cage)) : this.#path),
      readModule: (bus, address) => this.#cage.read(bus, address),
    };
  }
}

const LASI_REGISTERS: ReadonlySet<number> = new Set([
  QT2025.RX_ALARM_STAT.at,
  QT2025.TX_ALARM_STAT.at,
  QT2025.LASI_STAT.at,
]);

const plug = (kind: ModuleKind | null, lengthM: number): PluggedModule | null =>
  kind === null ? null : { kind, lengthM };
