/** What a panel shows of the PHY: `inspect()`, put together from its parts. */
import type { PhyPanel, StageState } from '#bus/api.ts';
import { type QT2025, UC_STATUS } from '#datasheets/qt2025.ts';
import { DARK_DBM } from '#datasheets/sfp.ts';
import { MODULES } from '#datasheets/sfp-modules.ts';
import type { RegisterFile } from '#regmap/file.ts';
import type { Boot } from './boot.ts';
import type { Cage } from './cage.ts';
import { led } from './leds.ts';
import type { Micro } from './micro.ts';
import type { PathState } from './path.ts';
import { X } from './xdata.ts';

export interface PanelParts {
  readonly prtad: number;
  readonly regs: RegisterFile<typeof QT2025>;
  readonly xdata: Uint8Array;
  readonly cage: Cage;
  readonly path: PathState;
  readonly micro: Micro;
  readonly boot: Boot;
  readonly rxDbm: number;
  readonly macUp: boolean;
  readonly lasi: boolean;
}

export const panel = (parts: PanelParts): PhyPanel => {
  const { prtad, regs, cage, path, rxDbm, macUp, lasi } = parts;
  const dom = cage.diagnostics();
  const optical = cage.module !== null && MODULES[cage.module.kind].optical;
  const { BER, ERRBLKS } = regs.peek('BASER_STAT2');
  return {
    kind: 'qt2025',
    prtad,
    phyId: regs.level(DEVID1) * 0x10000 + regs.level(DEVID1 + 1),
    revision: regs.peek('HW_REV').REV,
    cage: { module: plugged(cage), readable: cage.ready },
    light: {
      rxDbm: optical && rxDbm > DARK_DBM ? (dom?.rxDbm ?? rxDbm) : null,
      txDbm: path.transmitting && dom !== null ? dom.txDbm : null,
      detected: path.signalDetect,
      transmitting: path.transmitting,
    },
    dom,
    leds: (['LED0', 'LED1', 'LED2'] as const).map((name) => led(regs.peek(name), path)),
    stages: stages(regs, path),
    counters: { ber: BER, erroredBlocks: ERRBLKS },
    mac: { up: macUp },
    lasi,
    micro: microPanel(parts),
    link: link(regs),
    opinions: opinions(regs),
  };
};

const DEVID1 = 0x10002;

const plugged = (cage: Cage): PhyPanel['cage']['module'] => {
  const { module } = cage;
  const texts = cage.label();
  if (module === null || texts === null) return null;
  const { label, nm } = MODULES[module.kind];
  return { kind: module.kind, label, nm, lengthM: module.kind === 'dac' ? module.lengthM : null, ...texts };
};

/** The bit error ratio a 10 Gb/s link may have. Source: IEEE 802.3, 52.1. */
const WORST_GOOD_RATIO = 1e-12;

const stages = (regs: RegisterFile<typeof QT2025>, path: PathState): PhyPanel['stages'] => {
  if (regs.peek('MICRO_RESETN').PATH_POWER !== 3) return { pma: 'off', pcs: 'off', phyxs: 'off' };
  const erring = path.bitErrorRatio > WORST_GOOD_RATIO || path.extraErrorsPerSecond > 0;
  const state = (up: boolean, warn: boolean): StageState => (up ? (warn ? 'warn' : 'locked') : warn ? 'warn' : 'down');
  return {
    pma: state(regs.peek('PMA_STAT1').LSTATUS, path.pmaLink && path.pmaTxFault),
    pcs: state(regs.peek('PCS_STAT1').LSTATUS, path.blockLock && (path.highBer || !path.pcsLink || erring)),
    phyxs: state(regs.peek('PHYXS_STAT1').LSTATUS, false),
  };
};

const microPanel = ({ xdata, micro, boot }: PanelParts): PhyPanel['micro'] => {
  const at = (offset: number): number => xdata[offset] ?? 0;
  const status = at(X.UC_STATUS);
  const verdict = (at(X.SUM_VERDICT0) << 8) | at(X.SUM_VERDICT1);
  const judged = verdict === 0xf628 || verdict === 0xdead;
  const named = at(X.FW_PRODUCT_HI) !== 0;
  const two = (offset: number): string => String(at(offset)).padStart(2, '0');
  const version = `${at(X.FW_VERSION0) >> 4}.${at(X.FW_VERSION0) & 15}.${at(X.FW_VERSION1)}.${at(X.FW_VERSION2)}`;
  return {
    from: boot.from,
    status,
    statusName: Object.entries(UC_STATUS).find(([, code]) => code === status)?.[0] ?? 'unknown',
    heartbeat: at(X.HEARTBEAT),
    beating: micro.beating,
    held: micro.held,
    version: named ? version : null,
    built: named && at(X.FW_MONTH) !== 0 ? `20${two(X.FW_YEAR)}-${two(X.FW_MONTH)}-${two(X.FW_DAY)}` : null,
    sum: judged ? (at(X.SUM_HI) << 8) | at(X.SUM_LO) : null,
    sumGood: judged ? verdict === 0xf628 : null,
    uploaded: boot.uploaded,
    moduleType: at(X.MOD_TYPE),
  };
};

/** The stages that stand in the link as loopbacks are set now, by falcon's masks. */
const inLink = (regs: RegisterFile<typeof QT2025>): readonly ('PMA' | 'PCS' | 'PHYXS')[] => {
  const pma = regs.peek('PMA_CTRL1').LOOPBACK;
  const pcs = regs.peek('PCS_CTRL1').LOOPBACK;
  const xaui = regs.peek('XGXS_VEND1').SYSLPBK;
  return (['PMA', 'PCS', 'PHYXS'] as const).filter(
    (mmd) => !(xaui || (mmd !== 'PHYXS' && pcs) || (mmd === 'PMA' && pma)),
  );
};

const link = (regs: RegisterFile<typeof QT2025>): PhyPanel['link'] => {
  const broken = inLink(regs).find((mmd) => !regs.peek(`${mmd}_STAT1`).LSTATUS);
  return { up: broken === undefined, brokenAt: broken === 'PHYXS' ? 'PHY XS' : (broken ?? null) };
};

/** Who would say "link up" of the levels as they stand now, by the rules of `LINK_OPINIONS`. */
const opinions = (regs: RegisterFile<typeof QT2025>): PhyPanel['opinions'] => {
  const mmds = inLink(regs);
  const good = mmds.every((mmd) => {
    const { TXFAULT, RXFAULT } = regs.peek(`${mmd}_STAT2`);
    return regs.peek(`${mmd}_STAT1`).LSTATUS && !TXFAULT && !RXFAULT;
  });
  const falcon = mmds.length === 0 ? !regs.peek('PHYXS_STAT2').RXFAULT : good;
  return { phylib: regs.peek('PMA_STAT1').LSTATUS, falcon: falcon && !regs.peek('PHYXS_CTRL1').LOOPBACK };
};
