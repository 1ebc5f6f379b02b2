/** YAML text as plain values that remember where they stood. */
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { LabError } from '#bus/errors.ts';

export type Path = readonly (string | number)[];

export interface Source {
  readonly value: unknown;
  /** An EINVAL that begins `file:line:column`; `key` points at the last name of the path instead of its value. */
  error(path: Path, message: string, key?: 'key'): LabError;
}

/** Characters in one file; a scenario is a page or two. */
export const MAX_CHARACTERS = 65_536;
/** Of a file with as many, in UTF-8. */
export const SCENARIO_FILE_BYTES = 4 * MAX_CHARACTERS;
/** Brackets and indentation deeper than this are nobody's scenario. */
const MAX_FLOW_DEPTH = 40;

/** Throws a LabError EINVAL for text that is no YAML, too long, too deep, or built from aliases. */
export const readSource = (text: string, fileName: string): Source => {
  const refuse = (line: number, column: number, message: string, cause?: unknown): LabError =>
    new LabError('EINVAL', `${fileName}:${line}:${column}: ${message}`, cause === undefined ? {} : { cause });
  if (text.length > MAX_CHARACTERS)
    throw refuse(1, 1, `the file has ${text.length} characters, ${MAX_CHARACTERS} are allowed`);
  if (flowDepth(text) > MAX_FLOW_DEPTH) throw refuse(1, 1, `nested deeper than ${MAX_FLOW_DEPTH} levels`);
  const lines = new LineCounter();
  const document = read(() => parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false }));
  const where = (offset: number): readonly [number, number] => {
    const { line, col } = lines.linePos(Math.max(0, offset));
    return [Math.max(1, line), Math.max(1, col)];
  };
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw refuse(...where(problem.pos[0]), firstLine(problem.message), problem);
  const value: unknown = read(() => document.toJS({ maxAliasCount: 0 }));

  return {
    value,
    error: (path, message, key) => refuse(...where(offsetOf(document.contents, path, key === 'key')), message),
  };

  function read<T>(attempt: () => T): T {
    try {
      return attempt();
    } catch (thrown) {
      throw refuse(1, 1, firstLine(thrown instanceof Error ? thrown.message : String(thrown)), thrown);
    }
  }
};

const firstLine = (message: string): string => message.split('\n')[0]?.slice(0, 300) ?? '';

/** Depth of the deepest brackets, strings not considered: a bound on what the parser recurses into. */
const flowDepth = (text: string): number => {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if ((character === ']' || character === '}') && depth > 0) depth--;
  }
  return deepest;
};

/** Where the last part of the path that exists begins. */
const offsetOf = (root: unknown, path: Path, atKey: boolean): number => {
  let node = root;
  let offset = startOf(root) ?? 0;
  for (const [i, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      const key = startOf(pair.key);
      const last = i === path.length - 1;
      offset = (last && atKey ? key : (startOf(pair.value) ?? key)) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
};

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
