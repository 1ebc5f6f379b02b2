/** The breakpoints of one core, and finding those that an access or an address hits. */
import { LabError } from '#bus/errors.ts';
import { BREAK_OPS, BREAK_SPACES, type Breakpoint } from '#bus/micro-view.ts';
import type { ProgramAccess } from './debug-peripherals.ts';

export const BREAKPOINT_LIMIT = 64;

export type BreakpointWish = Pick<Breakpoint, 'space' | 'at'> & Partial<Pick<Breakpoint, 'on' | 'value'>>;

export class Breakpoints {
  readonly #kept = new Map<number, Breakpoint>();
  /** Addresses outside code, where most accesses are not; those of registers lie above all of XDATA. */
  #watched: ReadonlySet<number> = new Set();
  #lastId = 0;

  get all(): readonly Breakpoint[] {
    return [...this.#kept.values()];
  }

  /** True when some are on XDATA or registers. */
  get onAccesses(): boolean {
    return this.#watched.size > 0;
  }

  /** The same wish twice is one breakpoint. */
  add({ space, at, on = space === 'code' ? 'execute' : 'access', value = null }: BreakpointWish): Breakpoint {
    check({ space, at, on, value });
    const same = this.all.find((one) => one.space === space && one.at === at && one.on === on && one.value === value);
    if (same !== undefined) return same;
    if (this.#kept.size >= BREAKPOINT_LIMIT)
      throw new LabError('E2BIG', `there are ${BREAKPOINT_LIMIT} breakpoints already, more are not kept; delete one`);
    const made: Breakpoint = { id: ++this.#lastId, space, at, on, value, hits: 0 };
    this.#kept.set(made.id, made);
    this.#index();
    return made;
  }

  remove(id: number): void {
    if (this.#kept.delete(id)) {
      this.#index();
      return;
    }
    const there = this.all.map((one) => one.id).join(', ');
    throw new LabError(
      'ENOENT',
      `there is no breakpoint ${id}; ${there === '' ? 'none is set' : `there are ${there}`}`,
    );
  }

  clear(): void {
    this.#kept.clear();
    this.#index();
  }

  /** The breakpoint before this instruction, counted as hit. */
  hitByCode(pc: number): Breakpoint | undefined {
    return this.#hit(({ space, at }) => space === 'code' && at === pc);
  }

  /** The first breakpoint on this access, counted as hit. */
  hitByAccess({ op, space, at, value }: ProgramAccess): Breakpoint | undefined {
    if (!this.#watched.has(at)) return undefined;
    return this.#hit(
      (one) =>
        one.space === space &&
        one.at === at &&
        (one.on === 'access' || one.on === op) &&
        (one.value === null || one.value === value),
    );
  }

  #index(): void {
    this.#watched = new Set(this.all.filter(({ space }) => space !== 'code').map(({ at }) => at));
  }

  #hit(wanted: (one: Breakpoint) => boolean): Breakpoint | undefined {
    for (const one of this.#kept.values())
      if (wanted(one)) {
        const hit = { ...one, hits: one.hits + 1 };
        this.#kept.set(one.id, hit);
        return hit;
      }
    return undefined;
  }
}

const check = ({ space, at, on, value }: Pick<Breakpoint, 'space' | 'at' | 'on' | 'value'>): void => {
  if (!BREAK_SPACES.includes(space))
    throw new LabError('EINVAL', `a breakpoint on '${space}'; ${BREAK_SPACES.join(', ')} can have one`);
  if (!BREAK_OPS.includes(on) || (space === 'code') !== (on === 'execute'))
    throw new LabError(
      'EINVAL',
      space === 'code'
        ? `code is executed, a breakpoint there stops on nothing else`
        : `a breakpoint on ${space} stops on read, write or access, not on ${on}`,
    );
  const last = space === 'register' ? 0x1f_ffff : 0xffff;
  if (!Number.isInteger(at) || at < 0 || at > last)
    throw new LabError('EINVAL', `there is no ${space} address ${at}; 0 to ${last.toString(16).toUpperCase()}h are`);
  const widest = space === 'register' ? 0xffff : 0xff;
  if (value !== null && (space === 'code' || !Number.isInteger(value) || value < 0 || value > widest))
    throw new LabError(
      'EINVAL',
      space === 'code'
        ? 'a breakpoint on code has no value'
        : `a value of ${space} is 0 to ${widest.toString(16).toUpperCase()}h, not ${value}`,
    );
};
