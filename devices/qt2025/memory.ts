/** The memories of the PHY and where the bus sees them: program, XDATA, diagnostics. */
import { QT2025_DOM, QT2025_DOM_ALT, QT2025_SRAM, QT2025_SRAM_BYTES, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';

export interface Cell {
  readonly kind: 'sram' | 'xdata' | 'dom';
  readonly bytes: Uint8Array;
  readonly index: number;
}

export interface MemorySnapshot {
  readonly sram: string;
  readonly xdata: string;
  readonly dom: string;
  readonly domAlt: string;
}

export class Memory {
  readonly sram = new Uint8Array(QT2025_SRAM_BYTES);
  readonly xdata = new Uint8Array(QT2025_XDATA_WINDOW.length);
  readonly dom = new Uint8Array(QT2025_DOM.length);
  readonly domAlt = new Uint8Array(QT2025_DOM_ALT.length);
  readonly #windows = [
    ...QT2025_SRAM.map((window) => ({ kind: 'sram' as const, bytes: this.sram, ...window })),
    { kind: 'xdata' as const, bytes: this.xdata, offset: 0, ...QT2025_XDATA_WINDOW },
    { kind: 'dom' as const, bytes: this.dom, offset: 0, ...QT2025_DOM },
    { kind: 'dom' as const, bytes: this.domAlt, offset: 0, ...QT2025_DOM_ALT },
  ];

  /** The byte behind a bus address; undefined where there is no memory. */
  cell(at: number): Cell | undefined {
    for (const { kind, bytes, at: start, length, offset } of this.#windows)
      if (at >= start && at < start + length) return { kind, bytes, index: at - start + offset };
    return undefined;
  }

  /** Power was away. */
  clear(): void {
    for (const bytes of [this.sram, this.xdata, this.dom, this.domAlt]) bytes.fill(0);
  }

  snapshot(): MemorySnapshot {
    return { sram: toHex(this.sram), xdata: toHex(this.xdata), dom: toHex(this.dom), domAlt: toHex(this.domAlt) };
  }

  restore({ sram, xdata, dom, domAlt }: MemorySnapshot): void {
    this.sram.set(fromHex(sram, this.sram.length));
    this.xdata.set(fromHex(xdata, this.xdata.length));
    this.dom.set(fromHex(dom, this.dom.length));
    this.domAlt.set(fromHex(domAlt, this.domAlt.length));
  }
}

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (hex: string, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16) || 0);
