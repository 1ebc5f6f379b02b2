/** Bus faults and breakpoints of one lab or one run: named, listed, switched, and brought before each device they mean something to. */
import type { LogLevel } from '../api.ts';
import type { Clock } from '../clock.ts';
import { asLabError, LabError, unknownName } from '../errors.ts';
import type { Trace } from '../trace.ts';
import { AccessBreakpoint } from './breakpoint.ts';
import { BusFault } from './bus-fault.ts';
import { ONLY_MDIO } from './effects.ts';
import type { GateSlot } from './gate.ts';
import { FILTER_REQUESTER, gateOf, selectionAt } from './gate-of.ts';
import { Holds } from './holds.ts';
import { readSelection } from './selection.ts';
import type { PlaceNames } from './touch.ts';
import type {
  AccessBreakpointView,
  BreakpointSpec,
  BusFaultSpec,
  BusFaultView,
  HeldView,
  InstrumentsView,
} from './views.ts';

export interface InstrumentsOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly seed: number;
  readonly log?: (level: LogLevel, text: string) => void;
}

interface Place {
  readonly slot: GateSlot;
  names: PlaceNames;
  /** Records every request from now on, where not all are. */
  recordAll: (() => void) | undefined;
}

/** Each of the two lists; a lab with more has another problem. */
const MOST = 256;
const NAME = /^[A-Za-z0-9_-]{1,32}$/;

export class Instruments {
  readonly #options: InstrumentsOptions;
  readonly #places = new Map<string, Place>();
  readonly #faults = new Map<string, BusFault>();
  readonly #breakpoints = new Map<number, AccessBreakpoint>();
  readonly #steps = new Set<string>();
  readonly #listeners = new Set<(device: string | null) => void>();
  readonly #holds: Holds;
  #lastId = 0;
  #quiet = false;

  constructor(options: InstrumentsOptions) {
    this.#options = options;
    const { clock, trace } = options;
    this.#holds = new Holds({
      clock,
      trace,
      log: (level, text) => options.log?.(level, text),
      changed: (device) => this.#changed(device),
    });
  }

  /** Where the bus of a device finds its gate. A device that replaces another takes its place; what was held there goes on. */
  slot(device: string, names: PlaceNames, recordAll?: () => void): GateSlot {
    const known = this.#places.get(device);
    this.#holds.dismiss((held) => held.device === device, 'the device was replaced');
    const letGo = (requester: string, why: string): void =>
      this.#holds.dismiss((held) => held.device === device && held.requester === requester, why);
    const place: Place = { slot: known?.slot ?? { gate: null, letGo }, names, recordAll };
    this.#places.set(device, place);
    this.#open(device, place);
    return place.slot;
  }

  /** Calls `changed` whenever a list changes; with the device when one of its accesses is held or let go. */
  onChange(changed: (device: string | null) => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  view(): InstrumentsView {
    return { filters: this.faults, breakpoints: this.breakpoints, held: this.held };
  }

  get faults(): readonly BusFaultView[] {
    return [...this.#faults.values()].map((fault) => fault.view());
  }

  get breakpoints(): readonly AccessBreakpointView[] {
    return [...this.#breakpoints.values()].map((breakpoint) => breakpoint.view());
  }

  get held(): readonly HeldView[] {
    return this.#holds.views;
  }

  /** Throws EINVAL, ENOENT for a name nobody knows, EEXIST for a name in use. */
  addFault(spec: BusFaultSpec): BusFaultView {
    const name = spec.name ?? this.#freeName(spec.effect);
    if (!NAME.test(name)) throw new LabError('EINVAL', `bus fault '${name.slice(0, 40)}': 1 to 32 of A-Z a-z 0-9 _ -`);
    if (this.#faults.has(name)) throw new LabError('EEXIST', `there is a bus fault ${name} already`);
    full(this.#faults.size, 'bus faults');
    const fault = new BusFault(name, spec, this.#options);
    this.#checkPlaces(spec.device, spec.when ?? '', ONLY_MDIO.has(spec.effect) ? spec.effect : undefined);
    this.#faults.set(name, fault);
    fault.switch(spec.on ?? true);
    if (fault.on) this.#row(fault, 'on');
    this.#openAll();
    return fault.view();
  }

  switchFault(name: string, on: boolean): BusFaultView {
    const fault = this.#fault(name);
    if (fault.on !== on) {
      fault.switch(on);
      this.#row(fault, on ? 'on' : 'off');
      this.#openAll();
    }
    return fault.view();
  }

  removeFault(name: string): void {
    this.switchFault(name, false);
    this.#faults.delete(name);
    this.#openAll();
  }

  addBreakpoint(spec: BreakpointSpec): AccessBreakpointView {
    full(this.#breakpoints.size, 'breakpoints');
    const breakpoint = new AccessBreakpoint(this.#lastId + 1, spec, this.#options);
    if (spec.when.trim() === '')
      throw new LabError('EINVAL', 'a breakpoint takes the accesses it is about, as `write 3.E854 == 0x0040`');
    this.#checkPlaces(spec.device, spec.when, undefined);
    this.#lastId++;
    this.#breakpoints.set(breakpoint.id, breakpoint);
    breakpoint.switch(spec.on ?? true);
    this.#options.log?.('info', `breakpoint ${breakpoint.id}: ${breakpoint.text}`);
    this.#openAll();
    if (breakpoint.verb === 'run-until')
      this.#holds.dismiss(({ device }) => spec.device === undefined || spec.device === device, breakpoint.text);
    return breakpoint.view();
  }

  switchBreakpoint(id: number, on: boolean): AccessBreakpointView {
    const breakpoint = this.#breakpoint(id);
    breakpoint.switch(on);
    this.#openAll();
    if (!on) this.#holds.dismiss((held) => held.breakpoint === id, `breakpoint ${id} was switched off`);
    return breakpoint.view();
  }

  removeBreakpoint(id: number): void {
    this.switchBreakpoint(id, false);
    this.#breakpoints.delete(id);
    this.#openAll();
  }

  /** Lets go what is held; the devices that went on. Throws EAGAIN when nothing is held. */
  continue(device?: string): readonly string[] {
    this.#known(device);
    return this.#holds.release(device, 'continue');
  }

  /** Lets go what is held and holds the next access of the same device. */
  step(device?: string): readonly string[] {
    this.#known(device);
    const held = this.held.filter((one) => device === undefined || one.device === device).map((one) => one.device);
    for (const one of held) this.#steps.add(one);
    if (held.length > 0) this.#openAll();
    return this.#holds.release(device, 'step');
  }

  /** Lets go what is held of a device, if anything is, or only some of it. */
  letGo(device: string, why: string, which: (held: HeldView) => boolean = () => true): void {
    this.#steps.delete(device);
    this.#holds.dismiss((held) => held.device === device && which(held), why);
  }

  /** Calls `told` at the next hit of a breakpoint; the returned function ends the wait. */
  onHit(id: number, told: () => void): () => void {
    return this.#breakpoint(id).onHit(told);
  }

  /** Lets everything go and forgets every fault and breakpoint. */
  clear(): void {
    this.#quiet = true;
    this.#steps.clear();
    for (const name of [...this.#faults.keys()]) this.removeFault(name);
    for (const id of [...this.#breakpoints.keys()]) this.removeBreakpoint(id);
    this.#holds.dismiss(() => true, 'cleared');
    this.#quiet = false;
    this.#openAll();
  }

  #fault(name: string): BusFault {
    const fault = this.#faults.get(name);
    if (fault === undefined) throw unknownName('bus fault', name, [...this.#faults.keys()]);
    return fault;
  }

  #breakpoint(id: number): AccessBreakpoint {
    const breakpoint = this.#breakpoints.get(id);
    if (breakpoint === undefined)
      throw unknownName('breakpoint', String(id), [...this.#breakpoints.keys()].map(String));
    return breakpoint;
  }

  #known(device: string | undefined): void {
    if (device !== undefined && !this.#places.has(device))
      throw unknownName('device', device, [...this.#places.keys()]);
  }

  #freeName(effect: string): string {
    for (let n = 1; ; n++) if (!this.#faults.has(`${effect}-${n}`)) return `${effect}-${n}`;
  }

  /** The selection must mean something to the device, or to one of the bench when none is named. */
  #checkPlaces(device: string | undefined, when: string, onlyMdio: string | undefined): void {
    this.#known(device);
    const places = [...this.#places].filter(([name]) => device === undefined || name === device);
    let refused: LabError | undefined;
    for (const [name, { names }] of places) {
      try {
        if (onlyMdio !== undefined && names.port !== 'mdio')
          throw new LabError('EOPNOTSUPP', `${name} is on a ${names.port} bus; ${onlyMdio} is an error of MDIO`);
        readSelection(when, names);
        return;
      } catch (error) {
        refused ??= asLabError(error);
      }
    }
    throw refused ?? new LabError('ENODEV', 'there is no device on the bench');
  }

  #openAll(): void {
    for (const [device, place] of this.#places) this.#open(device, place);
    if (!this.#quiet) this.#changed(null);
  }

  #open(device: string, { slot, names, recordAll }: Place): void {
    const { trace, clock } = this.#options;
    slot.gate = gateOf({
      device,
      names,
      faults: this.#faults.values(),
      breakpoints: this.#breakpoints.values(),
      steps: this.#steps,
      holds: this.#holds,
      now: () => clock.now(),
      trace,
      recordAll,
      emptied: () => {
        slot.gate = null;
        slot.onGate?.(false);
      },
      changed: () => this.#changed(null),
    });
    slot.onGate?.(slot.gate !== null);
  }

  /** A fault of no device in particular stands under the name of each it may hit. */
  #row(fault: BusFault, outcome: 'on' | 'off'): void {
    const { trace, clock } = this.#options;
    const text = `${fault.name} ${outcome === 'on' ? fault.text : ''}`.trim();
    for (const [device, { names }] of this.#places)
      if (selectionAt(fault.spec, device, names) !== undefined)
        trace.record({ device, requester: FILTER_REQUESTER, op: 'fault', outcome, time: clock.now(), text });
  }

  #changed(device: string | null): void {
    for (const listener of [...this.#listeners]) listener(device);
  }
}

const full = (count: number, what: string): void => {
  if (count >= MOST) throw new LabError('ENOSPC', `there are ${count} ${what}; take some away first`);
};
