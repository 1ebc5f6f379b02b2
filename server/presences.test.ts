import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BusClient } from '#bus/client.ts';
import { VirtualClock } from '#bus/clock.ts';
import { KernelLog } from './kernel-log.ts';
import { Presences } from './presences.ts';

type Listener = (topic: string, payload: Uint8Array, retained: boolean) => void;

/** Presences of lab `lab`, and a way to say something on a topic of the bus. */
const listening = async () => {
  const log = new KernelLog(new VirtualClock());
  const presences = new Presences('lab', log);
  const filters: [RegExp, Listener][] = [];
  const subscribe = async (filter: string, listener: Listener) => {
    filters.push([new RegExp(`^${filter.replaceAll('+', '[^/]+')}$`), listener]);
    return () => {};
  };
  await presences.follow({ link: { subscribe } } as unknown as BusClient);
  const say = (topic: string, said: unknown, retained = false) => {
    const payload =
      said instanceof Uint8Array ? said : new TextEncoder().encode(said === '' ? '' : JSON.stringify(said));
    for (const [filter, hear] of filters)
      if (filter.test(`ferrolab/1/${topic}`)) hear(`ferrolab/1/${topic}`, payload, retained);
  };
  return { presences, log, say };
};
const driver = (state: string, more = {}) => ({
  ...{ client: 'drv', session: 's1', role: 'driver', module: 'qt2025', device: 'phy0', state, pid: 7 },
  ...more,
});

test('follows a driver from loading to live', async () => {
  const { presences, say } = await listening();
  say('lab/client/drv', driver('loading'));
  say('lab/client/drv', driver('live', { link: 'up', params: { poll_ms: 1 } }));
  expect(presences.modules).toMatchObject([
    { client: 'drv', module: 'qt2025', device: 'phy0', state: 'live', link: 'up', pid: 7, params: { poll_ms: 1 } },
  ]);
});

test('shows a dead driver as gone until another comes for its device', async () => {
  const { presences, say } = await listening();
  say('lab/client/drv', driver('live', { link: 'up' }));
  say('lab/client/drv', { client: 'drv', session: 's1', role: 'driver', state: 'gone' });
  expect(presences.modules).toMatchObject([{ client: 'drv', state: 'gone', link: null }]);
  say('lab/client/new', driver('loading', { client: 'new' }));
  expect(presences.modules).toMatchObject([{ client: 'new', state: 'loading' }]);
});

test('ignores the death of an older session', async () => {
  const { presences, say } = await listening();
  say('lab/client/drv', driver('live', { session: 's2' }));
  say('lab/client/drv', { client: 'drv', session: 's1', role: 'driver', state: 'gone' });
  expect(presences.modules).toMatchObject([{ state: 'live' }]);
});

test('forgets who says goodbye, but not why a driver failed', async () => {
  const { presences, say } = await listening();
  say('lab/client/drv', driver('live'));
  say('lab/client/drv', '');
  expect(presences.modules).toEqual([]);
  say('lab/client/drv', driver('failed', { error: { code: 'ENODEV', message: 'no' } }));
  say('lab/client/drv', '');
  expect(presences.modules).toMatchObject([{ state: 'failed', error: { code: 'ENODEV' } }]);
});

test('lists neither watchers nor the long dead', async () => {
  const { presences, say } = await listening();
  say('lab/client/eye', { client: 'eye', session: 's', role: 'watcher', state: 'here' });
  say('lab/client/old', driver('gone', { client: 'old' }), true);
  expect(presences.modules).toEqual([]);
});

test('lists devices of other labs while they are there, never its own', async () => {
  const { presences, say } = await listening();
  const notice = (lab: string, state: string) => ({
    ...{ lab, device: 'phy0', kind: 'qt2025', ports: ['mdio'], datasheet: 'x', session: 's', state, owner: null },
    change: 0,
  });
  say('other/device/phy0', notice('other', 'here'));
  say('lab/device/phy0', notice('lab', 'here'));
  say('liar/device/phy0', notice('other', 'here'));
  expect(presences.foreign.map(({ lab }) => lab)).toEqual(['other']);
  say('other/device/phy0', notice('other', 'gone'));
  expect(presences.foreign).toEqual([]);
});

test('takes log lines and says who sent what is none', async () => {
  const { log, say } = await listening();
  say('lab/client/drv/log', [{ level: 'info', facility: 'qt2025', text: 'hello', at: 1 }]);
  say('lab/client/drv/log', [{ level: 'loud', facility: 'qt2025', text: 'hello' }]);
  expect(log.after(0)).toMatchObject([
    { level: 'info', facility: 'qt2025', text: 'hello' },
    { level: 'warning', facility: 'lab', text: expect.stringContaining('drv') },
  ]);
});

test('survives anything said on any topic', async () => {
  const { presences, say } = await listening();
  const topic = fc.constantFrom('lab/client/drv', 'lab/client/drv/log', 'other/device/phy0', 'lab/client/+');
  const record = fc.dictionary(
    fc.constantFrom(...Object.keys(driver('live')), 'error', 'link', 'lab', 'kind'),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(topic, fc.oneof(fc.uint8Array(), fc.jsonValue(), record), fc.boolean(), (where, said, retained) => {
      say(where, said, retained);
      for (const { client, device, state } of presences.modules)
        expect([typeof client, typeof device, typeof state]).toEqual(['string', 'string', 'string']);
    }),
  );
});
