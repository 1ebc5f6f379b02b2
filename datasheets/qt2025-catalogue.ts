/** What can go wrong with a QT2025 on purpose, and what a person can do to its cage and fibre. */
import { action } from '#regmap/actions.ts';
import { number, oneOf, onOff } from '#regmap/params.ts';

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
    'The clock of the 8051 stands: the heartbeat does not move, the link stays as it is',
    'falcon qt202x_phy.c',
    {},
  ),
  'status-stuck': action(
    'status stuck',
    'The I2C master hangs at its next command: the firmware waits in status 00h for the module, the heartbeat runs. A restart through 3.E854h frees it (bug 17689)',
    'falcon qt202x_phy.c; that it is the I2C master is our choice',
    {},
  ),
  'slow-boot': action(
    'slow boot',
    'The clock of the 8051 is divided: statuses come late, the heartbeat is slow',
    'Linux qt2025.rs read_poll_timeout',
    { factor: number('Times slower', { min: 2, max: 100, default: 10 }) },
  ),
  'corrupt-byte': action(
    'corrupt byte',
    'A cell of program memory has wrong bits, whatever is stored there: the sum is wrong or the program is',
    'physics',
    {
      at: number('Which byte of program memory', { min: 0, max: 0x5fff, default: 0x3000, whole: true }),
      mask: number('The bits that come out wrong', { min: 1, max: 0xff, default: 0x08, whole: true }),
    },
  ),
  'truncated-image': action(
    'truncated image',
    'The upload breaks off: bytes from here on never reach program memory',
    'Linux qt2025.rs; our choice',
    { bytes: number('Bytes that arrive', { min: 0, max: 0x5fff, default: 16_384, whole: true }) },
  ),
  'window-split': action(
    'wrong window split',
    'The upload changes windows at the wrong byte: with the default the second window is never used and its bytes run over the PCS registers behind the first',
    'Linux qt2025.rs v1 to v6: the split that reviewers asked about',
    { at: number('First byte of the second window', { min: 1, max: 24_576, default: 24_576, whole: true }) },
  ),
  'i2c-hung': action(
    'I2C hung',
    'Something holds SDA of the I2C bus low: module and EEPROM cannot be read. Nine clocks on the pins of 1.C303h free it',
    'falcon qt202x_phy.c; I2C specification, bus clear',
    {},
  ),
  'eeprom-clash': action(
    'EEPROM clash',
    "The module answers at the boot EEPROM's address too: what the boot ROM reads is the AND of both, and no program starts",
    'falcon qt202x_phy.c, hint about direct attach cables',
    {},
  ),
  'reset-stuck': action('reset stuck', 'x.0 bit 15 never clears', 'IEEE 802.3, 45.2.1.1.1', {}),
} as const;
export type Qt2025Fault = keyof typeof QT2025_FAULTS;

export const QT2025_CONTROLS = {
  insert: action('insert module', 'Puts a module in the cage; readable after 300 ms', 'Linux drivers/net/phy/sfp.c', {
    kind: oneOf('Which module', MODULE_KINDS, 'sr'),
    length_m: number('Copper length, direct attach only', { min: 1, max: 15, default: 3, whole: true, unit: 'm' }),
  }),
  remove: action('pull module', 'Pulls the module out of the cage', 'Linux drivers/net/phy/sfp.c', {}),
  'save-strap': action(
    'save strap',
    'A strap that asks the firmware to write itself into the boot EEPROM at its next start (status 20h)',
    'analysis of the public firmware, XDATA 4054h bit 5',
    { on: onOff('Set', true) },
  ),
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
