/** SFP+ module memory: the A0h and A2h maps, field by field. Sources: SFF-8472; Linux include/linux/sfp.h. */
import { bits, choice, type Evidence, flag, type Provenance, reg, table } from '#regmap/declare.ts';

const from = (evidence: Evidence, source: string): Provenance => ({ evidence, source });
const SFP_H = from('driver', 'Linux include/linux/sfp.h');
const SFF = from('standard', 'SFF-8472');
const byte = { ...SFP_H, width: 8 } as const;
const pair = { ...SFF, width: 16 } as const;
const quad = { ...SFF, width: 32 } as const;
const number = (doc: string) => ({ VALUE: bits(7, 0, 'ro', doc) });
const word = (doc: string) => ({ VALUE: bits(15, 0, 'ro', doc) });

/** Identification, I2C address A0h; an address is a byte offset. */
export const SFP_A0 = table('SFP_A0', {
  IDENTIFIER: reg(0, 'Identifier', { KIND: choice(7, 0, 'ro', { sfp: 3 }, 'What sort of module') }, byte),
  EXT_IDENTIFIER: reg(1, 'Extended identifier', number('4: described by this memory alone'), byte),
  CONNECTOR: reg(
    2,
    'Connector',
    { KIND: choice(7, 0, 'ro', { LC: 0x07, 'copper-pigtail': 0x21 }, 'What plugs in') },
    byte,
  ),
  COMPLIANCE_10G: reg(
    3,
    '10G compliance',
    {
      ER: flag(7, 'ro', '10GBASE-ER'),
      LRM: flag(6, 'ro', '10GBASE-LRM'),
      LR: flag(5, 'ro', '10GBASE-LR'),
      SR: flag(4, 'ro', '10GBASE-SR'),
    },
    byte,
  ),
  COMPLIANCE_1G: reg(
    6,
    '1G compliance',
    {
      T: flag(3, 'ro', '1000BASE-T'),
      CX: flag(2, 'ro', '1000BASE-CX'),
      LX: flag(1, 'ro', '1000BASE-LX'),
      SX: flag(0, 'ro', '1000BASE-SX'),
    },
    byte,
  ),
  CABLE: reg(8, 'Cable technology', { ACTIVE: flag(3, 'ro', 'Active'), PASSIVE: flag(2, 'ro', 'Passive') }, byte),
  ENCODING: reg(11, 'Encoding', { CODE: choice(7, 0, 'ro', { none: 0, '8b10b': 1, '64b66b': 6 }, 'Line code') }, byte),
  RATE: reg(12, 'Nominal rate', number('Units of 100 MBd'), byte),
  REACH_SMF_KM: reg(14, 'Reach, single mode', number('Kilometres'), byte),
  REACH_SMF_100M: reg(15, 'Reach, single mode', number('Units of 100 m'), byte),
  REACH_OM2: reg(16, 'Reach, OM2', number('Units of 10 m'), byte),
  REACH_OM1: reg(17, 'Reach, OM1', number('Units of 10 m'), byte),
  REACH_OM4: reg(18, 'Reach, OM4 or copper', number('OM4: units of 10 m; copper: metres'), byte),
  REACH_OM3: reg(19, 'Reach, OM3', number('Units of 10 m'), byte),
  EXT_COMPLIANCE: reg(36, 'Extended compliance', number('Code'), byte),
  OUI0: reg(37, 'Vendor OUI, first byte', number('Byte'), byte),
  OUI1: reg(38, 'Vendor OUI, second byte', number('Byte'), byte),
  OUI2: reg(39, 'Vendor OUI, third byte', number('Byte'), byte),
  WAVELENGTH: reg(
    60,
    'Wavelength, or copper compliance',
    word('Nanometres; copper: byte 60 bit 0 SFF-8431 App. E, bit 2 limiting'),
    {
      ...SFP_H,
      width: 16,
    },
  ),
  CC_BASE: reg(63, 'Checksum of bytes 0 to 62', number('Low byte of the sum'), byte),
  OPTIONS: reg(
    65,
    'Options',
    {
      TX_DISABLE: flag(4, 'ro', 'TX_DISABLE implemented'),
      TX_FAULT: flag(3, 'ro', 'TX_FAULT implemented'),
      LOS: flag(1, 'ro', 'Loss of signal implemented'),
    },
    byte,
  ),
  DIAGNOSTICS: reg(
    92,
    'Diagnostic monitoring type',
    {
      DDM: flag(6, 'ro', 'Implemented'),
      INTERNAL: flag(5, 'ro', 'Internally calibrated'),
      EXTERNAL: flag(4, 'ro', 'Externally calibrated'),
      AVERAGE: flag(3, 'ro', 'Received power is an average'),
    },
    byte,
  ),
  ENHANCED: reg(
    93,
    'Enhanced options',
    {
      ALARMS: flag(7, 'ro', 'Alarm and warning flags'),
      SOFT_TX_DISABLE: flag(6, 'ro', 'Soft TX disable'),
      SOFT_TX_FAULT: flag(5, 'ro', 'Soft TX fault'),
      SOFT_LOS: flag(4, 'ro', 'Soft loss of signal'),
    },
    byte,
  ),
  SFF8472: reg(94, 'SFF-8472 revision', number('5: 11.0; 8: 12.0'), byte),
  CC_EXT: reg(95, 'Checksum of bytes 64 to 94', number('Low byte of the sum'), byte),
});

/** ASCII fields of A0h, padded with spaces. */
export const SFP_TEXTS = {
  VENDOR: { at: 20, length: 16, doc: 'Vendor name' },
  PART_NUMBER: { at: 40, length: 16, doc: 'Vendor part number' },
  PART_REVISION: { at: 56, length: 4, doc: 'Vendor revision' },
  SERIAL: { at: 68, length: 16, doc: 'Serial number' },
  DATE_CODE: { at: 84, length: 8, doc: 'Date code YYMMDD, lot' },
} as const;

const level = (at: number, what: string, unit: string) => ({
  HIGH_ALARM: reg(at, `${what}, high alarm`, word(unit), pair),
  LOW_ALARM: reg(at + 2, `${what}, low alarm`, word(unit), pair),
  HIGH_WARNING: reg(at + 4, `${what}, high warning`, word(unit), pair),
  LOW_WARNING: reg(at + 6, `${what}, low warning`, word(unit), pair),
});
const named = <N extends string, const L extends Readonly<Record<string, unknown>>>(name: N, of: L) =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [`${name}_${key}`, value])) as {
    readonly [K in keyof L & string as `${N}_${K}`]: L[K];
  };
const calibration = (at: number, what: string) => ({
  SLOPE: reg(at, `${what}, slope`, word('Unsigned, 1/256'), pair),
  OFFSET: reg(at + 2, `${what}, offset`, word('Signed'), pair),
});
const C256 = 'Signed, 1/256 degree Celsius';
const UV100 = '100 uV';
const UA2 = '2 uA';
const UW01 = '0.1 uW';

/** Only externally calibrated modules use these: value = raw * slope / 256 + offset; received power is a polynomial. */
const EXTERNAL_CALIBRATION = {
  RX_POLY4: reg(56, 'Received power, coefficient 4', { VALUE: bits(31, 0, 'ro', 'IEEE 754 single') }, quad),
  RX_POLY3: reg(60, 'Received power, coefficient 3', { VALUE: bits(31, 0, 'ro', 'IEEE 754 single') }, quad),
  RX_POLY2: reg(64, 'Received power, coefficient 2', { VALUE: bits(31, 0, 'ro', 'IEEE 754 single') }, quad),
  RX_POLY1: reg(68, 'Received power, coefficient 1', { VALUE: bits(31, 0, 'ro', 'IEEE 754 single') }, quad),
  RX_POLY0: reg(72, 'Received power, coefficient 0', { VALUE: bits(31, 0, 'ro', 'IEEE 754 single') }, quad),
  ...named('BIAS', calibration(76, 'Laser bias')),
  ...named('TX', calibration(80, 'Transmitted power')),
  ...named('TEMP', calibration(84, 'Temperature')),
  ...named('VCC', calibration(88, 'Supply voltage')),
};

/** Diagnostics, I2C address A2h; an address is a byte offset, two bytes are big endian. */
export const SFP_A2 = table('SFP_A2', {
  ...named('TEMP', level(0, 'Temperature', C256)),
  ...named('VCC', level(8, 'Supply voltage', UV100)),
  ...named('BIAS', level(16, 'Laser bias', UA2)),
  ...named('TX', level(24, 'Transmitted power', UW01)),
  ...named('RX', level(32, 'Received power', UW01)),
  ...EXTERNAL_CALIBRATION,
  CC_DMI: reg(95, 'Checksum of bytes 0 to 94', number('Low byte of the sum'), { ...SFF, width: 8 }),
  TEMP: reg(96, 'Temperature', word(C256), pair),
  VCC: reg(98, 'Supply voltage', word(UV100), pair),
  BIAS: reg(100, 'Laser bias', word(UA2), pair),
  TX_POWER: reg(102, 'Transmitted power', word(UW01), pair),
  RX_POWER: reg(104, 'Received power', word(UW01), pair),
  STATUS: reg(
    110,
    'Status and control',
    {
      TX_DISABLE: flag(7, 'ro', 'TX_DISABLE pin'),
      SOFT_TX_DISABLE: flag(6, 'rw', 'Soft TX disable'),
      TX_FAULT: flag(2, 'ro', 'TX_FAULT pin'),
      RX_LOS: flag(1, 'ro', 'Loss of signal pin'),
    },
    { ...SFF, width: 8 },
  ),
  ALARMS: reg(112, 'Alarm flags', flags(), pair),
  WARNINGS: reg(116, 'Warning flags', flags(), pair),
});

/** Bytes 112 and 113 (alarms) or 116 and 117 (warnings) as one big endian number. */
function flags() {
  return {
    TEMP_HIGH: flag(15, 'ro', 'Temperature above'),
    TEMP_LOW: flag(14, 'ro', 'Temperature below'),
    VCC_HIGH: flag(13, 'ro', 'Supply above'),
    VCC_LOW: flag(12, 'ro', 'Supply below'),
    BIAS_HIGH: flag(11, 'ro', 'Bias above'),
    BIAS_LOW: flag(10, 'ro', 'Bias below'),
    TX_HIGH: flag(9, 'ro', 'Transmitted power above'),
    TX_LOW: flag(8, 'ro', 'Transmitted power below'),
    RX_HIGH: flag(7, 'ro', 'Received power above'),
    RX_LOW: flag(6, 'ro', 'Received power below'),
  };
}

/** Milliseconds from insertion until the module answers and sees light. Source: Linux drivers/net/phy/sfp.c. */
export const SFP_READY_MS = 300;

/** Optical power below which a module reports dark, dBm: 0.1 uW is the smallest step of the diagnostics. */
export const DARK_DBM = -40;

/** Between dBm and the tenths of a microwatt of A2h; dark is 0. */
export const tenthsOfMicrowatt = (dbm: number): number =>
  dbm <= DARK_DBM ? 0 : Math.min(0xffff, Math.round(10 ** (dbm / 10) * 10_000));
export const dbmOf = (tenths: number): number => (tenths <= 0 ? DARK_DBM : 10 * Math.log10(tenths / 10_000));

/** Between degrees Celsius and the signed 1/256 degrees of A2h. */
export const temperatureWord = (celsius: number): number =>
  Math.max(-0x8000, Math.min(0x7fff, Math.round(celsius * 256))) & 0xffff;
export const celsiusOf = (word16: number): number => (word16 > 0x7fff ? word16 - 0x10000 : word16) / 256;
