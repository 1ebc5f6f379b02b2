/** The bench of a lab that is told of none. */
import type { BenchSpec } from './bench-spec.ts';

/**
 * A QT2025 with a 10GBASE-SR module and light, and the driver that brings it up: it looks at the link four times a
 * second, where Linux looks once, so that a person sees at once what a fault does. And a null block device of 1 GiB
 * that keeps what is written, with the kernel's driver. And a display with a full HD monitor, whose driver shows
 * a test card on it while no program draws; it has room for every monitor's picture.
 */
export const DEFAULT_BENCH: BenchSpec = {
  phy0: { device: 'qt2025', prtad: 1, module: 'sr', light_dbm: -3, driver: 'qt2025', params: { poll_ms: 250 } },
  nullb0: { device: 'nullb', attributes: { size: 1024, memory_backed: true }, driver: 'null_blk' },
  card0: { device: 'display', monitor: 'fhd60', vram_mib: 64, driver: 'ferro_drm', params: { client: 'test-card' } },
};
