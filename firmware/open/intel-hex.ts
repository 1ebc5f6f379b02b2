/** Intel HEX: records of up to 255 bytes with address and checksum, as sdcc's linker writes them. */
import { LabError } from '#bus/errors.ts';

const RECORD = /^:((?:[0-9a-f]{2}){5,260})$/i;
const BYTES = 0;
const END = 1;

/** Bytes by address. Throws a LabError naming the line that is wrong. */
export const readIntelHex = (text: string): Map<number, number> => {
  const memory = new Map<number, number>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const record = bytesOf(line, i + 1);
    const [count = 0, high = 0, low = 0, kind] = record;
    if (kind === END) return memory;
    if (kind !== BYTES)
      throw new LabError('EPROTO', `line ${i + 1}: record type ${kind} is not read here, only 0 and 1`);
    for (let n = 0; n < count; n++) memory.set((high << 8) + low + n, record[4 + n] ?? 0);
  }
  throw new LabError('EPROTO', 'the end record is missing');
};

const bytesOf = (line: string, number: number): readonly number[] => {
  const digits = RECORD.exec(line)?.[1];
  if (digits === undefined)
    throw new LabError('EPROTO', `line ${number}: '${line.slice(0, 40)}' is no Intel HEX record`);
  const bytes = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
  if (sum !== 0) throw new LabError('EPROTO', `line ${number}: checksum is off by ${sum}`);
  if (bytes.length !== (bytes[0] ?? 0) + 5)
    throw new LabError('EPROTO', `line ${number}: ${bytes.length - 5} bytes, the record says ${bytes[0]}`);
  return bytes;
};
