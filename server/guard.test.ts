import { expect, test } from 'vitest';
import { checkListenAddress, checkOrigin, hasToken, isLoopback, tokenCookie } from './guard.ts';

const here = { host: '127.0.0.1' };

test('knows which addresses are of this machine only', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1', '[::1]']) expect(isLoopback(host)).toBe(true);
  for (const host of ['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.evil.example', 'localhost.evil.example', ''])
    expect(isLoopback(host)).toBe(false);
});

test('refuses to listen for others without a token', () => {
  expect(() => checkListenAddress({ host: '0.0.0.0' })).toThrow(expect.objectContaining({ code: 'EACCES' }));
  expect(() => checkListenAddress({ host: '0.0.0.0', token: '' })).toThrow(/--token/);
  checkListenAddress({ host: '0.0.0.0', token: 'secret' });
  checkListenAddress(here);
});

test('lets its own page and tools without an origin in', () => {
  checkOrigin({ host: '127.0.0.1:8025', origin: 'http://127.0.0.1:8025', 'sec-fetch-site': 'same-origin' }, here);
  checkOrigin({ host: 'localhost:9000' }, here);
  checkOrigin({ host: '[::1]:8025', origin: 'http://[::1]:8025' }, here);
  checkOrigin({ host: 'lab.example:80', origin: 'https://lab.example:80' }, { host: '0.0.0.0', token: 'x' });
});

test.each([
  ['a page of another site', { host: '127.0.0.1:8025', origin: 'https://evil.example' }],
  ['a page of another port', { host: '127.0.0.1:8025', origin: 'http://127.0.0.1:3000' }],
  ['a sandboxed page', { host: '127.0.0.1:8025', origin: 'null' }],
  ['a name that was rebound to us', { host: 'evil.example:8025', origin: 'http://evil.example:8025' }],
  ['an image on another site', { host: '127.0.0.1:8025', 'sec-fetch-site': 'cross-site' }],
  ['no host at all', {}],
])('refuses %s', (_, headers) => {
  expect(() => checkOrigin(headers, here)).toThrow(expect.objectContaining({ code: 'EACCES' }));
});

test('lets a link on another site open the dashboard', () => {
  checkOrigin({ host: '127.0.0.1:8025', 'sec-fetch-site': 'cross-site' }, here, true);
});

test('takes the token as bearer, cookie or from the handshake, and nothing else', () => {
  const guard = { host: '0.0.0.0', token: 'sé cret;' };
  expect(hasToken({}, here)).toBe(true);
  expect(hasToken({}, guard)).toBe(false);
  expect(hasToken({ authorization: 'Bearer sé cret;' }, guard)).toBe(true);
  expect(hasToken({ authorization: 'Basic sé cret;' }, guard)).toBe(false);
  expect(hasToken({ cookie: `a=b; ${tokenCookie('sé cret;').split(';', 1)[0]}` }, guard)).toBe(true);
  expect(hasToken({ cookie: 'ferrolab_token=%E0%A4%A' }, guard)).toBe(false);
  expect(hasToken({}, guard, 'sé cret;')).toBe(true);
  expect(hasToken({}, guard, ['sé cret;'])).toBe(false);
});
