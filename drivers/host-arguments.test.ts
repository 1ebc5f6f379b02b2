/** The driver process's command line. */
import { expect, test } from 'vitest';
import { parseHostArguments } from './host-arguments.ts';

test('takes the bus, the device, the driver and its parameters', () => {
  const argv =
    '--broker mqtt://h:1 --lab l --device phy0 --driver qt2025 --param a=1 --param b=x=y --firmware-dir /f --wait 2';
  expect(parseHostArguments(argv.split(' '), 7, { FERROLAB_TOKEN: 't' })).toEqual({
    broker: 'mqtt://h:1',
    lab: 'l',
    device: 'phy0',
    driver: 'qt2025',
    client: 'phy0-7',
    token: 't',
    params: { a: '1', b: 'x=y' },
    firmwareDirs: ['/f'],
    waitNs: 2e9,
  });
});

test.each([
  [['--driver', 'qt2025'], '--device is missing'],
  [['--device', 'phy0'], '--driver is missing'],
  [['--device', 'phy0', '--driver', 'x', '--param', 'novalue'], 'name=value'],
  [['--device', 'phy0', '--driver', 'x', '--nonsense'], 'nonsense'],
  [['--device', 'phy0', '--driver', 'x', '--wait', 'long'], '--wait takes'],
  [['stray'], 'stray'],
])('says what is wrong with %j', (argv, words) => {
  expect(() => parseHostArguments(argv, 7)).toThrowError(words);
});

test('asks for nothing when only information is wanted', () => {
  expect(parseHostArguments(['--modinfo'], 7)).toBe('modinfo');
  expect(parseHostArguments(['-h'], 7)).toBe('help');
});
