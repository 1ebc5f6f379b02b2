/** One port of a served device: which requests it answers, and what it may tell the owner. */
import type { EventKind } from './events.ts';
import type { Kind, Request } from './message.ts';

/** Who asks, as a port sees it. */
export interface Asker {
  readonly client: string;
  /** The module its presence names, else the client id: the name of its accesses in the trace. */
  readonly module: string;
  /** Throws EACCES unless it has the lease. */
  mustOwn(): void;
}

/** What one port of a device answers. */
export interface PortServer {
  readonly kinds: readonly Kind[];
  /** Called for one request at a time; what it throws is the answer. */
  answer(request: Request, asker: Asker): Promise<Uint8Array> | Uint8Array;
  /** The lease has a new holder, or none. */
  ownerChanged?(): void;
  /** The device behind the port was replaced by another. */
  replaced?(): void;
  close?(): void;
}

/** What a port may do of its own accord. */
export interface PortGround {
  readonly device: string;
  /** Tells the owner; without one nobody hears. */
  tell(kind: EventKind, body: Uint8Array): void;
}
