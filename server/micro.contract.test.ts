/** The debugger over HTTP: a lab whose PHY boots from its EEPROM, stopped, looked at and let go. */
import { expect, test } from 'vitest';
import type { LogLine } from '#bus/api.ts';
import type {
  BreakpointView,
  CellView,
  CodeSymbol,
  DisassemblyLine,
  MicroMemory,
  MicroProfile,
  MicroView,
} from '#bus/micro-view.ts';
import type { Lab } from './lab.ts';
import { ask, get, lab, until } from './lab-under-test.ts';

const BENCH = { phy0: { device: 'qt2025', prtad: 1, module: 'sr', eeprom: true } } as const;
const MICRO = '/devices/phy0/micro';
const post = async <T = MicroView>(at: Lab, path: string, body: unknown = {}) =>
  (await ask<T>(at, 'POST', `${MICRO}${path}`, body)).body;
const running = (at: Lab) => until(async () => (await get<MicroView>(at, MICRO)).state === 'running');

test('stops at a function by its name, steps, runs on, and says so in the kernel log', async () => {
  const it = await lab({ bench: BENCH });
  await running(it);
  expect((await get<MicroView>(it, MICRO)).symbols).toMatchObject({ file: 'ferrolab-qt2025.map', differing: 0 });
  const [set] = await post<readonly BreakpointView[]>(it, '/breakpoints', { space: 'code', at: 'wait_ms' });
  expect(set).toMatchObject({ id: 1, on: 'execute', place: 'wait_ms' });
  const stopped = await until(async () => {
    const view = await get<MicroView>(it, MICRO);
    return view.state === 'halted' && view;
  });
  expect(stopped).toMatchObject({ why: 'breakpoint 1 at wait_ms', place: 'wait_ms', stop: { by: 'breakpoint' } });
  expect(stopped.letsGoAt).toBeGreaterThan(stopped.haltedAt ?? Number.POSITIVE_INFINITY);

  const lines = await get<readonly DisassemblyLine[]>(it, `${MICRO}/disassembly?before=2&count=5`);
  expect(lines[2]).toMatchObject({ at: stopped.registers.pc, label: 'wait_ms' });
  const stepped = await post(it, '/step');
  expect(stepped.registers.pc).toBe(lines[3]?.at);
  expect(stepped.turn).toBeGreaterThan(stopped.turn);
  expect((await ask(it, 'DELETE', `${MICRO}/breakpoints/1`)).body).toEqual([]);
  const there = await post(it, '/until', { at: 'track', waitMs: 20_000 });
  expect(there).toMatchObject({ state: 'halted', why: 'reached track' });
  expect(await post(it, '/continue')).toMatchObject({ state: 'running', stop: null, why: null });
  const log = await get<readonly LogLine[]>(it, '/log?since=0');
  expect(log.map(({ text }) => text)).toContain('phy0: 8051 stands still: breakpoint 1 at wait_ms');
});

test('stops at a write to a cell and at a register, by name, by address and as the host sees it', async () => {
  const it = await lab({ bench: BENCH });
  await running(it);
  await post(it, '/halt');
  for (const [body, place] of [
    [{ space: 'xdata', at: 'UC_STATUS', on: 'write', value: 0x70 }, '07FDh UC_STATUS'],
    [{ space: 'xdata', at: '07FEh' }, '07FEh LAST_STEP_HI'],
    [{ space: 'xdata', at: '3.D700h', on: 'read' }, '0700h CFG0_HI'],
    [{ space: 'register', at: '1.C300h', on: 'write' }, '1.C300h MICRO_RESETN'],
  ] as const) {
    const all = await post<readonly BreakpointView[]>(it, '/breakpoints', body);
    expect(all.at(-1)?.place).toBe(place);
  }
  for (const id of [2, 3, 4]) await ask(it, 'DELETE', `${MICRO}/breakpoints/${id}`);
  const stopped = await post(it, '/continue', { waitMs: 30_000 });
  expect(stopped.why).toMatch(/^breakpoint 1: \w+(\+\w+)? wrote 70h to 07FDh UC_STATUS$/);
  expect(await get<{ panel: unknown }>(it, '/devices/phy0')).toMatchObject({ panel: { micro: { held: true } } });
});

test('shows its memories, its cells in words, and where the time goes', async () => {
  const it = await lab({ bench: BENCH });
  await running(it);
  await ask(it, 'PUT', `${MICRO}/profile`, { running: true });
  await post(it, '/breakpoints', { space: 'xdata', at: 'UC_STATUS', on: 'write', value: 0x70 });
  await until(async () => (await get<MicroView>(it, MICRO)).state === 'halted');
  await ask(it, 'PUT', `${MICRO}/profile`, { running: false });
  const cells = await get<readonly CellView[]>(it, `${MICRO}/cells`);
  expect(cells.find(({ name }) => name === 'UC_STATUS')).toMatchObject({ at: 0x7fd, value: 0x70 });
  expect(cells.find(({ name }) => name === 'MOD_TYPE')?.text).toContain('SR');
  const xdata = await get<MicroMemory>(it, `${MICRO}/memory?space=xdata&at=UC_STATUS&length=1`);
  expect(xdata).toEqual({ space: 'xdata', at: 0x7fd, bytes: [0x70] });
  const code = await get<MicroMemory>(it, `${MICRO}/memory?space=code&at=main&length=3`);
  const [line] = await get<readonly DisassemblyLine[]>(it, `${MICRO}/disassembly?at=main&count=1`);
  expect(code.bytes.slice(0, line?.bytes.length)).toEqual(line?.bytes);
  expect((await get<MicroMemory>(it, `${MICRO}/memory?space=sfr`)).bytes.length).toBe(128);
  expect((await get<MicroMemory>(it, `${MICRO}/memory?space=idata&at=20h&length=16`)).bytes.length).toBe(16);
  const profile = await get<MicroProfile>(it, `${MICRO}/profile`);
  expect(profile.running).toBe(false);
  expect(profile.bySymbol[0]?.share).toBeGreaterThan(0.3);
  expect(profile.bySymbol.reduce((sum, { share }) => sum + share, 0)).toBeGreaterThan(0.95);
});

test('takes names of its own, and goes back to the map beside the image', async () => {
  const it = await lab({ bench: BENCH });
  await running(it);
  const given = { file: 'my.map', symbols: [{ name: 'mine', at: 0x100 }] };
  expect((await ask(it, 'PUT', `${MICRO}/symbols`, given)).body).toEqual(given.symbols);
  expect((await get<MicroView>(it, MICRO)).symbols).toEqual({ file: 'my.map', count: 1, differing: null });
  await ask(it, 'PUT', `${MICRO}/symbols`, { file: '', symbols: [] });
  const names = await get<readonly CodeSymbol[]>(it, `${MICRO}/symbols`);
  expect(names.map(({ name }) => name)).toContain('main');
});

test('refuses what makes no sense with a problem that says what does', async () => {
  const it = await lab({ bench: BENCH });
  const refused = async (method: string, path: string, body?: unknown) => {
    const { status, body: problem } = await ask<{ code: string; detail: string }>(it, method, path, body);
    return [status, problem.code, problem.detail];
  };
  expect(await refused('POST', `${MICRO}/halt`, {})).toEqual([409, 'EBUSY', expect.stringContaining('held in reset')]);
  await running(it);
  for (const [method, path, body, code, words] of [
    ['GET', '/devices/phy9/micro', undefined, 'ENOENT', "no device 'phy9'"],
    ['POST', `${MICRO}/step`, {}, 'EBUSY', 'halt it first'],
    ['POST', `${MICRO}/step`, { count: 0 }, 'EINVAL', ''],
    ['POST', `${MICRO}/halt`, { limitS: 0 }, 'EINVAL', '1 to 86400 s'],
    ['POST', `${MICRO}/breakpoints`, { space: 'code', at: 'mian' }, 'ENOENT', "did you mean 'main'"],
    ['POST', `${MICRO}/breakpoints`, { space: 'xdata', at: 'UC_STATU' }, 'ENOENT', "did you mean 'UC_STATUS'"],
    ['POST', `${MICRO}/breakpoints`, { space: 'xdata', at: '9.D000h' }, 'EINVAL', 'no XDATA address'],
    ['POST', `${MICRO}/breakpoints`, { space: 'register', at: 'PCS_STAT9' }, 'ENOENT', 'did you mean'],
    ['POST', `${MICRO}/breakpoints`, { space: 'xdata', at: '0', value: 256 }, 'EINVAL', 'FFh'],
    ['POST', `${MICRO}/breakpoints`, { space: 'flash', at: '0' }, 'EINVAL', ''],
    ['DELETE', `${MICRO}/breakpoints/9`, undefined, 'ENOENT', 'no breakpoint 9'],
    ['GET', `${MICRO}/memory?space=idata&at=300`, undefined, 'EINVAL', '0000h to 00FFh'],
    ['GET', `${MICRO}/memory?space=idata&at=here`, undefined, 'EINVAL', 'no address of idata'],
    ['GET', `${MICRO}/memory?space=code&at=FF00h&length=4096`, undefined, 'EINVAL', '0000h to FFFFh'],
    ['GET', `${MICRO}/disassembly?at=nowhere`, undefined, 'ENOENT', 'nowhere'],
    ['PUT', `${MICRO}/symbols`, { file: 'x', symbols: [{ name: 'x', at: -1 }] }, 'EINVAL', ''],
  ] as const)
    expect([path, ...(await refused(method, path, body))]).toEqual([
      path,
      expect.any(Number),
      code,
      expect.stringContaining(words),
    ]);
  expect(await get<MicroView>(it, MICRO)).toMatchObject({ state: 'running', breakpoints: [] });
});
