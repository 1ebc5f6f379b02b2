/** Zones as a state machine: conditions, write pointers, open and active limits. Source: Linux null_blk zoned.c. */
import type { BlockStatus } from '#bus/block.ts';
import { ZONE_COND, ZONE_COND_NAMES, type ZoneCondName } from '#datasheets/null-blk.ts';
import type { ZoneLayout } from './zone-layout.ts';

export interface ZoneView {
  readonly start: number;
  readonly length: number;
  readonly capacity: number;
  /** -1: not valid, the zone is read-only or offline. */
  readonly writePointer: number;
  readonly condition: ZoneCondName;
}

/** A write that was let in: the caller moves the data, then settles. */
export interface ZoneTicket {
  readonly zone: number;
  readonly sector: number;
  /** What the zone was before: a strict device goes back to it when nothing was written. */
  readonly before: number;
}

const { NOT_WP, EMPTY, IMP_OPEN, EXP_OPEN, CLOSED, READONLY, FULL, OFFLINE } = ZONE_COND;

export class Zones {
  readonly layout: ZoneLayout;
  readonly #cond: Uint8Array;
  readonly #wp: Float64Array;
  /** Sectors of a zone were reset: what was in them is gone. */
  readonly #erase: (sector: number, sectors: number) => void;
  #imp = 0;
  #exp = 0;
  #closed = 0;
  /** Where the search for a zone to close goes on. */
  #closeNext: number;

  constructor(layout: ZoneLayout, erase: (sector: number, sectors: number) => void) {
    this.layout = layout;
    this.#erase = erase;
    this.#cond = new Uint8Array(layout.zones);
    this.#wp = new Float64Array(layout.zones);
    this.#closeNext = layout.conventional;
    for (let zone = 0; zone < layout.zones; zone++) {
      const conventional = zone < layout.conventional;
      this.#cond[zone] = conventional ? NOT_WP : layout.full ? FULL : EMPTY;
      this.#wp[zone] =
        this.startOf(zone) + (conventional ? this.lengthOf(zone) : layout.full ? this.capacityOf(zone) : 0);
    }
  }

  get counts(): { readonly implicitlyOpen: number; readonly explicitlyOpen: number; readonly closed: number } {
    return { implicitlyOpen: this.#imp, explicitlyOpen: this.#exp, closed: this.#closed };
  }

  zoneOf(sector: number): number {
    return Math.floor(sector / this.layout.zoneSectors);
  }
  startOf(zone: number): number {
    return zone * this.layout.zoneSectors;
  }
  lengthOf(zone: number): number {
    return Math.min(this.layout.zoneSectors, this.layout.deviceSectors - this.startOf(zone));
  }
  capacityOf(zone: number): number {
    return zone < this.layout.conventional
      ? this.lengthOf(zone)
      : Math.min(this.layout.capacitySectors, this.lengthOf(zone));
  }
  condition(zone: number): ZoneCondName {
    return ZONE_COND_NAMES[this.#cond[zone]!]!;
  }

  view(zone: number): ZoneView {
    return {
      start: this.startOf(zone),
      length: this.lengthOf(zone),
      capacity: this.capacityOf(zone),
      writePointer: this.#wp[zone]!,
      condition: this.condition(zone),
    };
  }

  /** First sector at or after `sector`, in its zone, that reads as FFh; Infinity when none does. */
  unwrittenFrom(sector: number): number {
    const zone = this.zoneOf(sector);
    const wp = this.#wp[zone]!;
    return this.#cond[zone] === NOT_WP || wp < 0 ? Number.POSITIVE_INFINITY : wp;
  }

  /** Lets a write in or refuses it; `sector` null appends. The condition changes before any data move, as in Linux. */
  admit(sector: number | null, sectors: number, inZone: number): ZoneTicket | BlockStatus {
    const zone = inZone;
    const before = this.#cond[zone]!;
    if (before === NOT_WP) return sector === null ? 'IOERR' : { zone, sector, before };
    if (before === FULL || before === READONLY || before === OFFLINE) return 'IOERR';
    const wp = this.#wp[zone]!;
    if (sector !== null && sector !== wp) return 'IOERR';
    if (wp + sectors > this.startOf(zone) + this.capacityOf(zone)) return 'IOERR';
    if (before === EMPTY || before === CLOSED) {
      const status = this.#resources(zone);
      if (status !== 'OK') return status;
      if (before === CLOSED) this.#closed--;
      this.#imp++;
      this.#cond[zone] = IMP_OPEN;
    }
    return { zone, sector: wp, before };
  }

  /** So many sectors were written. */
  advance({ zone }: ZoneTicket, sectors: number): void {
    if (this.#cond[zone] === NOT_WP) return;
    this.#wp[zone] = this.#wp[zone]! + sectors;
    if (this.#wp[zone]! < this.startOf(zone) + this.capacityOf(zone)) return;
    this.#leave(zone);
    this.#cond[zone] = FULL;
  }

  /** Nothing was written: the zone is again what it was. Linux does not do that. */
  rollBack({ zone, before }: ZoneTicket): void {
    if (this.#cond[zone] !== IMP_OPEN || (before !== EMPTY && before !== CLOSED)) return;
    this.#imp--;
    if (before === CLOSED) this.#closed++;
    this.#cond[zone] = before;
  }

  open(zone: number): BlockStatus {
    switch (this.#cond[zone]) {
      case EXP_OPEN:
        return 'OK';
      case IMP_OPEN:
        break;
      case EMPTY:
      case CLOSED: {
        const status = this.#resources(zone);
        if (status !== 'OK') return status;
        break;
      }
      default:
        return 'IOERR';
    }
    this.#leave(zone);
    this.#exp++;
    this.#cond[zone] = EXP_OPEN;
    return 'OK';
  }

  close(zone: number): BlockStatus {
    const cond = this.#cond[zone];
    if (cond === CLOSED) return 'OK';
    if (cond !== IMP_OPEN && cond !== EXP_OPEN) return 'IOERR';
    this.#shut(zone);
    return 'OK';
  }

  finish(zone: number): BlockStatus {
    const cond = this.#cond[zone]!;
    if (cond === FULL) return 'OK';
    if (cond === NOT_WP || cond === READONLY || cond === OFFLINE) return 'IOERR';
    if ((cond === EMPTY || cond === CLOSED) && this.#limited) {
      const status = this.#resources(zone);
      if (status !== 'OK') return status;
    }
    this.#leave(zone);
    this.#cond[zone] = FULL;
    this.#wp[zone] = this.startOf(zone) + this.lengthOf(zone);
    return 'OK';
  }

  reset(zone: number): BlockStatus {
    const cond = this.#cond[zone]!;
    if (cond === EMPTY) return 'OK';
    if (cond === NOT_WP || cond === READONLY || cond === OFFLINE) return 'IOERR';
    this.#leave(zone);
    this.#empty(zone);
    return 'OK';
  }

  resetAll(): BlockStatus {
    for (let zone = this.layout.conventional; zone < this.layout.zones; zone++) {
      const cond = this.#cond[zone];
      if (cond !== EMPTY && cond !== READONLY && cond !== OFFLINE) this.reset(zone);
    }
    return 'OK';
  }

  /** By attribute: the condition, or, when it is that already, empty again. */
  mark(zone: number, condition: 'READONLY' | 'OFFLINE'): void {
    const cond = ZONE_COND[condition];
    const was = this.#cond[zone]!;
    if (was === cond) {
      this.#empty(zone);
      return;
    }
    if (was !== READONLY && was !== OFFLINE) {
      this.finish(zone); // gives its resources back
      this.#leave(zone);
    }
    this.#cond[zone] = cond;
    this.#wp[zone] = -1;
  }

  snapshot(): { conditions: number[]; writePointers: number[]; closeNext: number } {
    return { conditions: [...this.#cond], writePointers: [...this.#wp], closeNext: this.#closeNext };
  }

  restore({ conditions, writePointers, closeNext }: ReturnType<Zones['snapshot']>): void {
    this.#cond.set(conditions);
    this.#wp.set(writePointers);
    this.#closeNext = closeNext;
    const having = (cond: number): number => conditions.filter((each) => each === cond).length;
    this.#imp = having(IMP_OPEN);
    this.#exp = having(EXP_OPEN);
    this.#closed = having(CLOSED);
  }

  get #limited(): boolean {
    return this.layout.maxOpen > 0 || this.layout.maxActive > 0;
  }

  /** A zone that is empty or closed wants to open. */
  #resources(zone: number): BlockStatus {
    if (this.#cond[zone] === EMPTY) {
      const active = this.#mayBeActive();
      if (active !== 'OK') return active;
    }
    return this.#mayOpen();
  }

  #mayBeActive(): BlockStatus {
    const { maxActive } = this.layout;
    return maxActive === 0 || this.#imp + this.#exp + this.#closed < maxActive ? 'OK' : 'ZONE_ACTIVE_RESOURCE';
  }

  #mayOpen(): BlockStatus {
    const { maxOpen } = this.layout;
    if (maxOpen === 0 || this.#imp + this.#exp < maxOpen) return 'OK';
    if (this.#imp === 0 || this.#mayBeActive() !== 'OK') return 'ZONE_OPEN_RESOURCE';
    this.#closeOne();
    return 'OK';
  }

  /** Closes the next implicitly open zone, round robin. */
  #closeOne(): void {
    const { conventional, zones } = this.layout;
    for (let i = conventional; i < zones; i++) {
      const zone = this.#closeNext;
      this.#closeNext = zone + 1 >= zones ? conventional : zone + 1;
      if (this.#cond[zone] !== IMP_OPEN) continue;
      this.#shut(zone);
      return;
    }
  }

  /** From open to closed, or to empty when nothing was written. */
  #shut(zone: number): void {
    this.#leave(zone);
    const written = this.#wp[zone]! > this.startOf(zone);
    this.#cond[zone] = written ? CLOSED : EMPTY;
    if (written) this.#closed++;
  }

  #empty(zone: number): void {
    this.#cond[zone] = EMPTY;
    this.#wp[zone] = this.startOf(zone);
    this.#erase(this.startOf(zone), this.lengthOf(zone));
  }

  /** Gives back what the zone's condition held. */
  #leave(zone: number): void {
    const cond = this.#cond[zone];
    if (cond === IMP_OPEN) this.#imp--;
    else if (cond === EXP_OPEN) this.#exp--;
    else if (cond === CLOSED) this.#closed--;
  }
}
