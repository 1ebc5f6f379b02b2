/** From the address of a panic code to the kernel log in it, without leaving the browser. */
import { LOG_LEVELS, type LogLevel } from '#bus/api.ts';
import { findAddresses, type PanicAddress } from './address.ts';
import { inflate } from './inflate.ts';
import { readDigits } from './read-digits.ts';

export interface PanicReading {
  /** The address read, the first of them when the log came in parts. */
  readonly address: PanicAddress;
  /** Bytes of the stream behind the digits. */
  readonly streamBytes: number;
  readonly text: string;
  /** What is wrong with it; the text then is as much as could be read. */
  readonly problem: string | undefined;
  /** Parts that are there and parts there are; both 1 for a code that stands alone. */
  readonly parts: { readonly here: readonly number[]; readonly of: number };
}

/** Undefined when the text has no panic address in it. Later addresses add parts to the first. */
export const decodePanic = (text: string): PanicReading | undefined => {
  const addresses = findAddresses(text);
  const [address] = addresses;
  if (address === undefined) return undefined;
  const { part } = address;
  const together = part === undefined ? [address] : inOrder(addresses, part.stream);
  const missing = part === undefined ? undefined : missingWords(together, part.of);
  const stream: number[] = [];
  let problem: string | undefined;
  let sureBytes = 0;
  for (const [i, { encoding, digits, part: own }] of together.entries()) {
    if (own !== undefined && own.number !== i + 1) break; // what follows a gap cannot be inflated
    const read = readDigits(encoding, digits);
    sureBytes = stream.length + read.sureBytes;
    for (const byte of read.bytes) stream.push(byte);
    if (read.problem === undefined) continue;
    problem = own === undefined ? read.problem : `part ${own.number}: ${read.problem}`;
    break;
  }
  const whole = inflate(Uint8Array.from(stream));
  const { bytes } = whole.ended ? whole : inflate(Uint8Array.from(stream.slice(0, sureBytes)));
  return {
    address,
    streamBytes: stream.length,
    text: new TextDecoder().decode(bytes),
    problem: problem ?? missing ?? whole.problem,
    parts: { here: part === undefined ? [1] : together.map((one) => one.part?.number ?? 1), of: part?.of ?? 1 },
  };
};

/** One line of the log in a code. The kernel's own codes carry no levels. */
export interface PanicLine {
  readonly level: LogLevel | undefined;
  /** As it stands between the brackets. */
  readonly time: string | undefined;
  readonly text: string;
}

export const linesOf = (text: string): readonly PanicLine[] =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .filter((line, i, all) => line !== '' || all.length > 1 || i > 0)
    .map((line) => {
      const [, level, time, rest] = /^(?:<(\d{1,3})>)?(?:\[([ \d.]+)\] ?)?(.*)$/s.exec(line) ?? [];
      return {
        level: level === undefined ? undefined : LOG_LEVELS[Number(level) & 7], // above these three bits is the facility
        time: time?.trim(),
        text: rest ?? line,
      };
    });

const inOrder = (addresses: readonly PanicAddress[], stream: string): readonly PanicAddress[] => {
  const byNumber = new Map<number, PanicAddress>();
  for (const address of addresses)
    if (address.part?.stream === stream && !byNumber.has(address.part.number))
      byNumber.set(address.part.number, address);
  return [...byNumber.entries()].sort(([a], [b]) => a - b).map(([, address]) => address);
};

const missingWords = (together: readonly PanicAddress[], of: number): string | undefined => {
  const here = new Set(together.map(({ part }) => part?.number));
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter((number) => !here.has(number));
  if (missing.length === 0) return undefined;
  const those = missing.join(', ');
  return missing.length === 1
    ? `part ${those} of ${of} is missing: scan it too`
    : `parts ${those} of ${of} are missing: scan them too`;
};
