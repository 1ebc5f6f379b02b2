/** The NBD handshake of one connection, fixed newstyle, as a state machine from bytes to bytes. */
import { HANDSHAKE_FLAG, NBD_OPTION, OPTION, OPTION_REPLY } from '#bus/nbd-codec.ts';
import type { NbdExport } from './export.ts';
import {
  blockSizes,
  exportWords,
  greeting,
  infoReply,
  joined,
  metaContextReply,
  OPTION_HEAD_BYTES,
  optionReply,
  parseInfoRequest,
  parseMetaRequest,
  parseText,
  STRING_LIMIT,
  serverReply,
  utf8,
} from './option-codec.ts';

/** Longest data of an option that is kept; a longer one is read past and refused. */
export const OPTION_LIMIT_BYTES = 16 * 1024;
/** Longest data that is read past; who sends more is cut off. */
export const OPTION_DRAIN_BYTES = 8 * 1024 * 1024;
/** Options one connection may send, besides four for each export: nbdinfo --list asks two or three things of each. */
export const OPTIONS_ALLOWED = 128;

export type TlsPolicy = 'none' | 'offered' | 'required';

export interface HandshakeOptions {
  readonly exports: () => readonly NbdExport[];
  readonly tls: TlsPolicy;
}

/** What both ends agreed on. */
export interface Agreement {
  readonly served: NbdExport;
  readonly structured: boolean;
  /** Id of the context `base:allocation`; null when it was not selected for this export. */
  readonly allocationContext: number | null;
}

export interface HandshakeTurn {
  readonly reply: Uint8Array;
  /** `tls`: the next bytes are TLS. `agreed`: `rest` is the start of the transmission. `closed`: send the reply, hang up. */
  readonly next: 'more' | 'tls' | 'agreed' | 'closed';
  readonly rest: Uint8Array;
  readonly agreement: Agreement | null;
  /** Why, when closed. */
  readonly reason: string;
}

const ALLOCATION = 'base:allocation';
const ALLOCATION_ID = 1;
const EMPTY = new Uint8Array(0);
const NO_ZEROES_PADDING = 124;

export class Handshake {
  readonly #options: HandshakeOptions;
  #buffer: Uint8Array = EMPTY;
  #drain: { readonly option: number; left: number } | null = null;
  #clientFlags: number | null = null;
  #optionsSeen = 0;
  #secure = false;
  #structured = false;
  /** The export `base:allocation` was selected for. */
  #selectedFor: string | null = null;
  #replies: Uint8Array[] = [];

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  greeting(): Uint8Array {
    return greeting();
  }

  /** True between the bytes of one message: silence here is half a request. */
  get midway(): boolean {
    return this.#buffer.length > 0 || this.#drain !== null;
  }

  /** Takes what arrived, in pieces of any size. */
  take(chunk: Uint8Array): HandshakeTurn {
    this.#buffer = this.#buffer.length === 0 ? chunk : joined(this.#buffer, chunk);
    for (;;) {
      const turn = this.#step();
      if (turn === null) break;
      if (turn.next !== 'more') return turn;
    }
    // what is kept must not hold the whole received chunk in memory
    if (this.#buffer.length > 0) this.#buffer = this.#buffer.slice();
    return this.#turn('more');
  }

  /** TLS is up: what was agreed before it does not count. */
  secured(): void {
    this.#secure = true;
    this.#structured = false;
    this.#selectedFor = null;
  }

  #step(): HandshakeTurn | null {
    if (this.#drain !== null) return this.#drained(this.#drain);
    if (this.#clientFlags === null) return this.#readClientFlags();
    if (this.#buffer.length < OPTION_HEAD_BYTES) return null;
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);
    if (view.getBigUint64(0) !== NBD_OPTION) return this.#closed('an option that does not open with IHAVEOPT');
    const option = view.getUint32(8);
    const length = view.getUint32(12);
    if (length > OPTION_DRAIN_BYTES) return this.#closed(`an option of ${length} bytes`);
    if (length <= OPTION_LIMIT_BYTES && this.#buffer.length < OPTION_HEAD_BYTES + length) return null;
    const allowed = OPTIONS_ALLOWED + 4 * this.#options.exports().length;
    if (++this.#optionsSeen > allowed) return this.#closed(`more than ${allowed} options`);
    if (length > OPTION_LIMIT_BYTES) {
      if (option === OPTION.exportName) return this.#closed(`an export name of ${length} bytes`); // it has no error reply
      this.#buffer = this.#buffer.subarray(OPTION_HEAD_BYTES);
      this.#drain = { option, left: length };
      return this.#turn('more', false);
    }
    const body = this.#buffer.subarray(OPTION_HEAD_BYTES, OPTION_HEAD_BYTES + length);
    this.#buffer = this.#buffer.subarray(OPTION_HEAD_BYTES + length);
    return this.#answer(option, body);
  }

  #readClientFlags(): HandshakeTurn | null {
    if (this.#buffer.length < 4) return null;
    const flags = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, 4).getUint32(0);
    this.#buffer = this.#buffer.subarray(4);
    this.#clientFlags = flags;
    if ((flags & ~(HANDSHAKE_FLAG.fixedNewstyle | HANDSHAKE_FLAG.noZeroes)) !== 0)
      return this.#closed(`client flags 0x${(flags >>> 0).toString(16)}; only bits 0 and 1 are known`);
    return this.#turn('more', false);
  }

  #drained(drain: { readonly option: number; left: number }): HandshakeTurn | null {
    const taken = Math.min(drain.left, this.#buffer.length);
    drain.left -= taken;
    this.#buffer = this.#buffer.subarray(taken);
    if (drain.left > 0) return null;
    this.#drain = null;
    return this.#refuse(drain.option, 'errTooBig', `at most ${OPTION_LIMIT_BYTES} bytes of option data are taken`);
  }

  #answer(option: number, body: Uint8Array): HandshakeTurn {
    if (option === OPTION.abort) {
      this.#replies.push(optionReply(option, OPTION_REPLY.ack));
      return this.#closed('the client aborted');
    }
    if (option === OPTION.startTls) return this.#startTls(body);
    if (this.#options.tls === 'required' && !this.#secure) {
      if (option === OPTION.exportName) return this.#closed('EXPORT_NAME without the TLS this server requires');
      return this.#refuse(option, 'errTlsRequired', 'this server requires TLS');
    }
    switch (option) {
      case OPTION.exportName:
        return this.#exportName(body);
      case OPTION.list:
        return this.#list(body);
      case OPTION.info:
      case OPTION.go:
        return this.#inform(option, body);
      case OPTION.structuredReply:
        if (body.length > 0) return this.#refuse(option, 'errInvalid', 'STRUCTURED_REPLY takes no data');
        this.#structured = true;
        return this.#ack(option);
      case OPTION.listMetaContext:
      case OPTION.setMetaContext:
        return this.#metaContext(option, body);
      default:
        return this.#refuse(option, 'errUnsup', `option ${option} is not supported here`);
    }
  }

  #startTls(body: Uint8Array): HandshakeTurn {
    const { startTls } = OPTION;
    if (this.#options.tls === 'none') return this.#refuse(startTls, 'errUnsup', 'this server has no certificate');
    if (body.length > 0 || this.#secure)
      return this.#refuse(startTls, 'errInvalid', this.#secure ? 'TLS is up already' : 'STARTTLS takes no data');
    // bytes sent before the answer could be injected into the secure part
    if (this.#buffer.length > 0) return this.#closed('bytes after STARTTLS that did not wait for its answer');
    this.#replies.push(optionReply(startTls, OPTION_REPLY.ack));
    return this.#turn('tls');
  }

  #exportName(body: Uint8Array): HandshakeTurn {
    const name = body.length > STRING_LIMIT ? null : parseText(body);
    const served = name === null ? undefined : this.#find(name);
    if (name === null || served === undefined) return this.#closed(`no export '${(name ?? '?').slice(0, 80)}'`);
    const words = exportWords(served.geometry, this.#structured);
    const padded = ((this.#clientFlags ?? 0) & HANDSHAKE_FLAG.noZeroes) === 0;
    this.#replies.push(words, padded ? new Uint8Array(NO_ZEROES_PADDING) : EMPTY);
    return this.#agreed(name, served);
  }

  #list(body: Uint8Array): HandshakeTurn {
    if (body.length > 0) return this.#refuse(OPTION.list, 'errInvalid', 'LIST takes no data');
    for (const { name, up } of this.#options.exports()) if (up) this.#replies.push(serverReply(OPTION.list, name));
    return this.#ack(OPTION.list);
  }

  #inform(option: number, body: Uint8Array): HandshakeTurn {
    const request = parseInfoRequest(body);
    if (request === null) return this.#refuse(option, 'errInvalid', 'the lengths in this request do not add up');
    const served = this.#find(request.name);
    if (served === undefined) return this.#refuse(option, 'errUnknown', `no export '${request.name.slice(0, 80)}'`);
    const { geometry } = served;
    this.#replies.push(infoReply(option, 'export', exportWords(geometry, this.#structured)));
    const wanted = new Set(request.wanted);
    if (wanted.has(1)) this.#replies.push(infoReply(option, 'name', utf8(served.name)));
    if (wanted.has(2)) this.#replies.push(infoReply(option, 'description', utf8(served.description)));
    if (wanted.has(3)) this.#replies.push(infoReply(option, 'blockSize', blockSizes(geometry)));
    this.#ack(option);
    return option === OPTION.go ? this.#agreed(request.name, served) : this.#turn('more', false);
  }

  #metaContext(option: number, body: Uint8Array): HandshakeTurn {
    const set = option === OPTION.setMetaContext;
    if (set) this.#selectedFor = null; // also when what follows is refused
    if (set && !this.#structured) return this.#refuse(option, 'errInvalid', 'structured replies come first');
    const request = parseMetaRequest(body);
    if (request === null) return this.#refuse(option, 'errInvalid', 'the lengths in this request do not add up');
    if (this.#find(request.name) === undefined)
      return this.#refuse(option, 'errUnknown', `no export '${request.name.slice(0, 80)}'`);
    const asked = request.queries.includes(ALLOCATION);
    const listed = !set && (request.queries.length === 0 || request.queries.includes('base:'));
    if (asked || listed) this.#replies.push(metaContextReply(option, set ? ALLOCATION_ID : 0, ALLOCATION));
    if (set && asked) this.#selectedFor = request.name;
    return this.#ack(option);
  }

  /** The export of that name; the empty name is the first one. */
  #find(name: string): NbdExport | undefined {
    const up = this.#options.exports().filter((served) => served.up);
    return name === '' ? up[0] : up.find((served) => served.name === name);
  }

  #agreed(name: string, served: NbdExport): HandshakeTurn {
    return {
      ...this.#turn('agreed'),
      rest: this.#buffer,
      agreement: {
        served,
        structured: this.#structured,
        allocationContext: this.#structured && this.#selectedFor === name ? ALLOCATION_ID : null,
      },
    };
  }

  #ack(option: number): HandshakeTurn {
    this.#replies.push(optionReply(option, OPTION_REPLY.ack));
    return this.#turn('more', false);
  }

  #refuse(option: number, error: keyof typeof OPTION_REPLY, message: string): HandshakeTurn {
    this.#replies.push(optionReply(option, OPTION_REPLY[error], utf8(message)));
    return this.#turn('more', false);
  }

  #closed(reason: string): HandshakeTurn {
    return { ...this.#turn('closed'), reason };
  }

  /** `spoken`: the replies so far go out with this turn; else they wait for more of the same chunk. */
  #turn(next: HandshakeTurn['next'], spoken = true): HandshakeTurn {
    const reply = spoken ? joined(...this.#replies) : EMPTY;
    if (spoken) this.#replies = [];
    return { reply, next, rest: EMPTY, agreement: null, reason: '' };
  }
}
