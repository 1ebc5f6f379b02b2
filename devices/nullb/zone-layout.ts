/** How a zoned device is laid out, and which settings of it power on refuses or changes. Source: null_blk zoned.c, null_init_zoned_dev. */
import { refuse, type Settings } from './settings.ts';

export interface ZoneLayout {
  readonly zones: number;
  readonly zoneSectors: number;
  /** Usable sectors of a zone; the last zone may be shorter still. */
  readonly capacitySectors: number;
  /** Of the whole device. */
  readonly deviceSectors: number;
  readonly conventional: number;
  /** 0: no limit. */
  readonly maxOpen: number;
  readonly maxActive: number;
  /** 0: the device takes no appends. */
  readonly maxAppendSectors: number;
  /** Sequential zones start full. */
  readonly full: boolean;
}

const SECTORS_PER_MIB = 2048;

export const zoneLayout = (settings: Settings, sizeMib: number, blockBytes: number): ZoneLayout => {
  const zoneMib = settings.number('zone_size');
  if (zoneMib === 0 || !Number.isInteger(Math.log2(zoneMib)))
    throw refuse('zone_size', `${zoneMib} MiB`, 'it takes a power of two');
  if (zoneMib > sizeMib) throw refuse('zone_size', `${zoneMib} MiB`, `the device has ${sizeMib} MiB`);
  if (settings.number('zone_capacity') === 0) settings.imply('zone_capacity', zoneMib, 'all of the zone');
  const capacityMib = settings.number('zone_capacity');
  if (capacityMib > zoneMib) throw refuse('zone_capacity', `${capacityMib} MiB`, `a zone has ${zoneMib} MiB`);
  if (capacityMib < zoneMib && sizeMib % zoneMib !== 0)
    throw refuse('zone_capacity', `${capacityMib} MiB`, `with a last zone that is short it takes ${zoneMib} MiB`);

  const zones = Math.ceil(sizeMib / zoneMib);
  if (settings.number('zone_nr_conv') >= zones)
    settings.change('zone_nr_conv', zones - 1, `of ${zones} zones one stays sequential`);
  const conventional = settings.number('zone_nr_conv');
  limits(settings, zones - conventional);
  const blockSectors = blockBytes / 512;
  const capacitySectors = capacityMib * SECTORS_PER_MIB;
  const append = settings.number('zone_append_max_sectors');
  return {
    zones,
    zoneSectors: zoneMib * SECTORS_PER_MIB,
    capacitySectors,
    deviceSectors: sizeMib * SECTORS_PER_MIB,
    conventional,
    maxOpen: settings.number('zone_max_open'),
    maxActive: settings.number('zone_max_active'),
    maxAppendSectors: Math.min(append - (append % blockSectors), capacitySectors),
    full: settings.flag('zone_full'),
  };
};

const limits = (settings: Settings, sequential: number): void => {
  if (settings.number('zone_max_active') >= sequential)
    settings.imply('zone_max_active', 0, `there are ${sequential} sequential zones: no limit`);
  const active = settings.number('zone_max_active');
  const open = settings.number('zone_max_open');
  if (active !== 0 && open > active) settings.change('zone_max_open', active, 'no more than zone_max_active');
  else if (open >= sequential && open !== 0)
    settings.imply('zone_max_open', 0, `there are ${sequential} sequential zones: no limit`);
};
