/** The panic screens `user`, `kmsg` and `qr_code`, drawn without allocating: everything is made when the module is loaded. */
import { fontFor, type PanicFont } from './fonts.ts';
import type { PanicLog } from './panic-log.ts';
import { PART_PLACES, type PanicIdentity, type PanicSettings, urlFor } from './panic-options.ts';
import { PanicPayload } from './payload.ts';
import { type PayloadCode, QrEncoder, qrIsLight, qrVersionFor } from './qr.ts';
import { QrLayout, QUIET_MODULES } from './qr-layout.ts';
import { QR_MAX_CODEWORDS, QR_MAX_IMAGE_BYTES, qrRowBytes, qrSize } from './qr-tables.ts';
import { quotient } from './quotient.ts';
import { PanicReport } from './report.ts';
import { BACKGROUND, FOREGROUND, type PanicSurface } from './surface.ts';
import { drawGlyph, drawText } from './text.ts';

export class PanicScreen {
  readonly report = new PanicReport();
  readonly #log: PanicLog;
  readonly #settings: PanicSettings;
  readonly #code: PayloadCode;
  readonly #url: Uint8Array;
  readonly #partAt: number;
  readonly #payload: PanicPayload;
  readonly #encoder = new QrEncoder();
  readonly #scratch = new Uint8Array(QR_MAX_CODEWORDS);
  readonly #image = new Uint8Array(QR_MAX_IMAGE_BYTES);
  readonly #layout = new QrLayout();
  #description = '';

  constructor(log: PanicLog, settings: PanicSettings, identity: PanicIdentity) {
    const url = urlFor(settings, identity);
    this.#log = log;
    this.#settings = settings;
    this.#code = url === '' ? 'bytes' : settings.panic_qr_encoding;
    this.#url = new TextEncoder().encode(url);
    this.#partAt = url.lastIndexOf(PART_PLACES);
    this.#payload = new PanicPayload(settings.panic_qr_parts);
  }

  /** Draws the screen that was asked for, or `user` where that cannot be; `report` says which and why. */
  draw(surface: PanicSurface, description: string): void {
    this.report.clear();
    this.#description = description;
    const asked = this.#settings.panic_screen;
    if (asked === 'kmsg') this.#drawKmsg(surface);
    else if (asked === 'user' || !this.#drawQr(surface)) this.#drawUser(surface);
  }

  /** Shows another of the codes of an animated panic, counted from 0; false when there is none. */
  drawPart(surface: PanicSurface, part: number): boolean {
    const { screen, parts } = this.report;
    if (screen !== 'qr_code' || part < 0 || part >= parts || !this.#encode(part)) return false;
    this.#paintCode(surface);
    return true;
  }

  #drawUser(surface: PanicSurface): void {
    const { width, height } = surface;
    const font = fontFor(height);
    this.report.screen = 'user';
    surface.fill(0, 0, width, height, BACKGROUND);
    const textHeight = MESSAGE_LINES * font.height;
    const y = height > textHeight ? (height - textHeight) >> 1 : 0;
    this.#drawLogo(surface, font, y);
    this.#drawMessage(surface, font, y);
  }

  /** The newest line at the foot of the screen; long lines wrap, their last piece lowest. */
  #drawKmsg(surface: PanicSurface): void {
    const { width, height } = surface;
    const font = fontFor(height);
    this.report.screen = 'kmsg';
    surface.fill(0, 0, width, height, BACKGROUND);
    const columns = quotient(width, font.width);
    if (columns === 0) return; // narrower than a character
    let y = height - font.height - ((height % font.height) >> 1);
    for (let age = 0; age < this.#log.lines && y >= 0; age++) {
      const length = this.#log.lineLength(age) - 1;
      const pieces = length <= columns ? 1 : quotient(length + columns - 1, columns);
      for (let piece = pieces - 1; piece >= 0 && y >= 0; piece--, y -= font.height) {
        const from = piece * columns;
        const to = from + columns < length ? from + columns : length;
        for (let i = from; i < to; i++) drawGlyph(surface, font, this.#log.byteOf(age, i), (i - from) * font.width, y);
      }
    }
  }

  #drawQr(surface: PanicSurface): boolean {
    const { report } = this;
    const { width, height } = surface;
    const { panic_qr_version: largest, panic_qr_fit: fit, panic_qr_min_scale: minScale } = this.#settings;
    const font = fontFor(height);
    const messageHeight = MESSAGE_LINES * font.height;
    if (this.#log.lines === 0) return this.#failed('the log is empty');
    let limit = largest;
    while (fit && limit > 0 && !this.#layout.place(width, height, limit, messageHeight, minScale)) limit--;
    if (limit === 0) return this.#failed('the screen is too small for the code');
    if (!this.#payload.fill(this.#log, limit, this.#url.length, this.#code))
      return this.#failed('not one line of the log fits in the code');
    report.parts = this.#payload.parts;
    report.version = qrVersionFor(this.#code, this.#url.length, this.#payload.partBytes);
    if (!this.#layout.place(width, height, report.version, messageHeight, minScale))
      return this.#failed('the screen is too small for the code');
    if (!this.#encode(0)) return this.#failed('the code could not be made');
    const { canvasX, canvasY, messageY, scale } = this.#layout;
    report.screen = 'qr_code';
    report.scalePx = scale;
    report.tooDense = scale < this.#settings.panic_qr_dense_below;
    report.payloadBytes = this.#payload.length;
    report.linesIn = this.#payload.linesIn;
    report.linesLeftOut = this.#payload.linesLeftOut;
    surface.fill(0, 0, width, height, BACKGROUND);
    if (canvasX >= LOGO_COLUMNS * font.width || canvasY >= LOGO.length * font.height)
      this.#drawLogo(surface, font, messageY);
    this.#drawMessage(surface, font, messageY);
    this.#paintCode(surface);
    return true;
  }

  #failed(why: PanicReport['fallback']): boolean {
    this.report.clear();
    this.report.fallback = why;
    return false;
  }

  /** Encodes one part; all parts take the same version, so that the picture keeps its size. */
  #encode(part: number): boolean {
    const { bytes, length, partBytes, parts } = this.#payload;
    const from = part * partBytes;
    const taken = from + partBytes < length ? partBytes : length - from;
    for (let i = 0; i < taken; i++) this.#image[i] = bytes[from + i]!;
    if (this.#partAt >= 0) this.#writePart(part + 1, parts, bytes, length);
    const { version } = this.report;
    const made = this.#encoder.encode(
      this.#url,
      this.#url.length,
      this.#image,
      taken,
      this.#code,
      this.#scratch,
      this.#image,
      version,
    );
    return made === version && made !== 0;
  }

  #writePart(part: number, parts: number, stream: Uint8Array, length: number): void {
    let at = this.#partAt;
    at = this.#writeTwoDigits(at, part);
    at = this.#writeTwoDigits(at, parts);
    for (let i = length - 4; i < length; i++) {
      this.#url[at++] = hexDigit(stream[i]! >> 4);
      this.#url[at++] = hexDigit(stream[i]! & 15);
    }
  }

  /** Answers where to go on, behind the dot. */
  #writeTwoDigits(at: number, value: number): number {
    this.#url[at] = 0x30 + quotient(value, 10);
    this.#url[at + 1] = 0x30 + (value % 10);
    return at + 3;
  }

  /** Dark on light whichever of the inks is which: many cameras refuse an inverted code. */
  #paintCode(surface: PanicSurface): void {
    const { version } = this.report;
    const { scale, canvasX, canvasY, canvasSize } = this.#layout;
    const size = qrSize(version);
    const rowBytes = qrRowBytes(version);
    const dark = surface.lightInk === FOREGROUND ? BACKGROUND : FOREGROUND;
    surface.fill(canvasX, canvasY, canvasSize, canvasSize, surface.lightInk);
    const left = canvasX + QUIET_MODULES * scale;
    const top = canvasY + QUIET_MODULES * scale;
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        if (qrIsLight(this.#image, rowBytes, x, y)) continue;
        const from = x;
        while (x + 1 < size && !qrIsLight(this.#image, rowBytes, x + 1, y)) x++;
        surface.fill(left + from * scale, top + y * scale, (x - from + 1) * scale, scale, dark);
      }
  }

  #drawMessage(surface: PanicSurface, font: PanicFont, y: number): void {
    const columns = quotient(surface.width, font.width);
    for (let line = 0; line < MESSAGE_LINES; line++) {
      const text = this.#messageLine(line);
      const length = this.#messageLength(line);
      const shown = length < columns ? length : columns;
      drawText(surface, font, text, shown, 0, y + line * font.height, surface.width);
    }
  }

  /** Left out where it would meet the message or the edge of the screen. */
  #drawLogo(surface: PanicSurface, font: PanicFont, messageY: number): void {
    const width = LOGO_COLUMNS * font.width;
    const height = LOGO.length * font.height;
    if (width > surface.width || height > surface.height) return;
    const messageX = (surface.width - this.#messageColumns() * font.width) >> 1;
    if (messageX < width && messageY < height) return;
    for (let line = 0; line < LOGO.length; line++)
      drawText(surface, font, LOGO[line]!, LOGO[line]!.length, 0, line * font.height);
  }

  #messageColumns(): number {
    let columns = 0;
    for (let line = 0; line < MESSAGE_LINES; line++) {
      const length = this.#messageLength(line);
      if (length > columns) columns = length;
    }
    return columns;
  }

  #messageLine(line: number): string {
    return line < MESSAGE.length ? MESSAGE[line]! : this.#description;
  }

  /** Without the newline a description may end in. */
  #messageLength(line: number): number {
    const text = this.#messageLine(line);
    return text.length > 0 && text.charCodeAt(text.length - 1) === 0x0a ? text.length - 1 : text.length;
  }
}

/** The description is the last line. */
const MESSAGE: readonly string[] = ['KERNEL PANIC!', '', 'Please reboot your computer.', ''];
const MESSAGE_LINES = MESSAGE.length + 1;

const LOGO: readonly string[] = [
  '    | | | |    ',
  '  .---------.  ',
  '--|  x   x  |--',
  '--|    Fe   |--',
  '--|   ___   |--',
  "  '---------'  ",
  '    | | | |    ',
];
const LOGO_COLUMNS = 15;

const hexDigit = (value: number): number => (value < 10 ? 0x30 : 0x57) + value;
