/** What the PHY page works out: ladder, wires, module memory, register rows, latches, fault windows. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printC45 } from '#datasheets/c45.ts';
import { QT2025_ALL, UC_STATUS } from '#datasheets/qt2025.ts';
import { temperatureWord, tenthsOfMicrowatt } from '#datasheets/sfp.ts';
import { MODULES } from '#datasheets/sfp-modules.ts';
import type { Happening } from '../store/happenings.ts';
import { faultWindows } from './fault-windows.ts';
import { LatchHistory, latchPicture } from './latch-history.ts';
import { gaugesOf, hasDiagnostics, holdsModule, identityOf, isOld, wordAt, zoneOf } from './module-memory.ts';
import { ladder, moduleLabel, shortModule, wireState } from './phy-words.ts';
import { filterRows, mapRows } from './register-rows.ts';

const ROWS = mapRows(QT2025_ALL, printC45);

/** A0h of a factory module with vendor text and good checksums. */
const a0Of = (kind: keyof typeof MODULES): number[] => {
  const bytes = new Array<number>(256).fill(0);
  for (const [at, byte] of Object.entries(MODULES[kind].a0)) bytes[Number(at)] = byte;
  for (const [i, letter] of [...'FERROLAB        '].entries()) bytes[20 + i] = letter.charCodeAt(0);
  const sum = (from: number, to: number): number => bytes.slice(from, to).reduce((a, b) => a + b, 0) & 0xff;
  bytes[63] = sum(0, 63);
  bytes[95] = sum(64, 95);
  return bytes;
};

test('lights exactly one rung for every status the firmware has', () => {
  for (const status of Object.values(UC_STATUS)) {
    const lit = ladder(status).filter(({ kind }) => kind === 'now' || kind === 'waits' || kind === 'bad');
    expect(lit.map(({ code }) => Number.parseInt(code, 16))).toEqual([status]);
  }
  expect(ladder(0x70).at(-1)?.kind).toBe('now');
  expect(ladder(0xf0)[0]).toEqual({ code: 'F0', kind: 'bad' });
});

test('shows five rungs of different codes for any byte', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), (status) => {
      expect(new Set(ladder(status).map(({ code }) => code)).size).toBe(5);
    }),
  );
});

test('makes a wire no better than its worse end', () => {
  expect(wireState('locked', 'down')).toBe('down');
  expect(wireState('warn', 'locked')).toBe('warn');
  expect(wireState('off', 'down')).toBe('off');
  expect(wireState('locked', 'locked')).toBe('locked');
});

test('prints a label that fits for every module that comes with the lab', () => {
  for (const [kind, { label, nm }] of Object.entries(MODULES)) {
    const module = {
      kind,
      label,
      nm,
      lengthM: kind === 'dac' ? 15 : null,
      vendor: '',
      partNumber: '',
      serial: '',
      dateCode: '',
    };
    expect(moduleLabel(module).length).toBeLessThanOrEqual(16);
    expect(shortModule(module).length).toBeLessThanOrEqual(12);
  }
});

test('reads who made a module and checks its sums', () => {
  const bytes = a0Of('sr');
  expect(holdsModule(bytes)).toBe(true);
  const identity = identityOf(bytes, new Array<number>(256).fill(0));
  expect(identity).toMatchObject({ vendor: 'FERROLAB', nm: 850, reach: 'OM3 300 m, OM2 80 m, OM1 30 m' });
  expect(identity.checks.every(({ good }) => good)).toBe(true);
  bytes[40] = 0x41;
  expect(identityOf(bytes, []).checks[0]).toEqual({ name: 'CC_BASE', good: false });
});

test('calls copper copper and gives it no wavelength', () => {
  const identity = identityOf(a0Of('dac'), []);
  expect(identity.nm).toBe(0);
  expect(identity.reach).toMatch(/^copper, \d+ m$/);
  expect(hasDiagnostics(a0Of('dac'))).toBe(false);
});

test('reads any bytes without a fault', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 256 });
  fc.assert(
    fc.property(bytes, bytes, (a0, a2) => {
      expect(identityOf(a0, a2).checks.length).toBeGreaterThan(1);
      expect(gaugesOf(a2)).toHaveLength(5);
      holdsModule(a0);
      expect(wordAt(a0, 300)).toBe(0);
    }),
  );
});

test('finds the zone of a diagnostic by the limits the module carries', () => {
  const a2 = new Array<number>(256).fill(0);
  const put = (at: number, word: number): void => {
    a2[at] = word >> 8;
    a2[at + 1] = word & 0xff;
  };
  [75, -5, 70, 0].forEach((celsius, i) => void put(i * 2, temperatureWord(celsius)));
  put(96, temperatureWord(72));
  [0, -14, -1, -11.1].forEach((dbm, i) => void put(32 + i * 2, tenthsOfMicrowatt(dbm)));
  put(104, tenthsOfMicrowatt(-40));
  const [temperature, , , , rx] = gaugesOf(a2);
  expect(temperature?.value).toBe(72);
  expect(zoneOf(72, temperature!.limits)).toBe('high warning');
  expect(zoneOf(-40, rx!.limits)).toBe('low alarm');
  expect(zoneOf(-3, rx!.limits)).toBe('normal');
  expect(isOld(rx!, -3)).toBe(true);
  expect(isOld(temperature!, 72.4)).toBe(false);
});

test('takes limits of all zeroes for no limits', () => {
  expect(zoneOf(35, { highAlarm: 0, lowAlarm: 0, highWarning: 0, lowWarning: 0 })).toBe('normal');
});

test('finds registers by name, address, decimal address, field and word', () => {
  const names = (asked: string): readonly string[] => filterRows(ROWS, 0, asked).map(({ name }) => name);
  expect(names('3.0021h')).toEqual(['BASER_STAT2']);
  expect(names('3.33')).toContain('BASER_STAT2');
  expect(names('pcs_stat1')).toEqual(['PCS_STAT1']);
  expect(names('hiber')).toEqual(['BASER_STAT1', 'BASER_STAT2']);
  expect(names('heartbeat')).toContain('HEARTBEAT');
  expect(names('no such thing')).toEqual([]);
  expect(filterRows(ROWS, 4, '').every(({ address }) => address.startsWith('4.'))).toBe(true);
});

test('shows every declared register once, by address', () => {
  expect(ROWS).toHaveLength(Object.keys(QT2025_ALL).length);
  expect(ROWS.map(({ register }) => register.at)).toEqual(
    [...ROWS.map(({ register }) => register.at)].sort((a, b) => a - b),
  );
});

test('draws where a latch holds what the level has left', () => {
  const history = new LatchHistory(30);
  history.note(100, 1, 1);
  history.note(110, 0, 0);
  history.note(115, 1, 0);
  history.read(120);
  history.note(120, 1, 1);
  const { line, held, reads } = latchPicture(history, 130, 300, 20);
  expect(held).toEqual([{ from: 150, to: 200 }]);
  expect(reads).toEqual([200]);
  expect(line).toBe('M0.0 0V0H100.0V20H150.0V0H200.0V0H300.0');
});

test('keeps a latch history bounded and its picture inside the box', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean(), fc.boolean()), { maxLength: 200 }),
      (steps) => {
        const history = new LatchHistory(30);
        let now = 0;
        for (const [later, level, next] of steps) {
          now += later;
          history.note(now, level ? 1 : 0, next ? 1 : 0);
          history.read(now);
        }
        const last = history.points.at(-1);
        const end = steps.at(-1);
        expect([last?.level, last?.next]).toEqual(
          end === undefined ? [undefined, undefined] : [end[1] ? 1 : 0, end[2] ? 1 : 0],
        );
        expect(history.points.filter(({ at }) => at < now - 30).length).toBeLessThanOrEqual(1);
        for (const { from, to } of latchPicture(history, now, 300, 20).held) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(300);
        }
      },
    ),
  );
});

test('shades a fault from when it went on until it was cleared', () => {
  const happening = (kind: Happening['kind'], text: string, seconds: number): Happening => ({
    id: text + seconds,
    time: seconds * 1e9,
    kind,
    device: 'phy0',
    text,
    seq: null,
  });
  const happenings = [
    happening('fault', 'weak-light rx_dbm=-13 on', 10),
    happening('fault', 'weak-light rx_dbm=-14 on', 12),
    happening('cleared', 'weak-light off', 20),
    { ...happening('fault', 'rx-loss on', 21), device: 'phy1' },
  ];
  expect(faultWindows(happenings, 'phy0', [{ name: 'high-ber', params: {}, since: 30e9 }])).toEqual([
    { name: 'weak-light', from: 10, to: 20 },
    { name: 'high-ber', from: 30, to: null },
  ]);
});
