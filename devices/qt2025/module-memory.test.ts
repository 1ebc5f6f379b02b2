/** The module's memory as the host sees it: copies, diagnostics, the mailbox. */
import { expect, test } from 'vitest';
import { QT2025_DOM, QT2025_DOM_ALT } from '#datasheets/qt2025.ts';
import { celsiusOf, dbmOf, SFP_A2 } from '#datasheets/sfp.ts';
import { moduleA0 } from '#datasheets/sfp-modules.ts';
import { bench, R } from './bench.ts';

const word = (device: { peek(at: number): number }, at: number) => device.peek(at) * 256 + device.peek(at + 1);

test('copies A0h to 3.D000h byte by byte', () => {
  const { up, xdata, device } = bench();
  up();
  const serial = device.inspect().cage.module?.serial ?? '';
  expect(Array.from({ length: 256 }, (_, n) => xdata(n))).toEqual([...moduleA0('sr', 3, serial)]);
});

test('puts A2h at 1.A000h with the Rust word and at 1.8007h with the falcon word', () => {
  const rust = bench();
  rust.up(0x0893);
  expect(celsiusOf(word(rust.device, QT2025_DOM.at + SFP_A2.TEMP.at))).toBeCloseTo(35, -1);
  expect(word(rust.device, QT2025_DOM_ALT.at + SFP_A2.TEMP.at)).toBe(0);
  const falcon = bench();
  falcon.up(0x0013);
  expect(word(falcon.device, QT2025_DOM.at + SFP_A2.TEMP.at)).toBe(0);
  expect(celsiusOf(word(falcon.device, QT2025_DOM_ALT.at + SFP_A2.TEMP.at))).toBeCloseTo(35, -1);
});

test('shows diagnostics as they were at insertion until the host asks for refresh', () => {
  const { up, device, wait, write } = bench();
  up();
  const before = word(device, QT2025_DOM.at + SFP_A2.RX_POWER.at);
  device.control('light', { dbm: -8 });
  wait(5000);
  expect(word(device, QT2025_DOM.at + SFP_A2.RX_POWER.at)).toBe(before);
  write(R.DOM_REFRESH, 1);
  wait(1100);
  expect(dbmOf(word(device, QT2025_DOM.at + SFP_A2.RX_POWER.at))).toBeCloseTo(-8, 0);
});

test('wanders slowly and differently for another seed', () => {
  const a = bench({ seed: 1 });
  const b = bench({ seed: 2 });
  const twin = bench({ seed: 1 });
  const series = (of: typeof a) =>
    Array.from({ length: 30 }, () => {
      of.wait(1000);
      return of.device.inspect().dom?.celsius ?? 0;
    });
  const [one, two, same] = [series(a), series(b), series(twin)];
  expect(one).toEqual(same);
  expect(one).not.toEqual(two);
  const steps = one.slice(1).map((value, i) => Math.abs(value - (one[i] ?? value)));
  expect(Math.max(...steps)).toBeLessThan(0.3);
  expect(Math.max(...one)).toBeGreaterThan(Math.min(...one));
});

test('serves the mailbox: a byte of A0h, and no acknowledge from an unknown device', () => {
  const { up, write, wait, byte } = bench();
  up();
  write(R.MAILBOX_DEVICE, 0xa0);
  write(R.MAILBOX_ADDR, 3);
  write(R.MAILBOX_CTRL, 0x82);
  wait(2);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x84);
  expect(byte(R.MAILBOX_VALUE)).toBe(0x10);
  write(R.MAILBOX_DEVICE, 0x50);
  write(R.MAILBOX_CTRL, 0x82);
  wait(2);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x8c);
});

test('reads a whole block of diagnostics through the mailbox', () => {
  const { up, write, wait, byte, device } = bench();
  up();
  device.control('light', { dbm: -6 });
  write(R.MAILBOX_CTRL, 0x43);
  wait(150);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x45);
  expect(dbmOf(word(device, QT2025_DOM.at + SFP_A2.RX_POWER.at))).toBeCloseTo(-6, 0);
});

test('does not answer before 300 ms after insertion', () => {
  const { device, wait } = bench({ module: null });
  device.control('insert', { kind: 'sr' });
  wait(299);
  expect(device.inspect().cage).toMatchObject({ readable: false, module: { kind: 'sr' } });
  wait(1);
  expect(device.inspect().cage.readable).toBe(true);
});

test('a mailbox request waits while the core stands still', () => {
  const { up, write, wait, byte, device } = bench();
  up();
  write(R.MAILBOX_ADDR, 3);
  write(R.MAILBOX_CTRL, 0x02);
  device.fault('heartbeat-stuck');
  wait(100);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x02);
  device.clear();
  wait(10);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x04);
});

test('a mailbox request made before the firmware serves it is served when it does', () => {
  const { start, write, wait, byte } = bench();
  start();
  wait(700);
  write(R.MAILBOX_ADDR, 3);
  write(R.MAILBOX_CTRL, 0x02);
  wait(100);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x02);
  wait(500);
  expect(byte(R.MAILBOX_CTRL)).toBe(0x04);
});
