import { expect, test } from 'vitest';
import { firstDriversBound } from './first-drivers.ts';

const never = new Promise<never>(() => {});

test('waits for every device to be driven, and for the end of an upload', async () => {
  const trace = { last: 0 };
  let looks = 0;
  await firstDriversBound({
    devices: ['phy0', 'phy1'],
    isDriven: (device) => device === 'phy0' || ++looks > 2,
    trace: {
      get last() {
        if (looks > 2 && looks < 6) trace.last += 1000;
        return trace.last;
      },
    },
    loaded: never,
  });
  expect(looks).toBeGreaterThanOrEqual(6);
});

test('a driver that fails is not waited for, nor are no drivers', async () => {
  const trace = { last: 0 };
  const options = { devices: ['phy0'], isDriven: () => false, trace };
  await firstDriversBound({ ...options, loaded: Promise.reject(new Error('no such driver')) });
  await firstDriversBound({ ...options, devices: [], loaded: never });
});

test('one that hangs is not waited for beyond a second', async () => {
  await firstDriversBound({ devices: ['phy0'], isDriven: () => false, trace: { last: 0 }, loaded: never });
});
