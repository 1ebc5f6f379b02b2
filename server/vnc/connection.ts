/** One viewer of a VNC server: handshake, what it asked for, one update on its way at a time. */
import type { Socket } from 'node:net';
import { ClientInput, type VncEvent } from './client-input.ts';
import { Pending } from './pending.ts';
import { packPixelFormat, SERVER_FORMAT, type VncPixelFormat } from './pixel-format.ts';
import { ENCODING, RESIZE, RESIZED_BY, SECURITY_NONE, VERSION } from './rfb.ts';
import { framed, type ScreenFrame, type ScreenRect, union, type VncScreen } from './screen.ts';
import { colourMap, SCRATCH_BYTES, sendUpdate, sizeUpdate } from './update.ts';
import { ZrleStream } from './zrle.ts';

export interface VncConnectionOptions {
  readonly socket: Socket;
  /** What is shown now; another one when the device is replaced. */
  readonly screen: () => VncScreen;
  readonly name: string;
  /** Time from connecting to the end of the handshake. */
  readonly handshakeMs: number;
  readonly onClose: (reason: string) => void;
}

/** A connection as the lab shows it. */
export interface VncConnectionView {
  readonly peer: string;
  readonly viewing: boolean;
  readonly updates: number;
  /** Bytes written that the client's side has not taken. */
  readonly queuedBytes: number;
}

/** 60 looks a second, while it waits for a change. */
const FRAME_MS = 1000 / 60;

export class VncConnection {
  readonly #options: VncConnectionOptions;
  readonly #peer: string;
  readonly #input = new ClientInput();
  readonly #handshakeTimer: NodeJS.Timeout;
  #minor: 3 | 7 | 8 = 8;
  #format: VncPixelFormat = SERVER_FORMAT;
  #encodings: readonly number[] = [];
  #zrle: ZrleStream | undefined;
  #scratch: Buffer | undefined;
  /** The size the client knows; before the handshake ends 0. */
  #size = { width: 0, height: 0 };
  #screen: VncScreen | undefined;
  /** Of the last look. */
  #frame = { width: 0, height: 0 };
  #seen = -1;
  #pending = new Pending(0, 0);
  #asked: ScreenRect | null = null;
  #sizeReason: { readonly by: number; readonly result: number } | null = null;
  /** The client is to be told the colours of its map, before the next pixels. */
  #mapDue = false;
  #sending = false;
  #timer: NodeJS.Timeout | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #updates = 0;
  #reason = 'the viewer closed';
  #closed = false;
  /** Steps made, and for how many looks there was none while one was due. */
  #steps = 0;
  #mark = -1;
  #looks = 0;

  constructor(options: VncConnectionOptions) {
    this.#options = options;
    const { socket, handshakeMs } = options;
    this.#peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#handshakeTimer = setTimeout(() => this.drop(`no end of the handshake in ${handshakeMs} ms`), handshakeMs);
    socket.on('data', (chunk: Buffer) => this.#heard(chunk));
    socket.on('error', (error) => {
      this.#reason = error.message;
    });
    socket.on('close', () => this.#ended());
    socket.write(VERSION);
  }

  get view(): VncConnectionView {
    return {
      peer: this.#peer,
      viewing: this.#size.width > 0,
      updates: this.#updates,
      queuedBytes: this.#options.socket.writableLength,
    };
  }

  /** Hangs up without a word. */
  drop(reason: string): void {
    if (this.#options.socket.destroyed) return; // what follows from a first reason is none
    this.#reason = reason;
    this.#options.socket.destroy();
  }

  /** Called now and then: who stopped in the middle of a message, or takes nothing, is let go. */
  judge(looksAllowed: number): void {
    const due = this.#input.midway || this.#sending || this.#options.socket.writableLength > 0;
    this.#looks = due && this.#steps === this.#mark ? this.#looks + 1 : 0;
    this.#mark = this.#steps;
    if (this.#looks >= looksAllowed) this.drop('it stopped in the middle of a message, or of an update');
  }

  /** Sends what changed of what was asked for; when nothing did, or too soon, it looks again a frame later. */
  #look(): void {
    if (this.#asked === null || this.#sending || this.#closed || this.#timer !== undefined) return;
    const early = this.#lastMs + FRAME_MS - performance.now();
    if (early > 1) {
      this.#lookIn(early);
      return;
    }
    const frame = this.#see();
    const resize = this.#resize(frame);
    const rects = resize === null ? this.#pending.take(this.#asked) : [];
    if (resize === null && rects.length === 0) {
      this.#lookIn(FRAME_MS);
      return;
    }
    this.#lastMs = performance.now();
    this.#asked = null;
    this.#sending = true;
    (resize === null ? this.#sendRects(frame, rects) : this.#write(resize)).then(
      () => {
        this.#sending = false;
        this.#updates++;
        this.#guarded(() => this.#look());
      },
      (error: unknown) => this.drop((error as Error).message),
    );
  }

  #lookIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#guarded(() => this.#look());
    }, ms);
  }

  #heard(chunk: Buffer): void {
    this.#guarded(() => {
      this.#steps++;
      for (const event of this.#input.take(chunk)) this.#on(event);
      this.#look();
    });
  }

  /** One viewer's trouble, whatever it is, stays its own. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.drop(`it was let go over an error of ours: ${(thrown as Error).message}`);
    }
  }

  #on(event: VncEvent): void {
    const { socket } = this.#options;
    switch (event.said) {
      case 'version':
        this.#minor = event.minor;
        socket.write(event.minor === 3 ? Buffer.of(0, 0, 0, SECURITY_NONE) : Buffer.of(1, SECURITY_NONE));
        break;
      case 'security':
        if (this.#minor === 8) socket.write(Buffer.alloc(4)); // 3.7 is told no result when there is no security
        break;
      case 'init':
        this.#welcome();
        break;
      case 'format':
        this.#format = event.format;
        this.#mapDue = !event.format.trueColour;
        break;
      case 'encodings':
        // a size told at once: how the client learns that the server can
        if (event.encodings.includes(ENCODING.extendedDesktopSize) && !this.#can(ENCODING.extendedDesktopSize))
          this.#sizeReason = { by: RESIZED_BY.server, result: RESIZE.done };
        this.#encodings = event.encodings;
        break;
      case 'request':
        if (!event.incremental) this.#pending.add(event.rect);
        this.#asked = this.#asked === null ? event.rect : union(this.#asked, event.rect);
        break;
      case 'resize':
        this.#sizeReason = { by: RESIZED_BY.client, result: RESIZE.prohibited };
        break;
      case 'wrong':
        this.drop(event.why);
        break;
    }
  }

  #welcome(): void {
    clearTimeout(this.#handshakeTimer);
    const { socket, name } = this.#options;
    const { width, height } = this.#see();
    this.#know({ width, height });
    const text = Buffer.from(name);
    const head = Buffer.alloc(24);
    head.writeUInt16BE(width, 0);
    head.writeUInt16BE(height, 2);
    packPixelFormat(SERVER_FORMAT).copy(head, 4);
    head.writeUInt32BE(text.length, 20);
    socket.write(Buffer.concat([head, text]));
  }

  /** The picture now; what changed in it since the last look is pending. */
  #see(): ScreenFrame {
    const screen = this.#options.screen();
    if (screen !== this.#screen) {
      this.#screen = screen;
      this.#seen = -1;
      this.#pending.add({ x: 0, y: 0, ...this.#size });
    }
    const frame = screen.frame();
    if (frame.width !== this.#frame.width || frame.height !== this.#frame.height) {
      this.#frame = { width: frame.width, height: frame.height };
      this.#pending.add({ x: 0, y: 0, ...this.#size });
    }
    if (frame.version !== this.#seen) {
      for (const rect of screen.damageSince(this.#seen).rects) this.#pending.add(rect);
      this.#seen = frame.version;
    }
    return frame;
  }

  /** An update that tells the size, when there is something to tell and the client understands it. */
  #resize(frame: ScreenFrame): Buffer | null {
    const { width, height } = frame;
    const changed = width !== this.#size.width || height !== this.#size.height;
    const extended = this.#can(ENCODING.extendedDesktopSize);
    if (!changed && (this.#sizeReason === null || !extended)) return null;
    if (!extended && !this.#can(ENCODING.desktopSize)) return null;
    const reason = this.#sizeReason ?? { by: RESIZED_BY.server, result: RESIZE.done };
    this.#sizeReason = null;
    if (changed) this.#know({ width, height });
    return sizeUpdate(frame, extended ? reason : null);
  }

  #know(size: { readonly width: number; readonly height: number }): void {
    this.#size = size;
    this.#pending = new Pending(size.width, size.height);
  }

  async #sendRects(frame: ScreenFrame, rects: readonly ScreenRect[]): Promise<void> {
    // a client that cannot be told of another size sees its own: black where the picture does not reach
    const same = frame.width === this.#size.width && frame.height === this.#size.height;
    if (this.#mapDue) {
      this.#mapDue = false;
      await this.#write(colourMap());
    }
    this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    if (this.#prefersZrle()) this.#zrle ??= new ZrleStream();
    await sendUpdate({
      frame: same ? frame : framed(frame, this.#size),
      rects,
      format: this.#format,
      zrle: this.#prefersZrle() ? this.#zrle : undefined,
      write: (bytes) => this.#write(bytes),
      scratch: this.#scratch,
    });
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#options.socket.write(bytes, (error) => {
        this.#steps++;
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #can(encoding: number): boolean {
    return this.#encodings.includes(encoding);
  }

  #prefersZrle(): boolean {
    return this.#encodings.find((encoding) => encoding >= 0) === ENCODING.zrle;
  }

  #ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#handshakeTimer);
    this.#zrle?.close();
    clearTimeout(this.#timer);
    this.#options.onClose(this.#reason);
  }
}
