/** Names of code addresses, from what SDCC leaves beside an image: its map, its listing, or our short map. */
import { LabError, unknownName } from '#bus/errors.ts';
import type { CodeSymbol } from '#bus/micro-view.ts';

export const SYMBOLS_LIMIT = 8192;
const NAME = /^[A-Za-z_.$][\w.$]{0,119}$/;

/**
 * Reads any of: `_main 12F1` (a name and a hexadecimal address a line), `C:   000012F1  _main  main` (sdcc's .map),
 * `      0012F1      476 _main:` (its .rst), `L:G$main$0$0:12F1` (its .cdb). Other lines mean nothing here.
 */
export const parseSymbols = (text: string): readonly CodeSymbol[] => {
  const found = new Map<string, number>();
  for (const line of text.split(/\r?\n/)) {
    const symbol = symbolIn(line);
    if (symbol !== undefined && !found.has(symbol.name)) found.set(symbol.name, symbol.at);
    if (found.size > SYMBOLS_LIMIT)
      throw new LabError('EFBIG', `more than ${SYMBOLS_LIMIT} symbols; is this the map of one program?`);
  }
  return [...found].map(([name, at]) => ({ name, at })).sort((a, b) => a.at - b.at);
};

export class SymbolTable {
  readonly symbols: readonly CodeSymbol[];
  readonly #byName = new Map<string, number>();
  readonly #byAddress = new Map<number, string>();

  constructor(symbols: readonly CodeSymbol[] = []) {
    for (const { name, at } of symbols) if (!this.#byName.has(name)) this.#byName.set(name, at);
    // a name is one place, so that what is printed is found again
    this.symbols = [...this.#byName].map(([name, at]) => ({ name, at })).sort((a, b) => a.at - b.at);
    for (const { name, at } of this.symbols) if (!this.#byAddress.has(at)) this.#byAddress.set(at, name);
  }

  /** The name of exactly this address. */
  label(at: number): string | undefined {
    return this.#byAddress.get(at);
  }

  /** The last symbol at or before an address. */
  before(at: number): CodeSymbol | undefined {
    let [low, high] = [0, this.symbols.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.symbols[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    const last = this.symbols[low - 1];
    return last === undefined ? undefined : { name: this.#byAddress.get(last.at) ?? last.name, at: last.at };
  }

  /** `main+12h`; the bare address where no symbol is before it. */
  place(at: number): string {
    const symbol = this.before(at);
    if (symbol === undefined) return hexOf(at, 4);
    return symbol.at === at ? symbol.name : `${symbol.name}+${hexOf(at - symbol.at, 1)}`;
  }

  /** A code address as a person writes it: `main`, `main+12h`, `0B6Dh`, `0x0B6D`, `2925`. */
  address(asked: string): number {
    const [, base = '', offset] = /^([^+]*?)\s*(?:\+\s*(.*))?$/.exec(asked.trim()) ?? [];
    const start = this.#byName.get(base) ?? this.#byName.get(base.replace(/^_/, '')) ?? numberOf(base);
    const more = offset === undefined ? 0 : numberOf(offset);
    if (start === undefined) {
      if (this.symbols.length > 0 && NAME.test(base)) throw unknownName('symbol', base, [...this.#byName.keys()]);
      throw new LabError(
        'EINVAL',
        `'${asked}' is no code address; it is written as 0B6Dh, 0x0B6D, or a symbol of the program`,
      );
    }
    if (more === undefined || start + more > 0xffff)
      throw new LabError('EINVAL', `'${asked}' is no code address; 0000h to FFFFh are`);
    return start + more;
  }
}

/** `5`, `0x5`, `0005h`; undefined when it is none of these or does not fit 16 bits. */
export const numberOf = (word: string): number | undefined => {
  const asHex = /^(?:0x([0-9a-f]{1,8})|([0-9][0-9a-f]{0,7})h|([0-9a-f]{1,8})h)$/i.exec(word.trim());
  const value =
    asHex !== null
      ? Number.parseInt(asHex[1] ?? asHex[2] ?? asHex[3] ?? '', 16)
      : /^\d{1,9}$/.test(word.trim())
        ? Number(word)
        : undefined;
  return value === undefined || value > 0xffff ? undefined : value;
};

const hexOf = (value: number, digits: number): string => `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;

const FORMS: readonly (readonly [line: RegExp, name: number, at: number])[] = [
  [/^(\S+)\s+([0-9A-Fa-f]{4})$/, 1, 2],
  [/^C:\s+0000([0-9A-Fa-f]{4})\s+(\S+)/, 2, 1],
  [/^\s+00([0-9A-Fa-f]{4})\s+\d+\s(_\w+):+$/, 2, 1],
  [/^L:(?:G|F\w+)\$(\w+)\$[0-9_]+\$[0-9_]+:([0-9A-Fa-f]{1,4})$/, 1, 2],
];

const symbolIn = (line: string): CodeSymbol | undefined => {
  if (line.length > 400) return undefined;
  for (const [form, name, at] of FORMS) {
    const match = form.exec(line);
    if (match === null) continue;
    const found = nameOf(match[name] ?? '');
    return found === undefined ? undefined : { name: found, at: Number.parseInt(match[at] ?? '', 16) };
  }
  return undefined;
};

/** As the C source has it: sdcc puts an underscore before. The linker's own names for areas (s_, l_) are no code, nor is sdcc's debug notation. */
const nameOf = (written: string): string | undefined => {
  if (/^[sl]_/.test(written) || written.includes('$') || !NAME.test(written)) return undefined;
  return written.startsWith('_') && written.length > 1 ? written.slice(1) : written;
};
