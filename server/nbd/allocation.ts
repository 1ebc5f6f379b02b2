/** The answer to BLOCK_STATUS in the context base:allocation. */
import { EXTENT } from '#bus/nbd-codec.ts';
import type { NbdExport } from './export.ts';

const EXTENTS_LIMIT = 1024;

/** The payload of the chunk: the context's number, then length and flags of each extent, the last cut where the request ends. */
export const allocation = (
  served: NbdExport,
  context: number,
  { offset, length }: { readonly offset: number; readonly length: number },
  one: boolean,
): Uint8Array => {
  const extents = served.extents(offset, length, one ? 1 : EXTENTS_LIMIT);
  const known = extents.length > 0 ? extents : [{ lengthBytes: length, flags: 0 }];
  const payload = new Uint8Array(4 + 8 * known.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, context);
  known.forEach(({ lengthBytes, flags }, i) => {
    view.setUint32(4 + 8 * i, Math.min(lengthBytes, length));
    view.setUint32(8 + 8 * i, flags & (EXTENT.hole | EXTENT.zero));
  });
  return payload;
};
