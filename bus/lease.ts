/** Who may write: one owner at a time, until it lets go, dies, or does not renew. */
import { LabError } from './errors.ts';

export interface Owner {
  readonly client: string;
  /** Of the owner's connection; empty for one that announces no presence. */
  readonly session: string;
}

/** Time is given with each call, in milliseconds on any steady scale. */
export class Lease {
  readonly device: string;
  readonly leaseMs: number;
  #owner: Owner | null = null;
  #endsAt = 0;
  #change = 0;

  constructor(device: string, leaseMs: number) {
    this.device = device;
    this.leaseMs = leaseMs;
  }

  get owner(): Owner | null {
    return this.#owner;
  }

  /** Counts changes of owner. */
  get change(): number {
    return this.#change;
  }

  leftMs(now: number): number {
    return this.#owner === null ? 0 : Math.max(0, this.#endsAt - now);
  }

  /** A client that binds again keeps its lease, or moves it to its new session. Throws EBUSY. */
  bind(client: string, session: string, now: number): void {
    const owner = this.#owner;
    if (owner !== null && owner.client !== client)
      throw new LabError('EBUSY', `${this.device} is bound by ${owner.client}; it can be bound when that lets go`);
    if (owner?.session !== session) this.#set({ client, session });
    this.#endsAt = now + this.leaseMs;
  }

  /** Throws EACCES. */
  renew(client: string, now: number): void {
    this.check(client, 'renewed');
    this.#endsAt = now + this.leaseMs;
  }

  /** Letting go of what nobody has is no error. Throws EACCES. */
  release(client: string): void {
    if (this.#owner === null) return;
    this.check(client, 'released');
    this.#set(null);
  }

  /** Throws EACCES unless the client is the owner. */
  check(client: string, what: 'written' | 'renewed' | 'released'): void {
    const owner = this.#owner;
    if (owner?.client === client) return;
    const found = owner === null ? 'it has no owner: bind it first' : `its owner is ${owner.client}`;
    throw new LabError('EACCES', `${this.device} cannot be ${what} by ${client}: ${found}`);
  }

  /** A client's presence: the lease ends when its own session is gone or another has taken its place. True when it ended. */
  heard(client: string, session: string, gone: boolean): boolean {
    const owner = this.#owner;
    if (owner === null || owner.client !== client || owner.session === '') return false;
    if (gone ? owner.session !== session : owner.session === session) return false;
    this.#set(null);
    return true;
  }

  /** True when the lease ended for want of renewal. */
  expire(now: number): boolean {
    if (this.#owner === null || now < this.#endsAt) return false;
    this.#set(null);
    return true;
  }

  /** Ends the lease whoever has it. True when somebody had. */
  end(): boolean {
    if (this.#owner === null) return false;
    this.#set(null);
    return true;
  }

  #set(owner: Owner | null): void {
    this.#owner = owner;
    this.#change++;
  }
}
