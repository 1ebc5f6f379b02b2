/** The short way to say which accesses are meant, as people type it: `write 3.E854 == 0x0040`, turned into the filter grammar. */

const OPS = ['read', 'write', 'access', 'flush', 'discard', 'write_zeroes', 'zone', 'done', 'span_read', 'span_write'];
const HEAD = new RegExp(`^\\s*(${OPS.join('|')})(?=\\s|$)\\s*`);
const NAME = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*/;
const CHANGE = /^([A-Za-z0-9_]+)\s*->\s*([A-Za-z0-9_]+)$/;

/**
 * `write MICRO_BOOT`, `write 3.E854 == 0x40`, `write MICRO_BOOT.FROM == sram`, `write MICRO_BOOT 0xc0 -> 0x40`,
 * `write 3.E854 & 0xc0 == 0x40`, `read 3.8000..3.BFFF`, each with `&& …` or `|| …` behind it if need be. Anything else is returned
 * as it is: a filter. `isRegister` tells whether a name is a register or field rather than one of the filter's columns.
 */
export const longhand = (text: string, isColumn: (name: string) => boolean): string =>
  text
    .split('||')
    .map((part) => partOf(part, isColumn))
    .join('||');

const partOf = (text: string, isColumn: (name: string) => boolean): string => {
  const head = HEAD.exec(text);
  const op = head?.[1];
  if (head === null || op === undefined) return text;
  const [body = '', ...more] = text.slice(head[0].length).split('&&');
  const rest = more.map((clause) => clause.trim());
  const clauses = op === 'access' ? [] : [`op == ${op}`];
  return ` ${[...clauses, ...placeClauses(body.trim(), isColumn), ...rest].join(' && ') || 'op in {read, write}'} `;
};

const placeClauses = (body: string, isColumn: (name: string) => boolean): readonly string[] => {
  if (body === '') return [];
  const name = NAME.exec(body)?.[0];
  if (name === undefined || isColumn(name)) return [body];
  const after = body.slice(name.length);
  const range = /^\s*\.\.\s*([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)\s*/.exec(after);
  const place = range === null ? `reg == ${name}` : `reg in {${name}..${range[1]}}`;
  const condition = (range === null ? after : after.slice(range[0].length)).trim();
  // a field names its register; an address such as 3.E854 begins with a digit
  const isField = range === null && name.includes('.') && !/^\d/.test(name);
  if (isField) return [`${name} ${condition}`.trim()];
  if (condition === '') return [place];
  const change = CHANGE.exec(condition);
  if (change !== null) return [place, `old == ${change[1]}`, `value == ${change[2]}`];
  return [place, `value ${condition}`];
};
