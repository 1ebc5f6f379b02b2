/** phylib: a PHY driver is an identifier and a few callbacks; finding the PHY, attaching and polling happen here. */
import { ms } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { DriverModule } from '#bus/kernel-port.ts';
import { number, type Params } from '#regmap/params.ts';
import { defineModule, type Kernel } from '../kernel/module.ts';
import { type C45Ids, matches, printIds, readC45Ids } from './discovery.ts';
import { genphyC45ConfigAneg, genphyC45PmaReadAbilities, genphyC45ReadStatus, type PhyStatus } from './genphy-c45.ts';
import { PhyDevice } from './phy-device.ts';
import { PhyStateMachine } from './state-machine.ts';

// biome-ignore lint/complexity/noBannedTypes: a driver without parameters of its own has exactly none.
export interface PhyDriver<P extends Params = {}> {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly license: string;
  readonly version?: string;
  readonly drives: readonly string[];
  readonly firmware?: readonly string[];
  /** Besides `prtad` and `poll_ms`, which every PHY driver takes. */
  readonly params?: P;
  /** The 32-bit identifier it binds to, in any MMD; `phyIdMask` says which bits count (all unless given). */
  readonly phyId: number;
  readonly phyIdMask?: number;
  /** Checks and initialises the silicon; rejecting means not bound. */
  probe?(phy: PhyDevice<P & PhyParams>): Promise<void>;
  softReset?(phy: PhyDevice<P & PhyParams>): Promise<void>;
  configInit?(phy: PhyDevice<P & PhyParams>): Promise<void>;
  /** Forced 10 Gb/s unless given. */
  configAneg?(phy: PhyDevice<P & PhyParams>): Promise<void>;
  /** The generic Clause 45 status unless given. */
  readStatus?(phy: PhyDevice<P & PhyParams>): Promise<PhyStatus>;
  remove?(phy: PhyDevice<P & PhyParams>): Promise<void>;
}

/** Parameters of every PHY driver. */
export const PHY_PARAMS = {
  prtad: number('Port address of the PHY; -1 asks 0 to 31 in turn, at 62 reads for each empty one', {
    min: -1,
    max: 31,
    default: 1,
    whole: true,
  }),
  poll_ms: number('Time between two looks at the link', { min: 10, max: 60_000, default: 1000, unit: 'ms' }),
} as const;
export type PhyParams = typeof PHY_PARAMS;

/** A loadable module from a PHY driver. */
export const definePhyDriver = <const P extends Params = Record<never, never>>(driver: PhyDriver<P>): DriverModule =>
  defineModule<P & PhyParams>({
    name: driver.name,
    description: driver.description,
    author: driver.author,
    license: driver.license,
    ...(driver.version === undefined ? {} : { version: driver.version }),
    drives: driver.drives,
    firmware: driver.firmware ?? [],
    params: { ...driver.params, ...PHY_PARAMS } as P & PhyParams,
    async init(kernel) {
      const { poll_ms: pollMs, prtad } = kernel.params as { poll_ms: number; prtad: number };
      const phy = new PhyDevice(kernel, await find(driver, kernel.registers, prtad));
      await driver.probe?.(phy);
      phy.supported = await genphyC45PmaReadAbilities(phy);
      await driver.softReset?.(phy);
      await driver.configInit?.(phy);
      kernel.pr.info(`PHY at port address ${phy.prtad}: ${phy.supported.join(' ') || 'no known link mode'}`);

      const machine = new PhyStateMachine(
        phy,
        {
          configAneg: () => driver.configAneg?.(phy) ?? genphyC45ConfigAneg(phy),
          readStatus: () => driver.readStatus?.(phy) ?? genphyC45ReadStatus(phy),
        },
        ms(pollMs),
      );
      kernel.onExit(async () => {
        await machine.stop();
        await driver.remove?.(phy);
      });
      machine.start();
    },
  });

/** The first port address whose PHY carries the identifier. */
const find = async (
  { name, phyId, phyIdMask }: { readonly name: string; readonly phyId: number; readonly phyIdMask?: number },
  registers: Kernel['registers'],
  asked: number,
): Promise<C45Ids> => {
  const found: string[] = [];
  for (const prtad of asked >= 0 ? [asked] : Array.from({ length: 32 }, (_, i) => i)) {
    const ids = await readC45Ids(registers(prtad).port, prtad).catch((thrown: unknown) => {
      if (asked < 0 && thrown instanceof LabError && thrown.code === 'ENODEV') return undefined;
      throw thrown;
    });
    if (ids === undefined) continue;
    if (matches(ids, phyId, phyIdMask)) return ids;
    found.push(`${printIds(ids)} at ${prtad}`);
  }
  const wanted = `0x${phyId.toString(16).padStart(8, '0')}`;
  throw new LabError('ENODEV', `${name} binds to PHY id ${wanted}; found ${found.join('; ') || 'no PHY at all'}`);
};
