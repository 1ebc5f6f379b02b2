/** QT2025 registers of MMD 1 that IEEE 802.3 and XENPAK define: PMA/PMD, alarms, LASI. */
import { choice, flag, reg } from '#regmap/declare.ts';
import { c45, Mmd } from './c45.ts';
import * as std from './ieee8023.ts';
import { DEVICES, from, identification, UAPI, word } from './qt2025-sources.ts';

const { PMAPMD } = Mmd;
const [PMA_DEVID1, PMA_DEVID2] = identification(PMAPMD);

const alarm = {
  rx: {
    WIS_FAULT: 9,
    OPTICAL_POWER: 5,
    PMA_FAULT: 4,
    PCS_FAULT: 3,
    PHYXS_FAULT: 0,
  },
  tx: { LASER_BIAS: 9, LASER_TEMP: 8, LASER_POWER: 7, PMA_FAULT: 4, PCS_FAULT: 3, PHYXS_FAULT: 0 },
} as const;
const alarmFields = <A extends 'rw' | 'lh', N extends string>(
  access: A,
  of: Readonly<Record<N, number>>,
  doc: string,
) =>
  Object.fromEntries(Object.entries<number>(of).map(([name, bit]) => [name, flag(bit, access, doc)])) as Record<
    N,
    ReturnType<typeof flag<A>>
  >;

/** MMD 1, standard and XENPAK. */
export const PMA = {
  PMA_CTRL1: std.pmaControl1(PMAPMD),
  PMA_STAT1: std.status1(PMAPMD, 'PMA receive link'),
  PMA_DEVID1,
  PMA_DEVID2,
  PMA_SPEED: std.speedAbility(PMAPMD),
  PMA_DEVS1: std.package1(PMAPMD, DEVICES),
  PMA_DEVS2: std.package2(PMAPMD),
  PMA_CTRL2: reg(
    c45(PMAPMD, 7),
    'Control 2: PMA type',
    {
      TYPE: choice(
        5,
        0,
        'rw',
        {
          '10GBASE-ER': 5,
          '10GBASE-LR': 6,
          '10GBASE-SR': 7,
          '10GBASE-LRM': 8,
          '10GBASE-T': 9,
          '10GBASE-KR': 0xb,
          '1000BASE-T': 0xc,
        },
        'Written by the firmware from the module type; phylib writes 9 and is ignored',
        7,
      ),
    },
    from('driver', 'Linux include/uapi/linux/mdio.h; the firmware writes it by module type'),
  ),
  PMA_STAT2: std.pmaStatus2(PMAPMD),
  PMA_TXDIS: reg(
    c45(PMAPMD, 9),
    'Transmit disable',
    { GLOBAL: flag(0, 'rw', 'Host: no light. The public firmware sets it without darkening the laser') },
    UAPI,
  ),
  PMA_RXDET: std.signalDetect(PMAPMD),
  PMA_EXTABLE: reg(
    c45(PMAPMD, 0xb),
    'Extended ability',
    {
      BASET1: flag(11, 'ro', 'BASE-T1 abilities'),
      KX: flag(6, 'ro', '1000BASE-KX able'),
      KR: flag(4, 'ro', '10GBASE-KR able'),
      LRM: flag(1, 'ro', '10GBASE-LRM able'),
    },
    UAPI,
  ),
  PMA_PKGID1: std.packageId(PMAPMD, 1, 0x0043),
  PMA_PKGID2: std.packageId(PMAPMD, 2, 0xa400),
  RX_ALARM_CTRL: reg(
    c45(PMAPMD, 0x9000),
    'RX_ALARM control: which alarms count',
    alarmFields('rw', alarm.rx, 'Enable'),
    UAPI,
  ),
  TX_ALARM_CTRL: reg(
    c45(PMAPMD, 0x9001),
    'TX_ALARM control: which alarms count',
    alarmFields('rw', alarm.tx, 'Enable'),
    UAPI,
  ),
  LASI_CTRL: reg(
    c45(PMAPMD, 0x9002),
    'LASI control: what pulls the interrupt pin',
    {
      FW: flag(7, 'rw', 'Set by the firmware *'),
      RX: flag(2, 'rw', 'RX_ALARM'),
      TX: flag(1, 'rw', 'TX_ALARM'),
      LS: flag(0, 'rw', 'Link status change'),
    },
    UAPI,
  ),
  RX_ALARM_STAT: reg(
    c45(PMAPMD, 0x9003),
    'RX_ALARM status',
    alarmFields('lh', alarm.rx, 'Alarm since the last read'),
    UAPI,
  ),
  TX_ALARM_STAT: reg(
    c45(PMAPMD, 0x9004),
    'TX_ALARM status',
    alarmFields('lh', alarm.tx, 'Alarm since the last read'),
    UAPI,
  ),
  LASI_STAT: reg(
    c45(PMAPMD, 0x9005),
    'LASI status',
    {
      NOMOD: flag(7, 'rw', 'Set by the firmware while there is no module *'),
      RX: flag(2, 'ro', 'An enabled RX alarm stands'),
      TX: flag(1, 'ro', 'An enabled TX alarm stands'),
      LS: flag(0, 'lh', 'Signal detect, block lock or lane alignment changed'),
    },
    UAPI,
  ),
  TX_FLAG_CTRL: reg(
    c45(PMAPMD, 0x9006),
    'DOM flags into TX_ALARM',
    word('Flag enables'),
    from('standard', 'XENPAK MSA, from memory'),
  ),
  RX_FLAG_CTRL: reg(
    c45(PMAPMD, 0x9007),
    'DOM flags into RX_ALARM',
    word('Flag enables'),
    from('standard', 'XENPAK MSA, from memory'),
  ),
} as const;
