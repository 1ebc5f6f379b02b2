/** The modules that come with the lab: what each is, and its A0h and A2h bytes as it leaves the factory. */
import { MODULE_TYPE } from './qt2025.ts';
import type { ModuleKind } from './qt2025-catalogue.ts';
import { SFP_A0, SFP_A2, SFP_TEXTS, temperatureWord, tenthsOfMicrowatt } from './sfp.ts';

export interface ModuleFacts {
  readonly label: string;
  readonly nm: number | null;
  /** Optical: has light and diagnostics. */
  readonly optical: boolean;
  /** Healthy values; the diagnostics wander around them. Our choice, in the range of real modules. */
  readonly celsius: number;
  readonly biasMa: number;
  readonly txDbm: number;
  readonly partNumber: string;
  /** Bytes that are not zero, by offset. Source: SFF-8472; Linux include/linux/sfp.h. */
  readonly a0: Readonly<Record<number, number>>;
}

const SFP = { 0: 0x03, 1: 0x04 } as const;
const OPTICAL = { ...SFP, 2: 0x07, 65: 0x1a, 92: 0x68, 93: 0xf0, 94: 0x05 } as const;
const TEN_GIG = { ...OPTICAL, 11: 0x06, 12: 0x67 } as const;
const nm = (wavelength: number) => ({ 60: wavelength >> 8, 61: wavelength & 0xff });

export const MODULES: Readonly<Record<ModuleKind, ModuleFacts>> = {
  sr: {
    label: '10GBASE-SR',
    nm: 850,
    optical: true,
    celsius: 35,
    biasMa: 6,
    txDbm: -2.5,
    partNumber: 'FL-10G-SR',
    a0: { ...TEN_GIG, 3: 0x10, 16: 0x08, 17: 0x03, 19: 0x1e, ...nm(850) },
  },
  lr: {
    label: '10GBASE-LR',
    nm: 1310,
    optical: true,
    celsius: 37,
    biasMa: 32,
    txDbm: -2.1,
    partNumber: 'FL-10G-LR',
    a0: { ...TEN_GIG, 3: 0x20, 14: 0x0a, 15: 0x64, ...nm(1310) },
  },
  lrm: {
    label: '10GBASE-LRM',
    nm: 1310,
    optical: true,
    celsius: 36,
    biasMa: 30,
    txDbm: -1.8,
    partNumber: 'FL-10G-LRM',
    a0: { ...TEN_GIG, 3: 0x40, 16: 0x16, 17: 0x16, 19: 0x16, ...nm(1310) },
  },
  er: {
    label: '10GBASE-ER',
    nm: 1550,
    optical: true,
    celsius: 41,
    biasMa: 70,
    txDbm: 1.2,
    partNumber: 'FL-10G-ER',
    a0: { ...TEN_GIG, 3: 0x80, 14: 0x28, 15: 0xff, ...nm(1550) },
  },
  dac: {
    label: 'Direct attach copper, passive',
    nm: null,
    optical: false,
    celsius: 30,
    biasMa: 0,
    txDbm: 0,
    partNumber: 'FL-10G-DAC',
    a0: { ...SFP, 2: 0x21, 8: 0x04, 12: 0x67, 60: 0x01 },
  },
  sx: {
    label: '1000BASE-SX',
    nm: 850,
    optical: true,
    celsius: 33,
    biasMa: 5,
    txDbm: -5.5,
    partNumber: 'FL-1G-SX',
    a0: { ...OPTICAL, 6: 0x01, 11: 0x01, 12: 0x0d, 16: 0x37, 17: 0x1b, ...nm(850) },
  },
  unprogrammed: {
    label: 'Unprogrammed module',
    nm: null,
    optical: true,
    celsius: 34,
    biasMa: 6,
    txDbm: -2.5,
    partNumber: '',
    a0: {},
  },
};

/** Vendor name in every module of the lab. */
export const MODULE_VENDOR = 'FERROLAB';

/** The 256 bytes at A0h, checksums right; an unprogrammed module reads FFh everywhere. */
export const moduleA0 = (kind: ModuleKind, lengthM: number, serial: string): Uint8Array => {
  const bytes = new Uint8Array(256);
  if (kind === 'unprogrammed') return bytes.fill(0xff);
  const { a0, partNumber } = MODULES[kind];
  for (const [at, value] of Object.entries(a0)) bytes[Number(at)] = value;
  if (kind === 'dac') bytes[SFP_A0.REACH_OM4.at] = lengthM;
  putText(bytes, SFP_TEXTS.VENDOR, MODULE_VENDOR);
  putText(bytes, SFP_TEXTS.PART_NUMBER, kind === 'dac' ? `${partNumber}-${lengthM}M` : partNumber);
  putText(bytes, SFP_TEXTS.PART_REVISION, 'A');
  putText(bytes, SFP_TEXTS.SERIAL, serial);
  putText(bytes, SFP_TEXTS.DATE_CODE, '260101');
  bytes[SFP_A0.CC_BASE.at] = lowSum(bytes, 0, 63);
  bytes[SFP_A0.CC_EXT.at] = lowSum(bytes, 64, 95);
  return bytes;
};

/** Thresholds in units a person reads. Typical of the module families; our choice. */
export interface Thresholds {
  readonly celsius: Limits;
  readonly volts: Limits;
  readonly biasMa: Limits;
  readonly txDbm: Limits;
  readonly rxDbm: Limits;
}
export interface Limits {
  readonly highAlarm: number;
  readonly lowAlarm: number;
  readonly highWarning: number;
  readonly lowWarning: number;
}
const limits = (highAlarm: number, lowAlarm: number, highWarning: number, lowWarning: number): Limits => ({
  highAlarm,
  lowAlarm,
  highWarning,
  lowWarning,
});

export const moduleThresholds = (kind: ModuleKind): Thresholds => {
  const { biasMa, txDbm } = MODULES[kind];
  return {
    celsius: limits(75, -5, 70, 0),
    volts: limits(3.63, 2.97, 3.47, 3.13),
    biasMa: limits(biasMa * 2, biasMa * 0.3, biasMa * 1.75, biasMa * 0.5),
    txDbm: limits(txDbm + 4, txDbm - 6, txDbm + 3, txDbm - 5),
    rxDbm: limits(2, -14, 1, -11.1),
  };
};

/** The 256 bytes at A2h with thresholds and their checksum; the measured values are the cage's. Undefined without diagnostics. */
export const moduleA2 = (kind: ModuleKind): Uint8Array | undefined => {
  if (!MODULES[kind].optical) return undefined;
  const bytes = new Uint8Array(256);
  if (kind === 'unprogrammed') return bytes.fill(0xff);
  const { celsius, volts, biasMa, txDbm, rxDbm } = moduleThresholds(kind);
  putLimits(bytes, SFP_A2.TEMP_HIGH_ALARM.at, celsius, temperatureWord);
  putLimits(bytes, SFP_A2.VCC_HIGH_ALARM.at, volts, voltageWord);
  putLimits(bytes, SFP_A2.BIAS_HIGH_ALARM.at, biasMa, biasWord);
  putLimits(bytes, SFP_A2.TX_HIGH_ALARM.at, txDbm, tenthsOfMicrowatt);
  putLimits(bytes, SFP_A2.RX_HIGH_ALARM.at, rxDbm, tenthsOfMicrowatt);
  bytes[SFP_A2.CC_DMI.at] = lowSum(bytes, 0, SFP_A2.CC_DMI.at);
  return bytes;
};

export const voltageWord = (volts: number): number => Math.round(volts * 10_000);
export const biasWord = (milliamps: number): number => Math.min(0xffff, Math.round(milliamps * 500));

/**
 * Module type as the firmware computes it from A0h, first hit wins; checksums are not part of it.
 * Source: analysis of the public firmware; names from the Tehuti driver.
 */
export const classify = (a0: Uint8Array): number => {
  const at = (n: number, bit: number): boolean => (((a0[n] ?? 0) >> bit) & 1) === 1;
  if (a0[0] !== 0x03) return MODULE_TYPE.invalid;
  return CLASSES.find(({ when }) => when(at, a0))?.type ?? MODULE_TYPE.invalid;
};

type Bit = (byte: number, bit: number) => boolean;
const copper = (bit: Bit, a0: Uint8Array): boolean => bit(8, 2) || a0[2] === 0x21;

/** The order of tests, as data: dashboard and documents print it too. */
export const CLASSES: readonly {
  readonly doc: string;
  readonly type: number;
  readonly when: (bit: Bit, a0: Uint8Array) => boolean;
}[] = [
  {
    doc: 'a cable (byte 8 bits 3:2) with SFF-8431 App. E (60.0)',
    type: MODULE_TYPE['passive-DAC'],
    when: (bit) => (bit(8, 2) || bit(8, 3)) && bit(60, 0),
  },
  {
    doc: 'active cable (8.3), limiting (60.2)',
    type: MODULE_TYPE['active-DAC'],
    when: (bit) => bit(8, 3) && bit(60, 2),
  },
  {
    doc: 'passive cable (8.2) or copper pigtail, 10 GBd or more',
    type: MODULE_TYPE['passive-DAC'],
    when: (bit, a0) => copper(bit, a0) && (a0[12] ?? 0) >= 100,
  },
  { doc: '10GBASE-ER (3.7)', type: MODULE_TYPE.ER, when: (bit) => bit(3, 7) },
  { doc: '10GBASE-LRM (3.6)', type: MODULE_TYPE.LRM, when: (bit) => bit(3, 6) },
  { doc: '10GBASE-LR (3.5)', type: MODULE_TYPE.LR, when: (bit) => bit(3, 5) },
  { doc: '10GBASE-SR (3.4)', type: MODULE_TYPE.SR, when: (bit) => bit(3, 4) },
  { doc: '1000BASE-SX (6.0)', type: MODULE_TYPE['1000SX'], when: (bit) => bit(6, 0) },
  { doc: '1000BASE-LX (6.1)', type: MODULE_TYPE['1000LX'], when: (bit) => bit(6, 1) },
  { doc: '1000BASE-CX (6.2)', type: MODULE_TYPE['1000CX'], when: (bit) => bit(6, 2) },
  { doc: '1000BASE-T (6.3)', type: MODULE_TYPE['1000T'], when: (bit) => bit(6, 3) },
  {
    doc: 'passive cable (8.2) or copper pigtail, slower',
    type: MODULE_TYPE['1000CX'],
    when: (bit, a0) => copper(bit, a0),
  },
];

/** A text field without its padding. */
export const textOf = (bytes: Uint8Array, { at, length }: { readonly at: number; readonly length: number }): string =>
  String.fromCharCode(...bytes.subarray(at, at + length))
    .replace(/[^ -~]/g, ' ')
    .trim();

export const lowSum = (bytes: Uint8Array, from: number, to: number): number =>
  bytes.subarray(from, to).reduce((sum, value) => (sum + value) & 0xff, 0);

const putText = (bytes: Uint8Array, { at, length }: { readonly at: number; readonly length: number }, text: string) => {
  const padded = text.padEnd(length).slice(0, length);
  for (let i = 0; i < length; i++) bytes[at + i] = padded.charCodeAt(i) & 0x7f;
};

export const putWord = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = (value >> 8) & 0xff;
  bytes[at + 1] = value & 0xff;
};

const putLimits = (bytes: Uint8Array, at: number, of: Limits, toWord: (value: number) => number): void => {
  const inOrder = [of.highAlarm, of.lowAlarm, of.highWarning, of.lowWarning];
  inOrder.forEach((value, i) => void putWord(bytes, at + 2 * i, toWord(value)));
};
