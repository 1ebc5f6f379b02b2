/** How the virtual receiver turns light into bit errors. One curve for every module; all of it is our choice but the standard's limits. */

/** Below this the module reports loss of signal, dBm. */
export const LOS_DBM = -24;
/** Receiver sensitivity: a bit error ratio of 1e-12, dBm. Source: 10GBASE-SR stressed sensitivity, IEEE 802.3, 52.5.2. */
export const SENSITIVITY_DBM = -11.1;
/** Decades of bit error ratio for each dB below the sensitivity. */
const DECADES_PER_DB = 10;
const WORST_RATIO = 1e-2;

/** 64B/66B blocks a second on a 10GBASE-R line. Source: IEEE 802.3, clause 49: 10.3125 GBd, 66 bits a block. */
export const BLOCKS_PER_SECOND = 156_250_000;
export const BITS_PER_BLOCK = 66;
export const SYNC_BITS = 2;
/** High BER: this many bad sync headers within this window. Source: IEEE 802.3, 49.2.13. */
export const HIGH_BER = { headers: 16, windowUs: 125 } as const;
/** Bit error ratio of the high-ber fault: twice what the limit takes. */
export const HIGH_BER_RATIO = 1e-3;

/** Bit error ratio at a received power. */
export const bitErrorRatio = (dbm: number): number =>
  Math.min(WORST_RATIO, 10 ** (-12 + DECADES_PER_DB * (SENSITIVITY_DBM - dbm)));

/** Bad sync headers a second at a bit error ratio. */
export const badHeadersPerSecond = (ratio: number): number => BLOCKS_PER_SECOND * SYNC_BITS * ratio;
/** Errored blocks a second at a bit error ratio. */
export const erroredBlocksPerSecond = (ratio: number): number =>
  BLOCKS_PER_SECOND * Math.min(1, BITS_PER_BLOCK * ratio);

/** True when the ratio makes the PCS report high BER. */
export const isHighBer = (ratio: number): boolean =>
  (badHeadersPerSecond(ratio) * HIGH_BER.windowUs) / 1e6 >= HIGH_BER.headers;
