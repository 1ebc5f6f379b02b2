/** The data blocks of a CTA-861 extension in words. */

/** One line for each: what it is, and what it names. */
export const dataBlocks = (block: Uint8Array): readonly string[] => {
  const lines: string[] = [];
  const end = Math.min(block[2] ?? 0, block.length - 1);
  for (let at = 4; at < end; ) {
    const length = block[at]! & 31;
    lines.push(words(block[at]! >> 5, block.subarray(at + 1, Math.min(at + 1 + length, end))));
    at += 1 + length;
  }
  return lines;
};

const KINDS: Readonly<Record<number, string>> = { 1: 'audio', 4: 'speakers', 5: 'VESA DTC' };
const EXTENDED: Readonly<Record<number, string>> = {
  0: 'video capability',
  5: 'colorimetry',
  6: 'static HDR metadata',
  13: 'preferred video formats',
  14: '4:2:0 video',
  15: '4:2:0 capability map',
};
const VENDORS: Readonly<Record<number, string>> = { 3075: 'HDMI', 12869080: 'HDMI Forum', 26: 'AMD' };

const words = (tag: number, of: Uint8Array): string => {
  switch (tag) {
    case 2:
      return `video: VIC ${[...of].map((code) => (code >= 129 && code <= 192 ? `${code & 127} (native)` : code)).join(', ')}`;
    case 3: {
      const vendor = (of[0] ?? 0) | ((of[1] ?? 0) << 8) | ((of[2] ?? 0) << 16);
      return `vendor: ${VENDORS[vendor] ?? vendor.toString(16).padStart(6, '0')}`;
    }
    case 7:
      return EXTENDED[of[0] ?? -1] ?? `extended ${of[0] ?? 'without a tag'}`;
    default:
      return KINDS[tag] ?? `reserved ${tag}`;
  }
};
