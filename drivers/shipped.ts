/** One of the drivers that come with the lab, loaded without the others: a driver's process starts sooner. */
import type { DriverModule } from '#bus/kernel-port.ts';

/** Undefined when there is none of that name. */
export const shippedDriver = async (name: string): Promise<DriverModule | undefined> => {
  switch (name) {
    case 'qt2025':
      return (await import('./phy/qt2025.ts')).qt2025;
    case 'qt202x':
      return (await import('./phy/qt202x.ts')).qt202x;
    case 'null_blk':
      return (await import('./block/null-blk.ts')).nullBlk;
    case 'ferro_drm':
      return (await import('./gpu/ferro-drm.ts')).ferroDrm;
    default: {
      const { DRIVERS } = await import('./registry.ts');
      return Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : undefined;
    }
  }
};
