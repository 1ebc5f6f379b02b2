/** The driver modules that come with the lab, by name. */
import type { DriverModule } from '#bus/kernel-port.ts';
import { qt202x } from './phy/qt202x.ts';
import { qt2025 } from './phy/qt2025.ts';

export const DRIVERS: Readonly<Record<string, DriverModule>> = { qt2025, qt202x };
