/** IEEE 802.3 Clause 45 management: frame layout, MMD numbers, and the (MMD, register) address used in every table. */

/** MDIO manageable devices by their standard names. Source: IEEE 802.3, table 45-1. */
export const Mmd = { PMAPMD: 1, WIS: 2, PCS: 3, PHYXS: 4, DTEXS: 5, AN: 7, VEND1: 30, VEND2: 31 } as const;

/** One number for (MMD, register): DEVAD in bits 20:16, register in bits 15:0. */
export const c45 = (mmd: number, register: number): number => (mmd << 16) | register;
export const mmdOf = (at: number): number => at >>> 16;
export const registerOf = (at: number): number => at & 0xffff;

/** `3.8000h`, as datasheets print it. */
export const printC45 = (at: number): string =>
  `${mmdOf(at)}.${registerOf(at).toString(16).toUpperCase().padStart(4, '0')}h`;

/** The four Clause 45 operations. Source: IEEE 802.3, table 45-64 (frame structure). */
export const Op = { address: 0b00, write: 0b01, readIncrement: 0b10, read: 0b11 } as const;

/** Frame fields as bit positions in the 32 bits after the preamble, first bit sent = bit 31. Source: IEEE 802.3, 45.3. */
export const FRAME = {
  ST: { hi: 31, lo: 30 },
  OP: { hi: 29, lo: 28 },
  PRTAD: { hi: 27, lo: 23 },
  DEVAD: { hi: 22, lo: 18 },
  TA: { hi: 17, lo: 16 },
  DATA: { hi: 15, lo: 0 },
} as const;

/** MDC cycles of one frame, preamble included. */
export const FRAME_BITS = 64;
/** Fastest MDC of the standard, hertz. The QT2025 itself takes 25 MHz. */
export const MDC_HZ = 2_500_000;
