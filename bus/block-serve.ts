/** The device's end of the block wire: commands of the owner in, completions to the owner out, many to a message. */
import type { BlockCompletion } from './block.ts';
import type { OpenBlockPort } from './block-port.ts';
import { decodeCommands, encodeCompletions, encodeIdentity, MAX_VECTOR_BYTES } from './block-wire.ts';
import { LabError } from './errors.ts';
import type { Request } from './message.ts';
import type { Asker, PortGround, PortServer } from './port-server.ts';

/** Opens a port for one requester; may throw while the device is away. */
export type BlockPortFor = (requester: string) => OpenBlockPort;

/** Vector's number u32, 1 when it goes on in another message u8, reserved 3, then requests. */
export const VECTOR_HEAD_BYTES = 8;

/** Anybody may identify; tags belong to the owner, so commands and polls do too. */
export const blockServer = (portFor: BlockPortFor, ground: PortGround): PortServer => new BlockServer(portFor, ground);

class BlockServer implements PortServer {
  readonly kinds = ['block', 'identify', 'poll'] as const;
  readonly #portFor: BlockPortFor;
  readonly #ground: PortGround;
  readonly #done: BlockCompletion[] = [];
  #owned: { readonly client: string; readonly port: OpenBlockPort } | undefined;
  /** A vector of which more is to come. */
  #begun:
    | { readonly client: string; readonly vector: number; readonly pieces: Uint8Array[]; bytes: number }
    | undefined;

  constructor(portFor: BlockPortFor, ground: PortGround) {
    this.#portFor = portFor;
    this.#ground = ground;
  }

  async answer(request: Request, asker: Asker): Promise<Uint8Array> {
    if (request.kind === 'identify') return this.#identify(asker);
    asker.mustOwn();
    const port = this.#port(asker);
    if (request.kind === 'poll') return this.#poll(port, request.body);
    const bytes = this.#vector(request);
    if (bytes !== undefined) await port.submit(decodeCommands(bytes));
    return new Uint8Array();
  }

  /** Another owner, or the same in a new session: tags begin anew. */
  ownerChanged(): void {
    this.#owned?.port.close();
    this.#owned = undefined;
    this.#begun = undefined;
    this.#done.length = 0;
  }

  replaced(): void {
    const had = this.#owned !== undefined;
    this.ownerChanged();
    if (had) this.#ground.tell('removed', new Uint8Array());
  }

  close(): void {
    this.ownerChanged();
  }

  async #identify({ client, module }: Asker): Promise<Uint8Array> {
    if (this.#owned?.client === client) return encodeIdentity(await this.#owned.port.identify());
    const port = this.#portFor(module);
    try {
      return encodeIdentity(await port.identify());
    } finally {
      port.close();
    }
  }

  #port({ client, module }: Asker): OpenBlockPort {
    if (this.#owned !== undefined) return this.#owned.port;
    const port = this.#portFor(module);
    port.onCompletion((completions) => this.#completed(completions));
    port.onEvent((event) => this.#ground.tell(event, new Uint8Array()));
    this.#owned = { client, port };
    return port;
  }

  /** What is done in one turn of the event loop goes in one message. */
  #completed(completions: readonly BlockCompletion[]): void {
    if (this.#done.length === 0) queueMicrotask(() => this.#flush());
    this.#done.push(...completions);
  }

  #flush(): void {
    for (const message of encodeCompletions(this.#done.splice(0))) this.#ground.tell('completions', message);
  }

  async #poll(port: OpenBlockPort, body: Uint8Array): Promise<Uint8Array> {
    if (body.length !== 4)
      throw new LabError('EPROTO', `a poll of ${body.length} bytes; it takes the number of a queue, 32 bits`);
    const hctx = new DataView(body.buffer, body.byteOffset).getUint32(0);
    const [first, ...more] = encodeCompletions(await port.poll(hctx));
    // after the answer, whose end they are
    for (const message of more) setImmediate(() => this.#ground.tell('completions', message));
    return first ?? new Uint8Array();
  }

  /** The whole vector, once its last message is here. */
  #vector({ client, body }: Request): Uint8Array | undefined {
    if (body.length < VECTOR_HEAD_BYTES)
      throw new LabError('EPROTO', `a block request of ${body.length} bytes; its head takes ${VECTOR_HEAD_BYTES}`);
    const view = new DataView(body.buffer, body.byteOffset);
    const vector = view.getUint32(0);
    const goesOn = view.getUint8(4) !== 0;
    const piece = body.subarray(VECTOR_HEAD_BYTES);
    const begun = this.#begun;
    const same = begun !== undefined && begun.client === client && begun.vector === vector;
    this.#begun = undefined; // what was begun and not gone on with is dropped
    if (!same && !goesOn) return piece;
    const pieces = [...(same ? begun.pieces : []), piece];
    const bytes = (same ? begun.bytes : 0) + piece.length;
    if (bytes > MAX_VECTOR_BYTES)
      throw new LabError('EMSGSIZE', `a vector of ${bytes} bytes; at most ${MAX_VECTOR_BYTES} go in one`);
    if (goesOn) {
      this.#begun = { client, vector, pieces, bytes };
      return undefined;
    }
    const whole = new Uint8Array(bytes);
    let at = 0;
    for (const one of pieces) {
      whole.set(one, at);
      at += one.length;
    }
    return whole;
  }
}
