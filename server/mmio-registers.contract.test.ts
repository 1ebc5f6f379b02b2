/** Registers at byte offsets, by HTTP: printed as their datasheet does, read on the bus, poked by the silicon's side. */
import { expect, test } from 'vitest';
import type { RegisterView } from '#bus/api.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { ask, get, lab } from './lab-under-test.ts';

const of = (register: string): string => `/devices/card0/registers/${register}`;
const displayLab = () => lab({ bench: { card0: { device: 'display', monitor: 'xga' } } });

test('every register has its offset for an address, and is found by name and by offset', async () => {
  const here = await displayLab();
  const all = await get<readonly RegisterView[]>(here, '/devices/card0/registers');
  expect(all).toHaveLength(Object.keys(DISPLAY).length);
  expect(all.find(({ name }) => name === 'INT_STATUS')).toMatchObject({ at: 0x1010, address: '1010h' });
  for (const asked of ['FERRO_ID', '1000h', '0x1000'])
    expect(await get(here, of(asked))).toMatchObject({ name: 'FERRO_ID', level: 0x46455252, address: '1000h' });
  expect(await ask(here, 'GET', of('2000h'))).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('2000h is not modelled') },
  });
  expect(await ask(here, 'GET', of('INT_STATS'))).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('INT_STATUS') },
  });
});

test('a read goes over the bus at the width of the register, and is in the trace', async () => {
  const here = await displayLab();
  expect((await ask(here, 'POST', `${of('DISPI_ID')}/read`, {})).body).toMatchObject({ value: 0xb0c5, driven: true });
  expect((await ask(here, 'POST', `${of('FERRO_ID')}/read`, {})).body).toMatchObject({ value: 0x46455252 });
  expect((await ask(here, 'POST', `${of('1h')}/read`, {})).body).toMatchObject({ name: 'edid', value: 0xff });
  const { trace } = here.host;
  const rows = [2, 1, 0].map((back) => trace.at(trace.last - back));
  expect(rows.map((row) => [row?.op, row?.at, row?.value])).toEqual([
    ['read', 0x500, 0xb0c5],
    ['read', 0x1000, 0x46455252],
    ['read', 1, 0xff],
  ]);
});

test('a poke sets all 32 bits where there are as many, and no more than a register has', async () => {
  const here = await displayLab();
  expect((await ask(here, 'PUT', of('WB_BASE'), { value: 0xfedcba98 })).body).toMatchObject({ level: 0xfedcba98 });
  expect(await ask(here, 'PUT', of('DISPI_XRES'), { value: 0x10000 })).toMatchObject({
    status: 400,
    body: { code: 'EINVAL', detail: 'value 65536 does not fit 0502h; it has 16 bits' },
  });
  expect((await ask(here, 'PUT', of('VRR_RANGE'), { fields: { MIN_HZ: 24 } })).body).toMatchObject({
    text: expect.stringContaining('MIN_HZ'),
  });
});
