/** What follows when a register is written or a fault changes, beyond what bears on the signal path. */
import { QT2025 } from '#datasheets/qt2025.ts';
import type { Qt2025Fault } from '#datasheets/qt2025-catalogue.ts';
import { decode } from '#regmap/codec.ts';
import { type Boot, wantsRom } from './boot.ts';
import type { Cage } from './cage.ts';
import type { Conditions } from './conditions.ts';
import type { Micro } from './micro.ts';
import type { ProgramMemory } from './program-memory.ts';
import type { Resets } from './resets.ts';

/** Who writes: the host over the bus, or the 8051 through its gateway. */
export type Writer = 'host' | 'micro';

export interface ReactionParts {
  readonly boot: Boot;
  readonly cage: Cage;
  readonly conditions: Conditions;
  readonly micro: Micro;
  readonly program: ProgramMemory;
  readonly resets: Resets;
  readonly now: () => number;
  readonly clear: (fault: Qt2025Fault) => void;
}

export type RegisterReaction = (now: number, old: number, writer: Writer) => void;

/** By register address. */
export const registerReactions = (parts: ReactionParts): ReadonlyMap<number, RegisterReaction> => {
  const { boot, conditions } = parts;
  const released = (raw: number) => decode(QT2025.MICRO_RESETN, raw).RELEASE;
  const fromRom = (raw: number) => wantsRom(decode(QT2025.MICRO_BOOT, raw).FROM);
  return new Map<number, RegisterReaction>([
    [QT2025.MICRO_RESETN.at, (now, old) => boot.resetLine(released(now), released(old))],
    [QT2025.MICRO_BOOT.at, (now, old) => boot.source(fromRom(now), fromRom(old))],
    [
      // The public firmware sets this bit although light is expected: only the host's hand darkens the laser.
      QT2025.PMA_TXDIS.at,
      (now, _old, writer) => {
        if (writer === 'host') conditions.hostTxDisable = decode(QT2025.PMA_TXDIS, now).GLOBAL;
      },
    ],
    [
      QT2025.PMA_CTRL1.at,
      (now, old) => {
        if (conditions.loopbackPulsed(now, old, parts.now())) parts.clear('pcs-stuck');
      },
    ],
    [
      QT2025.GPIO_I2C.at,
      (now, old, writer) => {
        if (writer === 'host' && conditions.i2cClocked(now, old)) parts.clear('i2c-hung');
      },
    ],
  ]);
};

export type FaultReaction = (on: boolean) => void;

/** By fault; the others only bear on the path, or are asked for where they count. */
export const faultReactions = (parts: ReactionParts): Readonly<Partial<Record<Qt2025Fault, FaultReaction>>> => {
  const module = () => parts.cage.want(parts.conditions.wanted());
  const identity = () => parts.resets.identify();
  return {
    'module-out': module,
    'module-unknown': module,
    'wrong-revision': identity,
    'wrong-id': identity,
    'heartbeat-stuck': (on) => parts.micro.freeze(on),
    'status-stuck': (on) => parts.micro.hangI2c(on),
    'corrupt-byte': () => parts.program.corrupt(),
    'reset-stuck': (on) => {
      if (!on) parts.resets.unstick();
    },
  };
};
