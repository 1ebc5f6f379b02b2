/** `GET /devices/:device/edid?decoded`: what the bytes of an EDID say, right or wrong. */

export interface EdidView {
  /** As they read, in hex. */
  readonly hex: string;
  readonly bytes: number;
  /** `1.4`; null when there are too few bytes to say. */
  readonly version: string | null;
  readonly maker: string;
  readonly product: number;
  readonly serialNumber: number;
  /** `week 1 of 2025`, `model of 2025`. */
  readonly made: string;
  readonly name: string;
  readonly serial: string;
  /** `DisplayPort, 8 bits a colour`, `analog`. */
  readonly input: string;
  readonly sizeMm: readonly [width: number, height: number];
  readonly gamma: number | null;
  /** Any rate within `range`, not only those of the timings. */
  readonly continuous: boolean;
  readonly range: {
    readonly verticalHz: readonly [number, number];
    readonly horizontalKhz: readonly [number, number];
    readonly clockMhz: number;
  } | null;
  readonly timings: readonly EdidTiming[];
  readonly blocks: readonly EdidBlockView[];
  /** What is wrong with it, in words. */
  readonly problems: readonly string[];
}

export interface EdidTiming {
  /** Where it is written. */
  readonly origin: 'detailed' | 'CTA detailed' | 'standard' | 'established';
  readonly preferred: boolean;
  readonly width: number;
  readonly height: number;
  readonly refreshHz: number;
  readonly interlaced: boolean;
  /** Null where the EDID only names size and rate. */
  readonly detail: {
    readonly clockKhz: number;
    /** Display, start and end of sync, total. */
    readonly horizontal: readonly [number, number, number, number];
    readonly vertical: readonly [number, number, number, number];
    /** `+hsync -vsync`; empty for composite sync. */
    readonly sync: string;
  } | null;
}

export interface EdidBlockView {
  /** `base`, `CTA-861 revision 3`, `extension 70h`. */
  readonly kind: string;
  /** What is left of the sum of its bytes; 0 is right. */
  readonly remainder: number;
  /** Data blocks of a CTA extension, in words. */
  readonly holds: readonly string[];
}
