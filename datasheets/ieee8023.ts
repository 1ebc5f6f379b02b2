/** Clause 45 registers that every 10G PHY shares, one builder a register, to be placed in each MMD. */
import { bits, choice, flag, type Provenance, reg } from '#regmap/declare.ts';
import { c45 } from './c45.ts';

const std = (clause: string): Provenance => ({ source: `IEEE 802.3, ${clause}`, evidence: 'standard' });
const uapi: Provenance = { source: 'Linux include/uapi/linux/mdio.h; IEEE 802.3, 45.2.1.1', evidence: 'driver' };

/** x.0: the speed bits 13, 6 and 5:2 read 2040h for 10G. */
const control1 = {
  RESET: flag(15, 'sc', 'Reset this MMD; clears itself when done'),
  SPEED_HI: flag(13, 'rw', 'Speed selection, high bit: with bit 6 and SPEED 0 means 10 Gb/s', 1),
  LOWPOWER: flag(11, 'rw', 'Low power: link bits read 0 meanwhile'),
  SPEED_LO: flag(6, 'rw', 'Speed selection, low bit', 1),
  SPEED: bits(5, 2, 'rw', 'Speed selection beyond 1 Gb/s; 0 is 10 Gb/s'),
};

export const pmaControl1 = (mmd: number) =>
  reg(
    c45(mmd, 0),
    'Control 1',
    { ...control1, LOOPBACK: flag(0, 'rw', 'PMA loopback: transmit returns to receive inside the PMA') },
    uapi,
  );
export const control1Plain = (mmd: number) => reg(c45(mmd, 0), 'Control 1', control1, uapi);
export const control1Loopback = (mmd: number, doc: string) =>
  reg(c45(mmd, 0), 'Control 1', { ...control1, LOOPBACK: flag(14, 'rw', doc) }, uapi);

export const status1 = (mmd: number, link: string) =>
  reg(
    c45(mmd, 1),
    'Status 1',
    {
      FAULT: flag(7, 'ro', 'A transmit or receive fault stands in status 2'),
      LSTATUS: flag(2, 'll', `${link}; a drop stays visible until read`),
      LPABLE: flag(1, 'ro', 'Low power is supported', 1),
    },
    { source: 'Linux include/uapi/linux/mdio.h; IEEE 802.3, 45.2.1.2', evidence: 'driver' },
  );

export const deviceId1 = (mmd: number, reset: number, from: Provenance) =>
  reg(c45(mmd, 2), 'Device identifier 1', { OUI: bits(15, 0, 'ro', 'OUI bits 3 to 18', reset) }, from);

export const deviceId2 = (mmd: number, reset: number, from: Provenance) =>
  reg(
    c45(mmd, 3),
    'Device identifier 2',
    {
      OUI_LO: bits(15, 10, 'ro', 'OUI bits 19 to 24', reset >> 10),
      MODEL: bits(9, 4, 'ro', 'Model number', (reset >> 4) & 63),
      REVISION: bits(3, 0, 'ro', 'Revision number', reset & 15),
    },
    from,
  );

export const speedAbility = (mmd: number) =>
  reg(
    c45(mmd, 4),
    'Speed ability',
    { G10: flag(0, 'ro', 'Runs at 10 Gb/s', 1) },
    { source: 'Linux include/uapi/linux/mdio.h; value is our choice', evidence: 'choice' },
  );

export const package1 = (mmd: number, from: Provenance) =>
  reg(
    c45(mmd, 5),
    'Devices in package 1',
    {
      AN: flag(7, 'ro', 'Auto-negotiation present'),
      DTEXS: flag(5, 'ro', 'DTE XS present'),
      PHYXS: flag(4, 'ro', 'PHY XS present', 1),
      PCS: flag(3, 'ro', 'PCS present', 1),
      WIS: flag(2, 'ro', 'WIS present', 1),
      PMAPMD: flag(1, 'ro', 'PMA/PMD present', 1),
      C22: flag(0, 'ro', 'Clause 22 registers present'),
    },
    from,
  );

export const package2 = (mmd: number) =>
  reg(
    c45(mmd, 6),
    'Devices in package 2',
    { VEND2: flag(15, 'ro', 'Vendor specific 2 present'), VEND1: flag(14, 'ro', 'Vendor specific 1 present') },
    { source: 'no source states it: nothing more is in this package', evidence: 'choice' },
  );

export const packageId = (mmd: number, half: 1 | 2, reset: number) =>
  reg(
    c45(mmd, 13 + half),
    `Package identifier ${half}`,
    { ID: bits(15, 0, 'ro', 'Same as the device identifier', reset) },
    { source: 'no source states it', evidence: 'choice' },
  );

const present = choice(15, 14, 'ro', { present: 0b10 }, 'Device present when 10', 'present');
const faults = {
  PRESENT: present,
  TXFAULT: flag(11, 'lh', 'Fault on the transmit path'),
  RXFAULT: flag(10, 'lh', 'Fault on the receive path'),
};
const status2From: Provenance = {
  source: 'Linux include/uapi/linux/mdio.h; value at reset is our choice',
  evidence: 'choice',
};

export const pmaStatus2 = (mmd: number) =>
  reg(
    c45(mmd, 8),
    'Status 2',
    {
      ...faults,
      TXFAULTABLE: flag(13, 'ro', 'Can detect a transmit fault', 1),
      RXFAULTABLE: flag(12, 'ro', 'Can detect a receive fault', 1),
      EXTABLE: flag(9, 'ro', 'Extended abilities in x.11'),
      TXDISABLE: flag(8, 'ro', 'Can switch the transmitter off', 1),
      SR: flag(7, 'ro', '10GBASE-SR able', 1),
      LR: flag(6, 'ro', '10GBASE-LR able'),
      ER: flag(5, 'ro', '10GBASE-ER able'),
      LOOPBACK: flag(0, 'ro', 'PMA loopback able', 1),
    },
    status2From,
  );
export const pcsStatus2 = (mmd: number) =>
  reg(
    c45(mmd, 8),
    'Status 2',
    {
      ...faults,
      TXFAULTABLE: flag(13, 'ro', 'Can detect a transmit fault'),
      RXFAULTABLE: flag(12, 'ro', 'Can detect a receive fault'),
      BASEW: flag(2, 'ro', '10GBASE-W able', 1),
      BASEX: flag(1, 'ro', '10GBASE-X able'),
      BASER: flag(0, 'ro', '10GBASE-R able', 1),
    },
    status2From,
  );
export const status2Plain = (mmd: number) => reg(c45(mmd, 8), 'Status 2', faults, status2From);

export const signalDetect = (mmd: number) =>
  reg(
    c45(mmd, 10),
    'Receive signal detect',
    { GLOBAL: flag(0, 'ro', 'Light or carrier present, no loss of signal') },
    std('45.2.1.9'),
  );

export const baseRStatus1 = (mmd: number) =>
  reg(
    c45(mmd, 0x20),
    '10GBASE-R status 1 (3.32)',
    {
      RXLINK: flag(12, 'ro', 'Receive link: block lock and no high BER'),
      HIBER: flag(1, 'ro', 'High bit error rate: 16 or more bad sync headers in 125 us'),
      BLOCKLOCK: flag(0, 'ro', '64 good sync headers seen, not yet 16 bad of 64'),
    },
    std('45.2.3.13'),
  );
export const baseRStatus2 = (mmd: number) =>
  reg(
    c45(mmd, 0x21),
    '10GBASE-R status 2 (3.33)',
    {
      BLOCKLOCK: flag(15, 'll', 'Block lock held since the last read'),
      HIBER: flag(14, 'lh', 'High BER seen since the last read'),
      BER: bits(13, 8, 'nr', 'Bad sync headers since the last read, 63 at most'),
      ERRBLKS: bits(7, 0, 'nr', 'Errored blocks since the last read, 255 at most'),
    },
    { source: 'Linux include/uapi/linux/mdio.h; IEEE 802.3, 45.2.3.14', evidence: 'driver' },
  );

export const xgxsLanes = (mmd: number) =>
  reg(
    c45(mmd, 0x18),
    '10G XGXS lane status (4.24)',
    {
      ALIGNED: flag(12, 'ro', 'All four lanes aligned'),
      TESTABLE: flag(11, 'ro', 'Test pattern able', 1),
      LOOPABLE: flag(10, 'ro', 'Loopback able', 1),
      SYNC: bits(3, 0, 'ro', 'Lane 3 to lane 0 synchronised'),
    },
    { source: 'Linux drivers/net/ethernet/sfc/falcon/mdio_10g.c; IEEE 802.3, 45.2.4.9', evidence: 'driver' },
  );
