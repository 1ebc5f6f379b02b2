/** The decoder: from addresses, whole, broken or damaged, to the log and to what is wrong with it. */
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DigitCode, DigitReader } from '#drivers/gpu/panic/digits.ts';
import { findAddresses } from './address.ts';
import { decodePanic, linesOf } from './decode.ts';
import { readDigits } from './read-digits.ts';

const Z = '22850245147461960127479103797202645679929458617911856021402989363788';
const ZL = '232110691174483706575043650521221445645717046796552248644098439502487';
const SAMPLE = 'Test compressed zlib';

const digitsOf = (code: DigitCode, bytes: Uint8Array): string => {
  const reader = new DigitReader();
  reader.begin(code, bytes, bytes.length);
  let digits = '';
  for (let digit = reader.next(); digit >= 0; digit = reader.next()) digits += digit;
  return digits;
};

const LOG = Array.from(
  { length: 60 },
  (_, i) => `[    ${(i / 7).toFixed(6)}] usb ${i % 5}: device ${(i * 7919) % 1000}\n`,
).join('');
const addressOf = (code: DigitCode, text: string): string =>
  `https://lab/panic#?a=x86_64&v=6.15.0&${code}=${digitsOf(code, deflateSync(text))}`;

test('reads the samples of the panic_report project, behind ? and behind #', () => {
  expect(decodePanic(`https://kdj0c.github.io/panic_report?a=x86_64&v=6.15.0&z=${Z}`)).toMatchObject({
    address: { machine: 'x86_64', release: '6.15.0', encoding: 'z', part: undefined },
    streamBytes: 28,
    text: SAMPLE,
    problem: undefined,
    parts: { here: [1], of: 1 },
  });
  expect(decodePanic(`http://127.0.0.1:8025/#/panic?a=arm64&v=6.12.1&d=Debian&zl=${ZL}`)).toMatchObject({
    address: { machine: 'arm64', distribution: 'Debian', encoding: 'zl' },
    text: SAMPLE,
    problem: undefined,
  });
});

test.each([
  ['the fields alone', `#?a=x&z=${Z}`],
  ['a fragment without a question mark', `https://lab/panic#a=x&z=${Z}`],
  ['bare digits', Z],
  ['bare digits of the older encoding', ZL],
  ['digits broken over lines', `https://lab/panic?z=${Z.slice(0, 20)}\n   ${Z.slice(20, 50)}\r\n${Z.slice(50)}\n`],
  ['words around it', `Here it is: https://lab/panic?z=${Z} thanks`],
])('takes %s', (_, text) => {
  expect(decodePanic(text)).toMatchObject({ text: SAMPLE, problem: undefined });
});

test('finds no panic where there is none', () => {
  for (const text of ['', 'hello', 'https://lab/panic?a=x&v=6', '12', '#/panic'])
    expect(decodePanic(text)).toBeUndefined();
});

test.each(['z', 'zl'] as const)('gives back any log through %s', (code) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 3000, size: 'max' }), (text) => {
      const whole = text.toWellFormed();
      expect(decodePanic(addressOf(code, whole))).toMatchObject({ text: whole, problem: undefined });
    }),
    { numRuns: 60 },
  );
});

test.each(['z', 'zl'] as const)('of a truncated %s it shows only what was really there, and says so', (code) => {
  const address = addressOf(code, LOG);
  const start = address.lastIndexOf('=') + 1;
  fc.assert(
    fc.property(fc.integer({ min: start, max: address.length - 1 }), (end) => {
      const reading = decodePanic(address.slice(0, end));
      expect(reading?.problem).toBeTypeOf('string');
      expect(LOG.startsWith(reading?.text ?? '-')).toBe(true);
    }),
  );
});

test('one changed digit never passes for the log', () => {
  const address = addressOf('z', LOG);
  const start = address.lastIndexOf('=') + 1;
  fc.assert(
    fc.property(fc.integer({ min: start, max: address.length - 1 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
      const digit = (Number(address[at]) + by) % 10;
      const reading = decodePanic(`${address.slice(0, at)}${digit}${address.slice(at + 1)}`);
      expect(reading?.problem).toBeTypeOf('string');
    }),
  );
});

test('says where digits are no digits, too large or missing', () => {
  expect(readDigits('z', '123x5').problem).toBe("digit 4 of 5 is 'x'");
  expect(readDigits('z', '00513').bytes).toEqual(Uint8Array.of(1, 2));
  expect(readDigits('z', '65536').problem).toBe('digits 1 to 5 stand for more than 2 bytes hold; some are wrong');
  expect(readDigits('z', '1234').problem).toMatch(/^4 digits: after whole groups of 17 there are 4/);
  expect(readDigits('zl', '9999').problem).toMatch(/stand for more than 8 bits hold/);
  expect(readDigits('zl', '99990000').problem).toMatch(/^digits 1 to 4 stand for more than 13 bits hold/);
});

test('any text at all gets an answer', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 300 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        digits,
        digits.map((d) => `x?z=${d}`),
        digits.map((d) => `x#?p=01.02.00000000&zl=${d}`),
      ),
      (text) => {
        decodePanic(text);
      },
    ),
    { numRuns: 500 },
  );
});

const partsOf = (text: string, of: number): string[] => {
  const stream = deflateSync(text);
  const each = Math.ceil(stream.length / of);
  const id = stream.subarray(-4).toString('hex');
  return Array.from({ length: of }, (_, i) => {
    const digits = digitsOf('z', stream.subarray(i * each, (i + 1) * each));
    return `https://lab/panic#?a=x&v=6&p=0${i + 1}.0${of}.${id}&z=${digits}`;
  });
};

test('joins the parts of an animated code in whatever order they come, twice or not', () => {
  const [one = '', two = '', three = ''] = partsOf(LOG, 3);
  expect(decodePanic([three, one, two, one].join('\n'))).toMatchObject({
    text: LOG,
    problem: undefined,
    parts: { here: [1, 2, 3], of: 3 },
  });
});

test('of an animated code with a part missing it shows what stands before the gap', () => {
  const [one = '', , three = ''] = partsOf(LOG, 3);
  const reading = decodePanic(`${one}\n${three}`);
  expect(reading).toMatchObject({ problem: 'part 2 of 3 is missing: scan it too', parts: { here: [1, 3], of: 3 } });
  expect(LOG.startsWith(reading?.text ?? '-')).toBe(true);
  expect(reading?.text.length).toBeGreaterThan(0);
});

test('parts of another panic stay out', () => {
  const [one = '', two = ''] = partsOf(LOG, 2);
  const [, other = ''] = partsOf('another log', 2);
  expect(decodePanic(`${one}\n${other}`)?.problem).toBe('part 2 of 2 is missing: scan it too');
  expect(decodePanic(`${one}\n${other}\n${two}`)).toMatchObject({ text: LOG, problem: undefined });
});

test('a part that cannot be is read as no part', () => {
  expect(findAddresses(`x?p=03.02.00000000&z=${Z}`)[0]?.part).toBeUndefined();
  expect(findAddresses(`x?p=1.2.zz&z=${Z}`)[0]?.part).toBeUndefined();
});

test('splits lines into level, time and text', () => {
  expect(linesOf('[    1.000000] Kernel panic\n<3>[   12.5] bad\n<14>user\n plain\n')).toEqual([
    { level: undefined, time: '1.000000', text: 'Kernel panic' },
    { level: 'err', time: '12.5', text: 'bad' },
    { level: 'info', time: undefined, text: 'user' },
    { level: undefined, time: undefined, text: ' plain' },
  ]);
  expect(linesOf('')).toEqual([]);
});
