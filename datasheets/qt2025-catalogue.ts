/** What can go wrong with a QT2025 on purpose, and what a person can do to its cage and fibre. */
import { action } from '#regmap/actions.ts';
import { number, oneOf } from '#regmap/params.ts';

const DRIVERS = 'Linux qt2025.rs, falcon qt202x_phy.c; analysis of the public firmware';

/** Modules that fit the cage. Types and bytes: datasheets/sfp.ts. */
export const MODULE_KINDS = ['sr', 'lr', 'lrm', 'er', 'dac', 'sx', 'unprogrammed'] as const;
export type ModuleKind = (typeof MODULE_KINDS)[number];

export const QT2025_FAULTS = {
  'rx-loss': action(
    'loss of signal',
    'The fibre is dark: signal detect, lock and link drop, receive faults latch',
    DRIVERS,
    {},
  ),
  'weak-light': action(
    'weak light',
    'Dirty connector: the PMA holds, sync headers go bad, the PCS reports high BER',
    'IEEE 802.3 cl. 49; falcon mdio_10g.c',
    {
      rx_dbm: number('Received power', { min: -20, max: -9, default: -12.4, unit: 'dBm' }),
    },
  ),
  'bit-errors': action(
    'bit errors',
    'A marginal link: errored blocks and bad sync headers trickle in, the link stays',
    'IEEE 802.3, 45.2.3.14',
    {
      per_second: number('Errored blocks a second', { min: 1, max: 100_000, default: 20, unit: '1/s' }),
    },
  ),
  'high-ber': action(
    'high BER',
    'Good light, bad bits: high BER without a receive power warning',
    'IEEE 802.3 cl. 49',
    {},
  ),
  'pcs-stuck': action(
    'PCS stuck',
    'Block lock without PCS link until the PMA loopback is pulsed (bug 17190)',
    'falcon qt202x_phy.c',
    {},
  ),
  'xaui-down': action('XAUI down', 'The MAC side is silent: no lane sync, no alignment', 'falcon mdio_10g.c', {}),
  'tx-fault': action(
    'TX fault',
    'The laser failed: TX_FAULT, transmit fault latches, no light to the far end',
    'SFF-8472; IEEE 802.3, 45.2.1.7',
    {},
  ),
  'module-out': action(
    'module out',
    'The module is pulled: MOD_ABS rises and the light goes',
    'analysis of the public firmware',
    {},
  ),
  'module-unknown': action(
    'unknown module',
    'The module memory cannot be classified: type 07h, status 31h',
    'analysis of the public firmware',
    {},
  ),
  'over-temperature': action(
    'over temperature',
    'The module is too hot: diagnostics pass the alarm threshold',
    'SFF-8472',
    {
      celsius: number('Module temperature', { min: 77, max: 125, default: 95, unit: '°C' }),
    },
  ),
  'wrong-revision': action('wrong revision', 'Other silicon: 1.D001h is not B3h', 'Linux qt2025.rs', {
    revision: number('Revision byte', { min: 0, max: 255, default: 0xa1, whole: true }),
  }),
  'wrong-id': action('wrong id', 'Another chip answers: the device identifiers differ', 'Linux phy_device.c', {
    id: number('32-bit identifier', { min: 0, max: 0xffffffff, default: 0x00221521, whole: true }),
  }),
  absent: action('absent', 'Nobody drives the bus: FFFFh and an undriven turnaround', 'IEEE 802.3, 45.3', {}),
  'heartbeat-stuck': action(
    'heartbeat dead',
    'The 8051 core has stopped: the heartbeat does not move',
    'falcon qt202x_phy.c',
    {},
  ),
  'status-stuck': action(
    'status stuck',
    'The heartbeat runs but status stays 00h; a restart through 3.E854h cures it (bug 17689)',
    'falcon qt202x_phy.c',
    {},
  ),
  'slow-boot': action('slow boot', 'The 8051 runs slowly: statuses come late', 'Linux qt2025.rs read_poll_timeout', {
    factor: number('Times slower', { min: 2, max: 100, default: 10 }),
  }),
  'reset-stuck': action('reset stuck', 'x.0 bit 15 never clears', 'IEEE 802.3, 45.2.1.1.1', {}),
} as const;
export type Qt2025Fault = keyof typeof QT2025_FAULTS;

export const QT2025_CONTROLS = {
  insert: action('insert module', 'Puts a module in the cage; readable after 300 ms', 'Linux drivers/net/phy/sfp.c', {
    kind: oneOf('Which module', MODULE_KINDS, 'sr'),
    length_m: number('Copper length, direct attach only', { min: 1, max: 15, default: 3, whole: true, unit: 'm' }),
  }),
  remove: action('pull module', 'Pulls the module out of the cage', 'Linux drivers/net/phy/sfp.c', {}),
  light: action('light', 'Power that the far end sends', 'SFF-8472', {
    dbm: number('Received power; -40 is dark', { min: -40, max: 3, default: -3, unit: 'dBm' }),
  }),
  'power-cycle': action(
    'power cycle',
    'Takes power away and gives it back: registers and program memory are lost',
    'physics',
    {},
  ),
} as const;
