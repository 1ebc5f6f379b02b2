/** The display drivers that are wrong on purpose, by name. */
import type { DriverModule } from '#bus/kernel-port.ts';
import { driver as busAddress } from './bus-address.ts';
import { driver as deafFlips } from './deaf-flips.ts';
import { driver as flipsTwice } from './flips-twice.ts';
import { driver as tripsOver } from './trips-over.ts';
import { driver as wrongPitch } from './wrong-pitch.ts';

export const BROKEN_DISPLAY_DRIVERS: Readonly<Record<string, DriverModule>> = Object.fromEntries(
  [wrongPitch, busAddress, flipsTwice, deafFlips, tripsOver].map((driver) => [driver.info.name, driver]),
);
