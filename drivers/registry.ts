/** The driver modules that come with the lab, by name. */
import type { DriverModule } from '#bus/kernel-port.ts';
import { BROKEN_BLOCK_DRIVERS } from './block/broken/all-broken.ts';
import { nullBlk } from './block/null-blk.ts';
import { rnull } from './block/rnull.ts';
import { bochs } from './gpu/bochs.ts';
import { BROKEN_DISPLAY_DRIVERS } from './gpu/broken/all-broken.ts';
import { ferroDrm } from './gpu/ferro-drm.ts';
import { qt202x } from './phy/qt202x.ts';
import { qt2025 } from './phy/qt2025.ts';

export const DRIVERS: Readonly<Record<string, DriverModule>> = {
  qt2025,
  qt202x,
  null_blk: nullBlk,
  rnull,
  bochs,
  ferro_drm: ferroDrm,
  ...BROKEN_BLOCK_DRIVERS,
  ...BROKEN_DISPLAY_DRIVERS,
};
