/** Virtual QT2025: a 10G PHY put together from registers, memories, signal path, module cage and 8051. */
import type { PhyPanel } from '#bus/api.ts';
import type { Clock } from '#bus/clock.ts';
import type { ActiveFault, OwnAccess, VirtualDevice } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { MdioSilicon } from '#bus/mdio.ts';
import type { TraceOutcome } from '#bus/trace.ts';
import { Mmd, printC45 } from '#datasheets/c45.ts';
import { QT2025, QT2025_ALL, QT2025_KEPT, QT2025_REVISION, QT2025_SPANS } from '#datasheets/qt2025.ts';
import { type ModuleKind, QT2025_CONTROLS, QT2025_FAULTS, type Qt2025Fault } from '#datasheets/qt2025-catalogue.ts';
import { RegisterFile } from '#regmap/file.ts';
import { FaultBoard, settleAction } from '../fault-board.ts';
import { Timeline } from '../timeline.ts';
import { AddressMap } from './address-map.ts';
import { Boot } from './boot.ts';
import { BootEeprom } from './boot-eeprom.ts';
import { Cage, type PluggedModule } from './cage.ts';
import { Conditions } from './conditions.ts';
import { ErrorCounters } from './errors.ts';
import { GatewayLog } from './gateway-log.ts';
import { LasiPin } from './lasi-pin.ts';
import { LinkRegisters } from './link-registers.ts';
import { Memory } from './memory.ts';
import { MISSTEPS } from './micro/cpu.ts';
import { Micro8051 } from './micro/micro-8051.ts';
import { microBus } from './micro-bus.ts';
import { panel } from './panel.ts';
import { ProgramMemory } from './program-memory.ts';
import {
  type FaultReaction,
  faultReactions,
  type RegisterReaction,
  registerReactions,
  type Writer,
} from './reactions.ts';
import { type ResetEffects, Resets } from './resets.ts';
import { SignalPath } from './signal-path.ts';
import { applySnapshot, parseSnapshot, type Qt2025Snapshot, type SnapshotParts, takeSnapshot } from './snapshot.ts';

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
  readonly #program = new ProgramMemory(this.#memory.sram, this.#faults);
  readonly #regs: RegisterFile<typeof QT2025>;
  readonly #map: AddressMap;
  readonly #links: LinkRegisters;
  readonly #errors: ErrorCounters;
  readonly #cage: Cage;
  /** The core, for whoever looks inside. */
  readonly micro: Micro8051;
  readonly #log: GatewayLog;
  readonly #boot: Boot;
  readonly #conditions: Conditions;
  readonly #resets: Resets;
  readonly #registerReactions: ReadonlyMap<number, RegisterReaction>;
  readonly #faultReactions: Readonly<Partial<Record<Qt2025Fault, FaultReaction>>>;
  readonly #pin = new LasiPin();
  readonly #path: SignalPath;
  /** Everything that keeps something. */
  readonly #kept: SnapshotParts;

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
    this.#map = new AddressMap(this.#regs, this.#memory);
    this.#links = new LinkRegisters(this.#regs);
    this.#conditions = new Conditions(this.#regs, this.#faults, { module: plug(module, lengthM), lightDbm });
    this.#cage = new Cage(
      this.#time,
      seed,
      () => this.#conditions.atCage(this.#path.state),
      () => this.#path.settle(),
    );
    this.#path = new SignalPath({
      regs: this.#regs,
      conditions: this.#conditions,
      cage: this.#cage,
      errors: this.#errors,
      links: this.#links,
      pin: this.#pin,
      followed: () => {
        this.micro.slow(this.#conditions.microDivider);
        this.micro.changed();
      },
    });
    const eeprom =
      options.bootEeprom === undefined ? undefined : new BootEeprom(options.bootEeprom, () => this.#time.now());
    const { bus, module: wires } = microBus({
      regs: this.#regs,
      memory: this.#memory,
      cage: this.#cage,
      faults: this.#faults,
      eeprom,
      look: (at) => this.#map.look(at),
      change: (at, change) => this.#change(at, 'micro', change),
      receiver: () => this.#conditions.receiver(this.#path.latest),
      saves: () => this.#conditions.saves,
    });
    this.#log = new GatewayLog({
      now: () => this.#time.labTime(this.#time.now()),
      level: (at) => this.#map.level(at),
      outcome: ({ op, at }) => (this.#memory.cell(at)?.kind === 'dom' ? 'ok' : this.outcome(at, op)),
    });
    this.micro = new Micro8051(this.#time, clock, {
      bus,
      cured: () => this.clear('status-stuck'),
      accessed: (access) => this.#log.access(access),
      missed: ({ kind, pc }) => this.#log.note(`${MISSTEPS[kind]}, at ${hexWord(pc)}h`),
    });
    this.#time.beforeEach((name) => {
      if (name !== 'micro') this.micro.sync();
    });
    this.#boot = new Boot({
      time: this.#time,
      regs: this.#regs,
      micro: this.micro,
      program: this.#program,
      eeprom,
      onBus: (byte, address) =>
        byte & (this.#faults.has('eeprom-clash') ? (this.#cage.read(0xa0, address) ?? 0xff) : 0xff),
      busStuck: () => this.#faults.has('i2c-hung'),
    });
    this.#resets = new Resets(this.#time, this.#regs, this.#faults, revision & 0xff, this.#resetEffects());
    const parts = {
      boot: this.#boot,
      cage: this.#cage,
      conditions: this.#conditions,
      micro: this.micro,
      program: this.#program,
      resets: this.#resets,
      now: () => this.#time.now(),
      clear: (fault: Qt2025Fault) => this.clear(fault),
    };
    this.#registerReactions = registerReactions(parts);
    this.#faultReactions = faultReactions(parts);
    this.#kept = {
      time: this.#time,
      regs: this.#regs,
      memory: this.#memory,
      links: this.#links,
      errors: this.#errors,
      cage: this.#cage,
      boot: this.#boot,
      conditions: this.#conditions,
      faults: this.#faults,
      path: this.#path,
      program: this.#program,
      micro: this.micro,
      pin: this.#pin,
      module: wires,
      log: this.#log,
    };
    this.#powerOn();
  }

  answers(prtad: number, devad: number): boolean {
    return prtad === this.prtad && devad >= Mmd.PMAPMD && devad <= Mmd.PHYXS && !this.#faults.has('absent');
  }

  read(at: number): number {
    this.micro.sync();
    if (!this.#regs.has(at)) return this.#map.byte(at);
    const value = this.#regs.read(at);
    if (LASI_REGISTERS.has(at)) this.#path.updatePin();
    return value;
  }

  write(at: number, value: number): void {
    this.micro.sync();
    this.#store(this.#program.landing(at), value);
  }

  outcome(at: number, op: 'read' | 'write'): TraceOutcome {
    return this.#map.outcome(at, op);
  }

  peek(at: number): number {
    this.micro.sync();
    return this.#map.level(at);
  }

  look(at: number): number {
    this.micro.sync();
    return this.#map.look(at);
  }

  poke(at: number, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff)
      throw new LabError('EINVAL', `${printC45(at)} is poked with ${value}, it takes 0 to FFFFh`);
    this.micro.sync();
    const cell = this.#memory.cell(at);
    if (this.#regs.has(at)) this.#change(at, 'host', () => void this.#regs.pokeRaw(at, value));
    else if (cell !== undefined) cell.bytes[cell.index] = value;
    else throw new LabError('ENOENT', `nothing is at ${printC45(at)} of a QT2025`);
  }

  get activeFaults(): readonly ActiveFault[] {
    return this.#faults.active;
  }

  fault(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    this.micro.sync();
    this.#react(this.#faults.set(name, params, this.#clock.now()));
  }

  clear(name?: string): void {
    this.micro.sync();
    for (const each of name === undefined ? this.#faults.active.map((fault) => fault.name) : [name])
      if (this.#faults.delete(each)) this.#react(each);
  }

  control(name: string, params: Readonly<Record<string, unknown>> = {}): void {
    const settled = settleAction('control', QT2025_CONTROLS, name, params);
    this.micro.sync();
    if (name === 'power-cycle') this.#powerOn();
    else if (name === 'light') this.#conditions.lightDbm = Number(settled.dbm);
    else if (name === 'save-strap') this.#conditions.saves = settled.on === true;
    else {
      this.#conditions.module = name === 'remove' ? null : plug(settled.kind as ModuleKind, Number(settled.length_m));
      this.#cage.want(this.#conditions.wanted());
    }
    this.#path.settle();
  }

  inspect(): PhyPanel {
    this.micro.sync();
    return panel({
      prtad: this.prtad,
      regs: this.#regs,
      xdata: this.#memory.xdata,
      cage: this.#cage,
      path: this.#path.state,
      micro: this.micro,
      boot: this.#boot,
      rxDbm: this.#conditions.rxDbm,
      macUp: this.#conditions.macUp,
      lasi: this.#pin.asserted,
    });
  }

  snapshot(): Qt2025Snapshot {
    return takeSnapshot(this.#kept);
  }

  restore(snapshot: unknown): void {
    applySnapshot(this.#kept, parseSnapshot(snapshot));
  }

  retire(): void {
    this.#time.end();
  }

  onOwnAccess(listener: (access: OwnAccess) => void): () => void {
    return this.#log.listen(listener);
  }

  onInterrupt(listener: (line: string, asserted: boolean) => void): () => void {
    return this.#pin.listen(listener);
  }

  #powerOn(): void {
    this.#time.cancelAll();
    this.micro.powerOff();
    this.#log.forget();
    this.#memory.clear();
    this.#program.clear();
    this.#resets.powerOn();
    this.#conditions.powerOn();
    this.#cage.powerUp(this.#conditions.wanted());
    this.#boot.powerOn();
    this.#path.settle();
  }

  /** A register changes by a write or a poke; whatever hangs on it follows. */
  #change(at: number, writer: Writer, change: () => void): void {
    const old = this.#regs.level(at);
    change();
    const now = this.#regs.level(at);
    this.#registerReactions.get(at)?.(now, old, writer);
    this.#resets.wrote(at, now, old);
    if (now !== old && !QT2025_KEPT.has(at)) this.#path.settle();
  }

  /** A write of the host lands somewhere. */
  #store(at: number, value: number): void {
    if (this.#regs.has(at)) {
      this.#change(at, 'host', () => void this.#regs.write(at, value));
      return;
    }
    const cell = this.#memory.cell(at);
    if (cell?.kind === 'sram') this.#boot.store(cell.index, value & 0xff);
    else if (cell?.kind === 'xdata') cell.bytes[cell.index] = value;
  }

  /** A fault went on, off, or got other parameters. */
  #react(name: string): void {
    this.#faultReactions[name as Qt2025Fault]?.(this.#faults.has(name as Qt2025Fault)); // the board knows no other names
    this.#path.settle();
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
        this.micro.stop();
      },
      ends: () => this.#boot.restart(this.#conditions.restart.reload, this.#conditions.restart.fromSram),
      cleared: () => this.#links.forget(),
      changed: () => this.#path.settle(),
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

const hexWord = (n: number): string => n.toString(16).toUpperCase().padStart(4, '0');
