/** What an RFB client says, byte by byte as it comes; keeps no more than the message it is in. */
import { parsePixelFormat, type VncPixelFormat } from './pixel-format.ts';
import { CLIENT, ENCODING, SECURITY_NONE, VERSION_BYTES } from './rfb.ts';
import type { ScreenRect } from './screen.ts';

export type VncEvent =
  /** Minor version of 3: 3, 7 or 8. */
  | { readonly said: 'version'; readonly minor: 3 | 7 | 8 }
  | { readonly said: 'security' }
  | { readonly said: 'init' }
  | { readonly said: 'format'; readonly format: VncPixelFormat }
  /** Those we know, in the order of preference. */
  | { readonly said: 'encodings'; readonly encodings: readonly number[] }
  | { readonly said: 'request'; readonly incremental: boolean; readonly rect: ScreenRect }
  | { readonly said: 'resize' }
  | { readonly said: 'wrong'; readonly why: string };

type State = 'version' | 'security' | 'init' | 'type' | 'message' | 'encoding' | 'skip' | 'deaf';

/** Length of each message behind its type, as far as it is fixed. */
const FIXED: Readonly<Record<number, number>> = {
  [CLIENT.setPixelFormat]: 19,
  [CLIENT.setEncodings]: 3,
  [CLIENT.updateRequest]: 9,
  [CLIENT.key]: 7,
  [CLIENT.pointer]: 5,
  [CLIENT.cutText]: 7,
  [CLIENT.setDesktopSize]: 7,
};
const SCREEN_BYTES = 16;
const KNOWN: ReadonlySet<number> = new Set(Object.values(ENCODING));

export class ClientInput {
  readonly #piece = Buffer.alloc(32);
  #held = 0;
  #wanted = VERSION_BYTES;
  #state: State = 'version';
  #type = 0;
  /** Bytes to skip, or encodings to come. */
  #left = 0;
  #encodings: number[] = [];

  /** In the middle of something, which a client must not stay for ever. */
  get midway(): boolean {
    return this.#state !== 'type' && this.#state !== 'deaf';
  }

  /** What these bytes complete, in order. After `wrong` nothing is heard any more. */
  take(chunk: Buffer): readonly VncEvent[] {
    const events: VncEvent[] = [];
    let at = 0;
    while (at < chunk.length && this.#state !== 'deaf') {
      if (this.#state === 'skip') {
        const skipped = Math.min(this.#left, chunk.length - at);
        at += skipped;
        this.#left -= skipped;
        if (this.#left === 0) this.#expect('type', 1);
        continue;
      }
      const taken = Math.min(this.#wanted - this.#held, chunk.length - at);
      chunk.copy(this.#piece, this.#held, at, at + taken);
      at += taken;
      this.#held += taken;
      if (this.#held < this.#wanted) break;
      const event = this.#whole(this.#piece.subarray(0, this.#wanted));
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #expect(state: State, bytes: number): void {
    this.#state = state;
    this.#wanted = bytes;
    this.#held = 0;
  }

  #skip(bytes: number): void {
    this.#left = bytes;
    this.#expect(bytes === 0 ? 'type' : 'skip', bytes === 0 ? 1 : 0);
  }

  #whole(piece: Buffer): VncEvent | undefined {
    switch (this.#state) {
      case 'version':
        return this.#version(piece.toString('latin1'));
      case 'security':
        if (piece[0] !== SECURITY_NONE) return this.#wrong(`it chose security type ${piece[0]}, only None is offered`);
        this.#expect('init', 1);
        return { said: 'security' };
      case 'init':
        this.#expect('type', 1);
        return { said: 'init' };
      case 'type': {
        this.#type = piece[0]!;
        const length = FIXED[this.#type];
        if (length === undefined) return this.#wrong(`message type ${this.#type} is none it may send`);
        this.#expect('message', length);
        return undefined;
      }
      case 'message':
        return this.#message(piece);
      case 'encoding': {
        const encoding = piece.readInt32BE(0);
        if (KNOWN.has(encoding) && !this.#encodings.includes(encoding)) this.#encodings.push(encoding);
        this.#left--;
        return this.#moreEncodings();
      }
      default:
        return undefined;
    }
  }

  #version(text: string): VncEvent {
    const digits = /^RFB 003\.(\d{3})\n$/.exec(text)?.[1];
    if (digits === undefined) return this.#wrong('its first words are not those of RFB 3');
    // RFC 6143, 7.1.1: a version nobody knows is taken for 3.3; a later one for ours
    const minor = Number(digits) >= 8 ? 8 : Number(digits) === 7 ? 7 : 3;
    if (minor === 3) this.#expect('init', 1);
    else this.#expect('security', 1);
    return { said: 'version', minor };
  }

  #message(piece: Buffer): VncEvent | undefined {
    switch (this.#type) {
      case CLIENT.setPixelFormat: {
        const format = parsePixelFormat(piece.subarray(3));
        if (typeof format === 'string') return this.#wrong(`it asks for ${format}`);
        this.#expect('type', 1);
        return { said: 'format', format };
      }
      case CLIENT.setEncodings:
        this.#encodings = [];
        this.#left = piece.readUInt16BE(1);
        return this.#moreEncodings();
      case CLIENT.updateRequest: {
        const [x, y, width, height] = [1, 3, 5, 7].map((at) => piece.readUInt16BE(at)) as [
          number,
          number,
          number,
          number,
        ];
        this.#expect('type', 1);
        return { said: 'request', incremental: piece[0] !== 0, rect: { x, y, width, height } };
      }
      case CLIENT.cutText:
        this.#skip(piece.readUInt32BE(3));
        return undefined;
      case CLIENT.setDesktopSize:
        this.#skip(piece[5]! * SCREEN_BYTES);
        return { said: 'resize' };
      default: // keys and pointers: it is a view
        this.#expect('type', 1);
        return undefined;
    }
  }

  #moreEncodings(): VncEvent | undefined {
    if (this.#left > 0) {
      this.#expect('encoding', 4);
      return undefined;
    }
    this.#expect('type', 1);
    return { said: 'encodings', encodings: this.#encodings };
  }

  #wrong(why: string): VncEvent {
    this.#expect('deaf', 0);
    return { said: 'wrong', why };
  }
}
