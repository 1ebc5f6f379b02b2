/** The module's own memory as the PHY shows it: identity, checksums, diagnostics with their limits. */
import { celsiusOf, dbmOf, SFP_A0, SFP_A2, SFP_TEXTS } from '#datasheets/sfp.ts';

export interface Gauge {
  readonly name: string;
  /** Which reading of the module it is. */
  readonly of: 'celsius' | 'volts' | 'biasMa' | 'txDbm' | 'rxDbm';
  readonly unit: string;
  readonly places: number;
  /** What the PHY's copy of A2h says: it may be old. */
  readonly value: number;
  readonly raw: number;
  /** A2h byte offset of the value. */
  readonly at: number;
  readonly limits: Limits;
}
export interface Limits {
  readonly highAlarm: number;
  readonly lowAlarm: number;
  readonly highWarning: number;
  readonly lowWarning: number;
}
export type Zone = 'normal' | 'high warning' | 'low warning' | 'high alarm' | 'low alarm';

export interface Identity {
  readonly vendor: string;
  readonly partNumber: string;
  readonly revision: string;
  readonly serial: string;
  readonly dateCode: string;
  readonly nm: number;
  readonly reach: string;
  readonly checks: readonly { readonly name: string; readonly good: boolean }[];
}

/** Big endian 16 bits at an offset; 0 beyond the end. */
export const wordAt = (bytes: readonly number[], at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** True when the memory holds a module: something other than all zeroes or all ones. */
export const holdsModule = (bytes: readonly number[]): boolean =>
  bytes.length >= 96 && bytes[0] === 0x03 && bytes.some((byte) => byte !== 0x03);

export const identityOf = (a0: readonly number[], a2: readonly number[]): Identity => {
  const text = ({ at, length }: { at: number; length: number }): string =>
    String.fromCharCode(...a0.slice(at, at + length).map((byte) => (byte >= 0x20 && byte < 0x7f ? byte : 0x20))).trim();
  const copper = ((a0[SFP_A0.CABLE.at] ?? 0) & 0x0c) !== 0;
  return {
    vendor: text(SFP_TEXTS.VENDOR),
    partNumber: text(SFP_TEXTS.PART_NUMBER),
    revision: text(SFP_TEXTS.PART_REVISION),
    serial: text(SFP_TEXTS.SERIAL),
    dateCode: text(SFP_TEXTS.DATE_CODE),
    nm: copper ? 0 : wordAt(a0, SFP_A0.WAVELENGTH.at),
    reach: reachOf(a0, copper),
    checks: [
      { name: 'CC_BASE', good: sumGood(a0, 0, SFP_A0.CC_BASE.at) },
      { name: 'CC_EXT', good: sumGood(a0, 64, SFP_A0.CC_EXT.at) },
      ...(hasDiagnostics(a0) ? [{ name: 'A2h', good: sumGood(a2, 0, SFP_A2.CC_DMI.at) }] : []),
    ],
  };
};

/** The module says that it measures itself. */
export const hasDiagnostics = (a0: readonly number[]): boolean => ((a0[SFP_A0.DIAGNOSTICS.at] ?? 0) & 0x40) !== 0;

/** The five diagnostics with the limits the module itself carries. */
export const gaugesOf = (a2: readonly number[]): readonly Gauge[] =>
  GAUGES.map(({ name, of, unit, places, from, limitsAt, scale }) => ({
    name,
    of,
    unit,
    places,
    at: from,
    raw: wordAt(a2, from),
    value: scale(wordAt(a2, from)),
    limits: {
      highAlarm: scale(wordAt(a2, limitsAt)),
      lowAlarm: scale(wordAt(a2, limitsAt + 2)),
      highWarning: scale(wordAt(a2, limitsAt + 4)),
      lowWarning: scale(wordAt(a2, limitsAt + 6)),
    },
  }));

/** The PHY's copy says something else than the module measures now: the firmware copies once unless told to refresh. */
export const isOld = (gauge: Gauge, now: number): boolean =>
  Math.abs(gauge.value - now) > 0.05 * Math.max(1, Math.abs(now)) + (gauge.of === 'celsius' ? 2 : 0);

/** Where a value stands among its limits; limits of all zero are no limits. */
export const zoneOf = (value: number, limits: Limits): Zone => {
  if (limits.highAlarm <= limits.lowAlarm) return 'normal';
  if (value > limits.highAlarm) return 'high alarm';
  if (value < limits.lowAlarm) return 'low alarm';
  if (value > limits.highWarning) return 'high warning';
  if (value < limits.lowWarning) return 'low warning';
  return 'normal';
};

const GAUGES = [
  {
    name: 'Temperature',
    of: 'celsius',
    unit: '°C',
    places: 1,
    from: SFP_A2.TEMP.at,
    limitsAt: SFP_A2.TEMP_HIGH_ALARM.at,
    scale: celsiusOf,
  },
  {
    name: 'Vcc',
    of: 'volts',
    unit: 'V',
    places: 2,
    from: SFP_A2.VCC.at,
    limitsAt: SFP_A2.VCC_HIGH_ALARM.at,
    scale: (word: number) => word / 10_000,
  },
  {
    name: 'TX bias',
    of: 'biasMa',
    unit: 'mA',
    places: 1,
    from: SFP_A2.BIAS.at,
    limitsAt: SFP_A2.BIAS_HIGH_ALARM.at,
    scale: (word: number) => word / 500,
  },
  {
    name: 'TX power',
    of: 'txDbm',
    unit: 'dBm',
    places: 1,
    from: SFP_A2.TX_POWER.at,
    limitsAt: SFP_A2.TX_HIGH_ALARM.at,
    scale: dbmOf,
  },
  {
    name: 'RX power',
    of: 'rxDbm',
    unit: 'dBm',
    places: 1,
    from: SFP_A2.RX_POWER.at,
    limitsAt: SFP_A2.RX_HIGH_ALARM.at,
    scale: dbmOf,
  },
] as const;

const sumGood = (bytes: readonly number[], from: number, checkAt: number): boolean =>
  bytes.length > checkAt && (bytes.slice(from, checkAt).reduce((sum, byte) => sum + byte, 0) & 0xff) === bytes[checkAt];

const reachOf = (a0: readonly number[], copper: boolean): string => {
  const byte = (register: { readonly at: number }): number => a0[register.at] ?? 0;
  if (copper) return `copper, ${byte(SFP_A0.REACH_OM4)} m`;
  const parts: string[] = [];
  const km = byte(SFP_A0.REACH_SMF_KM);
  if (km > 0) parts.push(`single mode ${km} km`);
  for (const [name, register] of [
    ['OM4', SFP_A0.REACH_OM4],
    ['OM3', SFP_A0.REACH_OM3],
    ['OM2', SFP_A0.REACH_OM2],
    ['OM1', SFP_A0.REACH_OM1],
  ] as const)
    if (byte(register) > 0) parts.push(`${name} ${byte(register) * 10} m`);
  return parts.join(', ') || 'not stated';
};
