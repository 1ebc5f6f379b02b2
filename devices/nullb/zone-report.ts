/** A zone report: descriptors as struct blk_zone lays them out. Source: Linux include/uapi/linux/blkzoned.h. */
import { ZONE_COND, ZONE_DESCRIPTOR_BYTES, ZONE_TYPE } from '#datasheets/null-blk.ts';
import type { Zones } from './zones.ts';

/** One answer holds a mebibyte of descriptors. */
const MOST_ZONES = 2 ** 20 / ZONE_DESCRIPTOR_BYTES;

/** From the zone that holds `sector` on, so many zones; 0 asks for all. Past the end there are none. */
export const zoneReport = (zones: Zones, sector: number, asked: number): Uint8Array => {
  const { layout } = zones;
  const first = zones.zoneOf(sector);
  const count = Math.max(0, Math.min(asked === 0 ? MOST_ZONES : asked, MOST_ZONES, layout.zones - first));
  const bytes = new Uint8Array(count * ZONE_DESCRIPTOR_BYTES);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const { start, length, capacity, writePointer, condition } = zones.view(first + i);
    const at = i * ZONE_DESCRIPTOR_BYTES;
    view.setBigUint64(at, BigInt(start), true);
    view.setBigUint64(at + 8, BigInt(length), true);
    view.setBigUint64(at + 16, writePointer < 0 ? 2n ** 64n - 1n : BigInt(writePointer), true);
    view.setUint8(at + 24, first + i < layout.conventional ? ZONE_TYPE.conventional : ZONE_TYPE.sequential);
    view.setUint8(at + 25, ZONE_COND[condition]);
    view.setBigUint64(at + 32, BigInt(capacity), true);
  }
  return bytes;
};
