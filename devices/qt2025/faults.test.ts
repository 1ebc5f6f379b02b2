/** The fault catalogue, row by row: what the registers show. */
import { expect, test } from 'vitest';
import { MODULE_TYPE, QT2025_PHY_ID, UC_STATUS } from '#datasheets/qt2025.ts';
import { QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import { bench, R } from './bench.ts';

test('a healthy link shows every bit good and nothing latched', () => {
  const { up, raw, opinions } = bench();
  up();
  expect(raw(R.PMA_STAT1)).toBe(0x0006);
  expect(raw(R.PCS_STAT1)).toBe(0x0006);
  expect(raw(R.PHYXS_STAT1)).toBe(0x0006);
  expect(raw(R.PMA_STAT2)).toBe(0xb181);
  expect(raw(R.BASER_STAT1)).toBe(0x1001);
  expect(raw(R.BASER_STAT2)).toBe(0x8000);
  expect(raw(R.XGXS_LANES)).toBe(0x1c0f);
  expect(raw(R.PMA_RXDET)).toBe(1);
  expect(opinions()).toEqual({ phylib: true, falcon: true });
});

test('rx-loss: signal detect, links and lock drop, faults and alarms latch', () => {
  const { up, device, wait, read, raw, xdata, status, opinions } = bench();
  up();
  device.fault('rx-loss');
  wait(30);
  expect(read(R.PMA_RXDET).GLOBAL).toBe(false);
  expect(read(R.PMA_STAT1)).toMatchObject({ LSTATUS: false, FAULT: true });
  expect(read(R.PMA_STAT2).RXFAULT).toBe(true);
  expect(raw(R.BASER_STAT1)).toBe(0);
  expect(read(R.RX_ALARM_STAT)).toMatchObject({ PMA_FAULT: true, OPTICAL_POWER: true });
  expect([UC_STATUS.acquiring, UC_STATUS.searching]).toContain(status());
  expect(xdata(0)).toBe(3);
  expect(device.inspect().dom?.rxDbm).toBe(-40);
  expect(opinions()).toEqual({ phylib: false, falcon: false });
});

test('weak-light: the PMA holds, the PCS reports high BER, the counters saturate', () => {
  const { up, device, wait, read, opinions } = bench();
  up();
  device.fault('weak-light');
  wait(10);
  expect(read(R.PMA_STAT1)).toMatchObject({ LSTATUS: true, FAULT: false });
  expect(read(R.BASER_STAT1)).toEqual({ RXLINK: false, HIBER: true, BLOCKLOCK: true });
  expect(read(R.PCS_STAT1).LSTATUS).toBe(false);
  expect(read(R.BASER_STAT2)).toEqual({ BLOCKLOCK: true, HIBER: true, BER: 63, ERRBLKS: 255 });
  wait(1);
  expect(read(R.BASER_STAT2).BER).toBe(63);
  expect(device.inspect().stages).toMatchObject({ pma: 'locked', pcs: 'warn' });
  expect(opinions()).toEqual({ phylib: true, falcon: false });
});

test('weak-light above the sensitivity harms nobody', () => {
  const { up, device, wait, read, opinions } = bench();
  up();
  device.fault('weak-light', { rx_dbm: -9 });
  wait(1000);
  expect(read(R.BASER_STAT2)).toEqual({ BLOCKLOCK: true, HIBER: false, BER: 0, ERRBLKS: 0 });
  expect(opinions()).toEqual({ phylib: true, falcon: true });
});

test('weak-light just under the sensitivity trickles errors without high BER', () => {
  const { up, device, wait, read } = bench();
  up();
  device.fault('weak-light', { rx_dbm: -11.5 });
  wait(1000);
  const { HIBER, ERRBLKS } = read(R.BASER_STAT2);
  expect(HIBER).toBe(false);
  expect(ERRBLKS).toBeGreaterThan(10);
  expect(ERRBLKS).toBeLessThan(255);
});

test('bit-errors: counters grow at the given rate and clear on read, the link stays', () => {
  const { up, device, wait, read, opinions } = bench();
  up();
  device.fault('bit-errors', { per_second: 50 });
  wait(2000);
  const { ERRBLKS, HIBER } = read(R.BASER_STAT2);
  expect(ERRBLKS).toBeGreaterThan(60);
  expect(ERRBLKS).toBeLessThan(140);
  expect(HIBER).toBe(false);
  expect(read(R.BASER_STAT2).ERRBLKS).toBe(0);
  expect(opinions()).toEqual({ phylib: true, falcon: true });
});

test('high-ber: high BER with good light and no power alarm', () => {
  const { up, device, wait, read, opinions } = bench();
  up();
  device.fault('high-ber');
  wait(10);
  expect(read(R.BASER_STAT1)).toMatchObject({ HIBER: true, BLOCKLOCK: true });
  expect(read(R.RX_ALARM_STAT).OPTICAL_POWER).toBe(false);
  expect(opinions()).toEqual({ phylib: true, falcon: false });
});

test('pcs-stuck: block lock without PCS link, until the PMA loopback is pulsed for 100 ms', () => {
  const { up, device, wait, peek, set, links } = bench();
  up();
  device.fault('pcs-stuck');
  expect(links()).toEqual({ pma: true, pcs: false, phyxs: true });
  expect(peek(R.BASER_STAT1).BLOCKLOCK).toBe(true);
  set(R.PMA_CTRL1, { LOOPBACK: true });
  wait(50);
  set(R.PMA_CTRL1, { LOOPBACK: false });
  wait(1000);
  expect(links().pcs).toBe(false);
  set(R.PMA_CTRL1, { LOOPBACK: true });
  wait(100);
  set(R.PMA_CTRL1, { LOOPBACK: false });
  wait(1000);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
  expect(device.activeFaults).toEqual([]);
});

test('xaui-down: lanes and alignment go, the optical side stays', () => {
  const { up, device, raw, read, links, opinions } = bench();
  up();
  device.fault('xaui-down');
  expect(raw(R.XGXS_LANES)).toBe(0x0c00);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: false });
  expect(read(R.TX_ALARM_STAT).PHYXS_FAULT).toBe(true);
  expect(opinions()).toEqual({ phylib: true, falcon: false });
});

test('tx-fault: the transmit fault latches, the laser is off, the receiver goes on', () => {
  const { up, device, read, links, opinions } = bench();
  up();
  device.fault('tx-fault');
  expect(read(R.PMA_STAT1)).toMatchObject({ FAULT: true, LSTATUS: true });
  expect(read(R.PMA_STAT2).TXFAULT).toBe(true);
  expect(read(R.TX_ALARM_STAT)).toMatchObject({
    LASER_POWER: true,
    LASER_TEMP: true,
    LASER_BIAS: true,
    PMA_FAULT: true,
  });
  expect(device.inspect().light).toMatchObject({ transmitting: false, txDbm: null });
  expect(links().pma).toBe(true);
  expect(opinions()).toEqual({ phylib: true, falcon: false });
});

test('module-out: MOD_ABS, status 30, type 07; clearing puts the same module back', () => {
  const { up, device, wait, peek, byte, status, links } = bench({ module: 'lr' });
  up();
  device.fault('module-out');
  expect(peek(R.PIN_STATUS).MOD_ABS).toBe(true);
  expect(links().pma).toBe(false);
  wait(200);
  expect(status()).toBe(UC_STATUS['no-module']);
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE.invalid);
  device.clear('module-out');
  wait(1200);
  expect(status()).toBe(UC_STATUS.tracking);
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE.LR);
});

test('module-unknown: type 07 and status 31', () => {
  const { up, device, wait, byte, status } = bench();
  up();
  device.fault('module-unknown');
  wait(1500);
  expect(status()).toBe(UC_STATUS['bad-module']);
  expect(byte(R.MOD_TYPE)).toBe(MODULE_TYPE.invalid);
  device.clear();
  wait(2000);
  expect(status()).toBe(UC_STATUS.tracking);
});

test('over-temperature: diagnostics pass the alarm, the transmit alarm latches, the link stays', () => {
  const { up, device, wait, write, read, links } = bench();
  up();
  device.fault('over-temperature', { celsius: 95 });
  expect(device.inspect().dom?.celsius).toBeGreaterThan(90);
  expect(read(R.TX_ALARM_STAT).LASER_TEMP).toBe(true);
  write(R.DOM_REFRESH, 1);
  wait(1100);
  expect(device.peek(0x1a070) & 0x80).toBe(0x80);
  expect(links().pma).toBe(true);
});

test('wrong-revision: 1.D001 differs, and old silicon is refused by the firmware too', () => {
  const { start, device, wait, read, status } = bench();
  device.fault('wrong-revision', { revision: 0xa1 });
  expect(read(R.HW_REV).REV).toBe(0xa1);
  start();
  wait(100);
  expect(status()).toBe(UC_STATUS['revision-too-old']);
  device.clear();
  expect(read(R.HW_REV).REV).toBe(0xb3);
});

test('wrong-id: every MMD identifies as something else', () => {
  const { device } = bench();
  const ids = () =>
    [1, 2, 3, 4].map((mmd) => device.read(mmd * 0x10000 + 2) * 0x10000 + device.read(mmd * 0x10000 + 3));
  expect(ids()).toEqual(Array(4).fill(QT2025_PHY_ID));
  device.fault('wrong-id', { id: 0x00221521 });
  expect(ids()).toEqual(Array(4).fill(0x00221521));
  device.clear('wrong-id');
  expect(ids()).toEqual(Array(4).fill(QT2025_PHY_ID));
});

test('absent: nobody drives the bus', () => {
  const { device } = bench();
  device.fault('absent');
  expect([1, 2, 3, 4].some((mmd) => device.answers(1, mmd))).toBe(false);
  device.clear();
  expect([1, 2, 3, 4].every((mmd) => device.answers(1, mmd))).toBe(true);
});

test('heartbeat-stuck: the core stands still and goes on where it was', () => {
  const { start, wait, device, byte, status } = bench();
  start();
  wait(800);
  device.fault('heartbeat-stuck');
  const beat = byte(R.HEARTBEAT);
  wait(5000);
  expect(byte(R.HEARTBEAT)).toBe(beat);
  expect(status()).toBe(UC_STATUS.configured);
  expect(device.inspect().micro.beating).toBe(false);
  device.clear();
  wait(700);
  expect(status()).toBe(UC_STATUS.tracking);
});

test('heartbeat-stuck: a start under the fault does not beat either', () => {
  const { start, wait, device, byte } = bench();
  device.fault('heartbeat-stuck');
  start();
  wait(3000);
  expect(byte(R.HEARTBEAT)).toBe(0);
  expect(byte(R.UC_STATUS)).toBe(0);
});

test('status-stuck: the heartbeat runs, status stays 00, a second start cures it', () => {
  const { start, wait, device, byte, status, write } = bench();
  device.fault('status-stuck');
  start();
  wait(3000);
  expect(status()).toBe(0);
  const beat = byte(R.HEARTBEAT);
  wait(100);
  expect(byte(R.HEARTBEAT)).not.toBe(beat);
  write(R.MICRO_BOOT, 0xc0);
  write(R.MICRO_BOOT, 0x40);
  wait(1300);
  expect(status()).toBe(UC_STATUS.tracking);
  expect(device.activeFaults).toEqual([]);
});

test('slow-boot: status 10 lasts longer than three seconds', () => {
  const { start, wait, device, status } = bench();
  device.fault('slow-boot', { factor: 10 });
  start();
  wait(6500);
  expect(status()).toBe(UC_STATUS.configured);
  wait(3000);
  expect(status()).toBe(UC_STATUS.configured);
  device.clear();
  wait(800);
  expect(status()).toBe(UC_STATUS.tracking);
});

test.each(['PMA_CTRL1', 'WIS_CTRL1', 'PCS_CTRL1', 'PHYXS_CTRL1'] as const)('reset-stuck: %s never clears', (name) => {
  const { device, wait, write, peek } = bench();
  device.fault('reset-stuck');
  write(R[name], 0x8000);
  wait(2000);
  expect(peek(R[name]).RESET).toBe(true);
  device.clear();
  expect(peek(R[name]).RESET).toBe(false);
});

test('polarity left inverted after a loopback: no block lock until 1.C301 bit 6 is cleared', () => {
  const { up, set, write, wait, links, peek } = bench();
  up();
  set(R.PMA_CTRL1, { LOOPBACK: true });
  wait(500);
  expect(peek(R.PMA_MODE).RXIN_SEL).toBe(true);
  write(R.MICRO_RESETN, 0);
  set(R.PMA_CTRL1, { LOOPBACK: false });
  write(R.MICRO_RESETN, 2);
  wait(1300);
  expect(peek(R.BASER_STAT1).BLOCKLOCK).toBe(false);
  set(R.PMA_MODE, { RXIN_SEL: false });
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
});

test('a flap between two polls shows on the first read only', () => {
  const { up, device, wait, read } = bench(); // falcon's word: the receiver is not held off
  up(0x0013);
  device.fault('rx-loss');
  wait(5);
  device.clear();
  wait(500);
  expect([read(R.PMA_STAT1).LSTATUS, read(R.PMA_STAT1).LSTATUS]).toEqual([false, true]);
});

test.for(Object.keys(QT2025_FAULTS))('%s can be set and cleared from any state and leaves a link behind', (name) => {
  const { start, device, wait, links } = bench();
  device.fault(name);
  start();
  wait(400);
  device.clear(name);
  expect(device.activeFaults).toEqual([]);
  start();
  wait(1500);
  expect(links()).toEqual({ pma: true, pcs: true, phyxs: true });
});

test('names what is wrong with a fault and what is allowed', () => {
  const { device } = bench();
  expect(() => device.fault('rx-los')).toThrow("did you mean 'rx-loss'");
  expect(() => device.clear('rx-los')).toThrow("did you mean 'rx-loss'");
  expect(() => device.fault('toString')).toThrow('no fault');
  expect(() => device.fault('weak-light', { rx_dbm: 5 })).toThrow('from -20 to -9');
  expect(() => device.fault('weak-light', { dbm: -12 })).toThrow('there is rx_dbm');
  expect(() => device.control('insert', { kind: 'xr' })).toThrow('one of sr, lr');
  expect(device.activeFaults).toEqual([]);
});

test('tx-fault: the module says TX_FAULT, and nobody disabled its transmitter', () => {
  const { up, device, write, wait } = bench();
  up();
  write(R.DOM_REFRESH, 1);
  device.fault('tx-fault');
  wait(1100);
  expect(device.peek(0x1a06e)).toBe(0x04);
  write(R.PMA_TXDIS, 1);
  wait(1100);
  expect(device.peek(0x1a06e)).toBe(0x84);
});

test('over-temperature: the coldest setting still passes the alarm; copper has no laser to overheat', () => {
  const hot = bench();
  hot.up();
  const { min } = QT2025_FAULTS['over-temperature'].params.celsius;
  hot.device.fault('over-temperature', { celsius: min });
  hot.device.fault('heartbeat-stuck'); // the module measures by itself
  for (let second = 0; second < 100; second++) {
    expect(hot.device.inspect().dom?.celsius).toBeGreaterThan(75);
    hot.wait(1000);
  }
  const cable = bench({ module: 'dac' });
  cable.up();
  cable.device.fault('over-temperature', {});
  expect(cable.read(R.TX_ALARM_STAT).LASER_TEMP).toBe(false);
});

test('module-unknown: needs a module, and lets a hand pull it', () => {
  const { up, device, wait, peek } = bench();
  up();
  device.fault('module-unknown');
  wait(1000);
  device.control('remove');
  wait(1000);
  expect(peek(R.PIN_STATUS).MOD_ABS).toBe(true);
  device.control('insert', { kind: 'sr' });
  wait(1000);
  expect(device.inspect().cage.module?.kind).toBe('unprogrammed');
});
