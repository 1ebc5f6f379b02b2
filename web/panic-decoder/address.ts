/** Finds the address of a panic code in whatever was opened or pasted, and its fields. */

export interface PanicAddress {
  /** Machine, kernel release and distribution, as far as it says. */
  readonly machine: string | undefined;
  readonly release: string | undefined;
  readonly distribution: string | undefined;
  readonly encoding: 'z' | 'zl';
  readonly digits: string;
  readonly part: PanicPart | undefined;
}

/** One of several codes shown in turn. */
export interface PanicPart {
  readonly number: number;
  readonly of: number;
  /** Adler-32 of the whole, as it stands at the end of the stream. */
  readonly stream: string;
}

/**
 * Every panic address in a text, in order. Takes whole addresses with the fields behind `?` or `#`, the fields alone, or
 * bare digits; digits that a mail or a terminal broke over lines are joined again.
 */
export const findAddresses = (text: string): readonly PanicAddress[] => {
  const words: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== ''))
    if (/^\d+$/.test(word) && words.length > 0) words[words.length - 1] += word;
    else words.push(word);
  return words.map(parse).filter((address) => address !== undefined);
};

const parse = (word: string): PanicAddress | undefined => {
  if (/^\d{3,}$/.test(word)) return addressOf(new Map([[encodingOf(word), word]]));
  const fields = new Map<string, string>();
  // the kernel puts its own ? behind whatever the address is, so the last one counts
  const from = Math.max(word.lastIndexOf('?'), word.indexOf('?') < 0 ? word.lastIndexOf('#') : -1);
  for (const field of word.slice(from + 1).split('&')) {
    const at = field.indexOf('=');
    if (at > 0) fields.set(field.slice(0, at), unescaped(field.slice(at + 1)));
  }
  return addressOf(fields);
};

const addressOf = (fields: ReadonlyMap<string, string>): PanicAddress | undefined => {
  const encoding = fields.has('z') ? 'z' : fields.has('zl') ? 'zl' : undefined;
  if (encoding === undefined) return undefined;
  return {
    machine: fields.get('a'),
    release: fields.get('v'),
    distribution: fields.get('d'),
    encoding,
    digits: fields.get(encoding) ?? '',
    part: partOf(fields.get('p')),
  };
};

const partOf = (text: string | undefined): PanicPart | undefined => {
  const [, number, of, stream] = /^(\d{1,2})\.(\d{1,2})\.([0-9a-f]{8})$/.exec(text ?? '') ?? [];
  if (number === undefined || of === undefined || stream === undefined) return undefined;
  const part = { number: Number(number), of: Number(of), stream };
  return part.number >= 1 && part.number <= part.of ? part : undefined;
};

/** Bare digits do not say: a zlib header must come out of the first two bytes. */
const encodingOf = (digits: string): 'z' | 'zl' => {
  const word = Number(BigInt(digits.slice(0, 17)) & 0xffffn);
  const isHeader = (word & 15) === 8 && ((word & 0xff) * 256 + (word >> 8)) % 31 === 0;
  return isHeader ? 'z' : 'zl';
};

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
