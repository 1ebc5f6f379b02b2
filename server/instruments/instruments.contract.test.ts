/** Bus faults and breakpoints of a whole lab over HTTP and the feed, its driver in a process of its own. */
import { expect, test } from 'vitest';
import type { ModuleView } from '#bus/api.ts';
import type { AccessBreakpointView, BusFaultView, InstrumentsView } from '#bus/filters/views.ts';
import { ask, feed, get, insmod, lab, owner, until } from '../lab-under-test.ts';

const BENCH = { bench: { phy0: { device: 'qt2025' } } } as const;

const held = async (of: Awaited<ReturnType<typeof lab>>) => (await get<InstrumentsView>(of, '/instruments')).held;

test('bus faults are added, listed, switched and taken away; what is wrong is refused with its reason', async () => {
  const here = await lab(BENCH);
  const added = await ask<BusFaultView>(here, 'POST', '/filters', {
    effect: 'bit-flip',
    params: { bit: '3' },
    when: 'write SRAM',
    nth: 100,
    device: 'phy0',
  });
  expect(added).toMatchObject({ status: 200, body: { name: 'bit-flip-1', on: true, params: { bit: 3 }, matches: 0 } });
  expect(await ask(here, 'PATCH', '/filters/bit-flip-1', { on: false })).toMatchObject({ body: { on: false } });
  for (const [body, status, detail] of [
    [{ effect: 'bit-flipp' }, 400, /did you mean 'bit-flip'/],
    [{ effect: 'drop', when: 'write SRAMM' }, 400, /did you mean SRAM\?/],
    [{ effect: 'drop', device: 'phy1' }, 404, /did you mean 'phy0'/],
    [{ effect: 'drop', name: 'bit-flip-1' }, 409, /already/],
    [{ effect: 'drop', nth: 0 }, 400, /nth/],
    [{ effect: 'drop', whenn: 'x' }, 400, /./],
  ] as const) {
    const answer = await ask<{ detail: string }>(here, 'POST', '/filters', body);
    expect([body, answer.status]).toEqual([body, status]);
    expect(answer.body.detail).toMatch(detail);
  }
  expect(await get<readonly BusFaultView[]>(here, '/filters')).toHaveLength(1);
  expect(await ask(here, 'DELETE', '/filters/bit-flip-1')).toMatchObject({ status: 200, body: [] });
  expect(await ask(here, 'DELETE', '/filters/bit-flip-1')).toMatchObject({ status: 404 });
});

test('a driver is held in its probe, the feed says so, and Continue lets it finish', async () => {
  const here = await lab(BENCH);
  const { socket } = feed(here);
  const seen: InstrumentsView[] = [];
  socket.on('instruments', (now) => void seen.push(now));
  const point = await ask<AccessBreakpointView>(here, 'POST', '/breakpoints', { when: 'write 3.E854 == 0x0040' });
  expect(point).toMatchObject({ status: 200, body: { id: 1, verb: 'break', hits: 0, limitMs: 60_000 } });
  const loading = insmod(here);
  await until(() => seen.some(({ held: all }) => all[0]?.register === 'MICRO_BOOT'));
  expect((await held(here))[0]).toMatchObject({ old: 0xc0, value: 0x40, decoded: 'FROM rom → sram', breakpoint: 1 });
  expect(await ask(here, 'POST', '/breakpoints/step', { device: 'phy0' })).toMatchObject({ status: 200 });
  await until(async () => (await held(here))[0]?.breakpoint === null);
  expect(await ask(here, 'POST', '/breakpoints/continue', {})).toMatchObject({ body: { held: [] } });
  expect(await loading).toMatchObject({ status: 201, body: { state: 'live' } });
  expect(await ask(here, 'POST', '/breakpoints/continue', {})).toMatchObject({ status: 503, body: { code: 'EAGAIN' } });
});

test('a driver that goes while it is held leaves the bus free', async () => {
  const here = await lab(BENCH);
  await ask(here, 'POST', '/breakpoints', { when: 'read HW_REV', nth: 1 });
  const loading = insmod(here);
  await until(async () => (await held(here)).length === 1);
  await ask<ModuleView>(here, 'DELETE', '/modules/phy0');
  await loading;
  await until(async () => (await owner(here)) === null);
  await until(async () => (await held(here)).length === 0);
  const read = await ask(here, 'POST', '/devices/phy0/registers/HW_REV/read', {});
  expect(read).toMatchObject({ status: 200, body: { value: 0xb300 } });
});

test('wait for answers at the hit, or says in time that none came', async () => {
  const here = await lab(BENCH);
  const point = { verb: 'wait-for', when: 'read HW_REV' };
  const { body } = await ask<AccessBreakpointView>(here, 'POST', '/breakpoints', point);
  const early = await ask<{ code: string }>(here, 'POST', `/breakpoints/${body.id}/wait`, { waitMs: 50 });
  expect(early.body.code).toBe('ETIMEDOUT');
  const waiting = ask<AccessBreakpointView>(here, 'POST', `/breakpoints/${body.id}/wait`, {});
  await ask(here, 'POST', '/devices/phy0/registers/HW_REV/read', {});
  expect(await waiting).toMatchObject({ status: 200, body: { hits: 1, on: false } });
});
