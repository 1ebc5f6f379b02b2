/** What the drawn PHY says in words: stages, ladder, firmware; read from its panel and its registers. */
import type { PhyPanel, StageState } from '#bus/api.ts';
import { QT2025, UC_STATUS } from '#datasheets/qt2025.ts';
import { decode } from '#regmap/codec.ts';
import type { Register } from '#regmap/declare.ts';
import type { Cells } from '../store/lab-state.ts';
import { hex } from '../ui/format.ts';
import type { IconName } from '../ui/icon.tsx';

export interface StageWords {
  readonly name: string;
  readonly mmd: string;
  readonly state: StageState;
  readonly lock: { readonly icon: IconName; readonly word: string };
  readonly lines: readonly {
    readonly term: string;
    readonly value: string;
    readonly bad?: boolean;
    readonly mono?: boolean;
  }[];
}

const level = (cells: Cells, register: Register): number | undefined => cells.get(register.at)?.level;
const inHex = (value: number | undefined): string => (value === undefined ? '–' : hex(value));
const yesNo = (value: boolean | undefined): string => (value === undefined ? '–' : value ? 'yes' : 'no');

export const pmaWords = ({ light, stages }: PhyPanel, cells: Cells): StageWords => ({
  name: 'PMA',
  mmd: 'MMD 1',
  state: stages.pma,
  lock: lockWords(stages.pma),
  lines: [
    { term: 'signal', value: light.detected ? 'detected' : 'none', bad: stages.pma === 'down' && !light.detected },
    { term: 'CDR', value: { locked: 'locked', warn: 'marginal', down: 'lost', off: 'off' }[stages.pma] },
    { term: '1.0001h', value: inHex(level(cells, QT2025.PMA_STAT1)), mono: true },
  ],
});

export const pcsWords = ({ stages }: PhyPanel, cells: Cells): StageWords => {
  const raw = level(cells, QT2025.BASER_STAT1);
  const { BLOCKLOCK, HIBER } =
    raw === undefined ? { BLOCKLOCK: undefined, HIBER: undefined } : decode(QT2025.BASER_STAT1, raw);
  return {
    name: 'PCS',
    mmd: 'MMD 3',
    state: HIBER === true ? 'down' : stages.pcs,
    lock: HIBER === true ? { icon: 'bang', word: 'high BER' } : lockWords(stages.pcs),
    lines: [
      { term: 'block lock', value: yesNo(BLOCKLOCK), bad: stages.pcs === 'down' && BLOCKLOCK === false },
      { term: 'high BER', value: yesNo(HIBER), bad: HIBER === true },
      { term: '3.0020h', value: inHex(raw), mono: true },
    ],
  };
};

export const phyxsWords = ({ stages }: PhyPanel, cells: Cells): StageWords => {
  const raw = level(cells, QT2025.XGXS_LANES);
  const lanes = raw === undefined ? undefined : decode(QT2025.XGXS_LANES, raw);
  const synced =
    lanes === undefined ? '–' : [0, 1, 2, 3].filter((lane) => (lanes.SYNC & (1 << lane)) !== 0).join(' ') || 'none';
  return {
    name: 'PHY XS',
    mmd: 'MMD 4',
    state: stages.phyxs,
    lock: lockWords(stages.phyxs),
    lines: [
      { term: 'lanes', value: synced, bad: stages.phyxs === 'down' && synced === 'none' },
      { term: 'aligned', value: yesNo(lanes?.ALIGNED), bad: stages.phyxs === 'down' && lanes?.ALIGNED === false },
      { term: '4.0018h', value: inHex(raw), mono: true },
    ],
  };
};

/** The MAC sees XAUI, and through it a local fault whenever the PCS receives nothing it may pass on (IEEE 802.3, 49.2.14). */
export const macWords = (
  { mac, stages, cage }: PhyPanel,
  cells: Cells,
): StageWords & { readonly state: StageState } => {
  const baseR = level(cells, QT2025.BASER_STAT1);
  const received = baseR === undefined || decode(QT2025.BASER_STAT1, baseR).RXLINK;
  const up = mac.up && received && stages.pma !== 'down' && stages.pcs !== 'down' && stages.pcs !== 'off';
  const idle = stages.phyxs === 'off';
  return {
    name: 'MAC',
    mmd: '',
    state: up ? 'locked' : idle ? 'off' : 'down',
    lock: up ? { icon: 'check', word: 'up' } : { icon: 'cross', word: 'down' },
    lines: [
      mac.up && !up && !idle
        ? { term: 'local fault', value: 'yes', bad: true }
        : { term: 'XAUI', value: mac.up ? 'alive' : 'silent', bad: !mac.up && !idle },
      { term: 'speed', value: '10 Gb/s' },
      { term: 'module', value: cage.module === null ? 'none' : shortModule(cage.module) },
    ],
  };
};

type Module = NonNullable<PhyPanel['cage']['module']>;

/** `SR`, `DAC 3 m`: what fits beside other words. */
export const shortModule = ({ kind, label, lengthM }: Module): string =>
  kind === 'dac' ? `DAC ${lengthM ?? '?'} m` : label.length <= 14 ? label.replace(/^10+G?BASE-/, '') : kind;

/** What is printed on the module: at most 16 characters fit. */
export const moduleLabel = (module: Module): string =>
  module.label.length <= 11 ? `${module.label}${module.nm === null ? '' : ` ${module.nm}`}` : shortModule(module);

const lockWords = (state: StageState): { icon: IconName; word: string } =>
  (
    ({
      locked: { icon: 'locked', word: 'locked' },
      warn: { icon: 'bang', word: 'marginal' },
      down: { icon: 'unlocked', word: 'no lock' },
      off: { icon: 'unlocked', word: 'idle' },
    }) as const
  )[state];

/** A wire between two stages is no better than the worse of them. */
export const wireState = (from: StageState, to: StageState): StageState => {
  for (const state of ['off', 'down', 'warn'] as const) if (from === state || to === state) return state;
  return 'locked';
};

export interface Rung {
  readonly code: string;
  readonly kind: 'ahead' | 'past' | 'now' | 'bad' | 'waits';
}

/** The usual way of the firmware, in order. */
const WAY: readonly number[] = [
  UC_STATUS.starting,
  UC_STATUS.configured,
  UC_STATUS.searching,
  UC_STATUS.acquiring,
  UC_STATUS.tracking,
];
const BAD: readonly number[] = [UC_STATUS['checksum-wrong'], UC_STATUS['revision-too-old'], UC_STATUS.refused];

/** The status ladder with the present code lit; a code off the usual way takes the place where it leaves it. */
export const ladder = (status: number): readonly Rung[] => {
  const twoDigits = (code: number): string => code.toString(16).toUpperCase().padStart(2, '0');
  const present = WAY.indexOf(status);
  const off = present === -1;
  const reached = off ? (BAD.includes(status) ? 0 : 2) : present;
  return WAY.map((code, i): Rung => {
    if (off && i === reached) return { code: twoDigits(status), kind: BAD.includes(status) ? 'bad' : 'waits' };
    if (i === present)
      return {
        code: twoDigits(code),
        kind: status === UC_STATUS.searching ? 'bad' : i === WAY.length - 1 ? 'now' : 'waits',
      };
    return { code: twoDigits(code), kind: i < reached ? 'past' : 'ahead' };
  });
};

export type MicroShows = 'upload' | 'reset' | 'rom' | 'program';

/** What the 8051 bar has room to say: uploading, held in reset, boot ROM, or the program. */
export const microShows = ({ micro }: PhyPanel): MicroShows => {
  if (micro.from === 'sram') return 'program';
  if (micro.uploaded > 0) return 'upload';
  return micro.from;
};
