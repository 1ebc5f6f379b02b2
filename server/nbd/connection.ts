/** One client of an NBD server: its socket, the handshake, then the transmission. */
import type { Socket } from 'node:net';
import { nbdRequester } from '#bus/trace.ts';
import type { NbdExport } from './export.ts';
import { type Agreement, Handshake } from './handshake.ts';
import { oneBufferSocket } from './one-buffer-socket.ts';
import { Outbox, type SlabPool } from './outbox.ts';
import { type NbdTls, secure } from './tls.ts';
import { QUEUED_LIMIT_BYTES, Transmission } from './transmission.ts';

export interface NbdConnectionOptions {
  /** The lowest number that no other connection has. */
  readonly client: number;
  /** As a server with `pauseOnConnect` accepted it. */
  readonly accepted: Socket;
  readonly exports: () => readonly NbdExport[];
  readonly pool: SlabPool;
  readonly tls: NbdTls | undefined;
  /** Time from connecting to the end of the handshake. */
  readonly handshakeMs: number;
  readonly onClose: (reason: string) => void;
}

/** A connection as the lab shows it. */
export interface NbdConnectionView {
  readonly peer: string;
  /** Who its requests are recorded under, and what breakpoints know it by. */
  readonly requester: string;
  /** Null during the handshake. */
  readonly serves: string | null;
  readonly secure: boolean;
  readonly structured: boolean;
  /** Bytes of answers the client has not taken. */
  readonly queuedBytes: number;
}

export class NbdConnection {
  readonly #options: NbdConnectionOptions;
  readonly #peer: string;
  readonly #handshakeTimer: NodeJS.Timeout;
  #socket: Socket;
  #handshake: Handshake | null;
  #agreement: Agreement | null = null;
  #transmission: Transmission | null = null;
  #out: Outbox | null = null;
  #uncut: () => void = () => {};
  #secure = false;
  #reason = 'the client closed';
  #ending = false;
  /** Bytes seen either way, and for how many looks they have not moved while they should. */
  #receivedBytes = 0;
  #mark = -1;
  #looks = 0;

  constructor(options: NbdConnectionOptions) {
    const { accepted, exports, tls, handshakeMs } = options;
    this.#options = options;
    const socket = oneBufferSocket(accepted, (chunk) => this.#heard(chunk));
    this.#socket = socket;
    this.#peer = socket.remoteAddress === undefined ? 'unix' : `${socket.remoteAddress}:${socket.remotePort}`;
    this.#handshake = new Handshake({
      exports,
      tls: tls === undefined ? 'none' : tls.required ? 'required' : 'offered',
    });
    this.#handshakeTimer = setTimeout(() => this.#drop(`no end of the handshake in ${handshakeMs} ms`), handshakeMs);
    this.#follow(socket);
    socket.write(this.#handshake.greeting());
  }

  get view(): NbdConnectionView {
    return {
      peer: this.#peer,
      requester: nbdRequester(this.#options.client),
      serves: this.#agreement?.served.name ?? null,
      secure: this.#secure,
      structured: this.#agreement?.structured ?? false,
      queuedBytes: this.#out?.queuedBytes ?? 0,
    };
  }

  /** Looked at now and then: a client that stopped in the middle of a request, or stopped taking answers, is let go. */
  look(looksAllowed: number): void {
    const owes = (this.#transmission?.midway ?? false) || (this.#out?.queuedBytes ?? 0) > 0 || this.#ending;
    const mark = this.#receivedBytes + (this.#out?.takenBytes ?? 0);
    this.#looks = owes && mark === this.#mark ? this.#looks + 1 : 0;
    this.#mark = mark;
    if (this.#looks >= looksAllowed) this.#drop('it stopped in the middle of a request, or of an answer');
  }

  /** Hangs up without a word. */
  drop(reason: string): void {
    this.#drop(reason);
  }

  get client(): number {
    return this.#options.client;
  }

  #follow(socket: Socket): void {
    socket.on('error', (error) => {
      this.#reason = error.message;
    });
    socket.on('close', () => {
      if (socket !== this.#socket) return; // the plain half of a secure connection
      clearTimeout(this.#handshakeTimer);
      this.#transmission?.end();
      this.#uncut();
      this.#options.onClose(this.#reason);
    });
  }

  /** What arrived; the buffer is used again once this returns. */
  #heard(chunk: Uint8Array): void {
    try {
      this.#take(chunk);
    } catch (thrown) {
      // one client's trouble, whatever it is, stays its own
      this.#drop(`it was let go over an error of ours: ${(thrown as Error).message}`);
    }
  }

  #take(chunk: Uint8Array): void {
    if (this.#ending) return;
    this.#receivedBytes += chunk.length;
    if (this.#transmission !== null) {
      this.#transmission.take(chunk);
      if (this.#transmission.holds) this.#socket.pause();
    } else if (this.#handshake !== null) this.#negotiate(this.#handshake, chunk);
  }

  #negotiate(handshake: Handshake, chunk: Uint8Array): void {
    const turn = handshake.take(chunk);
    if (turn.next === 'closed') {
      this.#finish(turn.reason, turn.reply);
      return;
    }
    if (turn.reply.length > 0) this.#socket.write(turn.reply);
    if (this.#socket.writableLength > QUEUED_LIMIT_BYTES) {
      this.#drop('it asks and does not read');
      return;
    }
    if (turn.next === 'tls') this.#secureNow(handshake);
    else if (turn.agreement !== null) this.#transmit(turn.agreement, turn.rest);
  }

  #secureNow(handshake: Handshake): void {
    const { tls, handshakeMs } = this.#options;
    if (tls === undefined) return;
    this.#socket.removeAllListeners('data');
    this.#socket.pause();
    secure(
      this.#socket,
      tls,
      handshakeMs,
      (socket) => {
        this.#socket = socket;
        this.#secure = true;
        handshake.secured();
        this.#follow(socket);
        socket.on('data', (chunk: Uint8Array) => this.#heard(chunk));
      },
      (reason) => this.#drop(reason),
    );
  }

  #transmit(agreement: Agreement, rest: Uint8Array): void {
    clearTimeout(this.#handshakeTimer);
    this.#handshake = null;
    this.#agreement = agreement;
    const socket = this.#socket;
    this.#out = new Outbox(socket, this.#options.pool, agreement.structured, () => this.#roomMade());
    const { client } = this.#options;
    const close = (reason: string): void => this.#finish(reason);
    this.#transmission = new Transmission({ client, agreement, out: this.#out, close });
    this.#uncut = agreement.served.onCut(client, (reason) => this.#drop(reason));
    if (rest.length > 0) this.#take(rest);
  }

  #roomMade(): void {
    const transmission = this.#transmission;
    if (transmission === null) return;
    try {
      transmission.resume();
    } catch (thrown) {
      this.#drop(`it was let go over an error of ours: ${(thrown as Error).message}`);
    }
    // the device's own answers may have emptied what was held before this: the socket waits all the same
    if (!transmission.holds && this.#socket.isPaused()) this.#socket.resume();
  }

  #finish(reason: string, last?: Uint8Array): void {
    this.#reason = reason;
    this.#ending = true;
    if (last !== undefined && last.length > 0) this.#socket.write(last);
    this.#socket.destroySoon();
  }

  #drop(reason: string): void {
    this.#reason = reason;
    this.#ending = true;
    this.#socket.destroy();
  }
}
