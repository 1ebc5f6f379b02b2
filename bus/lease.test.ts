import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lease } from './lease.ts';

const lease = (): Lease => new Lease('phy0', 10_000);

test('a second client is told who has the device', () => {
  const taken = lease();
  taken.bind('drv1', 's1', 0);
  expect(() => taken.bind('drv2', 's2', 1)).toThrow(/phy0 is bound by drv1/);
  expect(() => taken.check('drv2', 'written')).toThrow(/its owner is drv1/);
  expect(() => taken.renew('drv2', 1)).toThrow(/drv1/);
  expect(() => taken.release('drv2')).toThrow(/drv1/);
  expect(taken.owner).toEqual({ client: 'drv1', session: 's1' });
});

test('a lease ends to the millisecond when it is not renewed', () => {
  const held = lease();
  held.bind('drv1', 's1', 0);
  held.renew('drv1', 3000);
  expect(held.expire(12_999)).toBe(false);
  expect(held.expire(13_000)).toBe(true);
  expect(held.owner).toBeNull();
});

test('the death of another session leaves the lease alone', () => {
  const held = lease();
  held.bind('drv1', 'new', 0);
  expect(held.heard('drv1', 'old', true)).toBe(false);
  expect(held.heard('drv2', 'new', true)).toBe(false);
  expect(held.owner?.client).toBe('drv1');
  expect(held.heard('drv1', 'new', true)).toBe(true);
  expect(held.owner).toBeNull();
});

test('a client that comes back as a new session has to bind again', () => {
  const held = lease();
  held.bind('drv1', 's1', 0);
  expect(held.heard('drv1', 's2', false)).toBe(true);
  expect(() => held.check('drv1', 'written')).toThrow(/bind it first/);
});

test('a client without presence keeps its lease by renewing only', () => {
  const held = lease();
  held.bind('script', '', 0);
  expect(held.heard('script', 'any', true)).toBe(false);
  expect(held.expire(10_000)).toBe(true);
});

test('whatever happens, one client at most may write, and only after it bound and before its lease ended', () => {
  const client = fc.constantFrom('a', 'b', 'c');
  const session = fc.constantFrom('1', '2');
  const step = fc.oneof(
    fc.record({ do: fc.constant('bind' as const), client, session }),
    fc.record({ do: fc.constant('renew' as const), client, session }),
    fc.record({ do: fc.constant('release' as const), client, session }),
    fc.record({ do: fc.constant('dies' as const), client, session }),
    fc.record({ do: fc.constant('wait' as const), client, session }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const held = new Lease('phy0', 10);
      let model: { client: string; session: string; endsAt: number } | null = null;
      let now = 0;
      const passes = (act: () => void): boolean => {
        try {
          act();
          return true;
        } catch {
          return false;
        }
      };
      for (const step of steps) {
        const { client, session } = step;
        const mine: boolean = model?.client === client;
        if (step.do === 'wait') now += 4;
        if (step.do === 'wait' && model !== null && now >= model.endsAt) model = null;
        if (step.do === 'wait') held.expire(now);
        if (step.do === 'bind') {
          expect(passes(() => held.bind(client, session, now))).toBe(model === null || mine);
          if (model === null || mine) model = { client, session, endsAt: now + 10 };
        }
        if (step.do === 'renew') {
          expect(passes(() => held.renew(client, now))).toBe(mine);
          if (model !== null && mine) model = { ...model, endsAt: now + 10 };
        }
        if (step.do === 'release') {
          expect(passes(() => held.release(client))).toBe(model === null || mine);
          if (mine) model = null;
        }
        if (step.do === 'dies') {
          const ends: boolean = model?.client === client && model.session === session;
          expect(held.heard(client, session, true)).toBe(ends);
          if (ends) model = null;
        }
        for (const other of ['a', 'b', 'c'])
          expect(passes(() => held.check(other, 'written'))).toBe(model?.client === other);
      }
    }),
  );
});
