/** `attr` and `io`: attributes of a device as configfs has them, and requests to the disk its driver offers. */
import type { Command } from 'commander';
import { BLOCK_OPS, type BlockOp } from '#bus/block.ts';
import { asLabError, LabError, unknownName } from '#bus/errors.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import { DriverFailed, Refused } from './exit.ts';
import { LabHttp, type LabOptions, withLab } from './lab-http.ts';
import { wholeNumber } from './numbers.ts';
import { keyValues, print, printJson, printTable } from './print.ts';

/** `POST /devices/:device/io`. */
interface Answer {
  readonly status: string;
  readonly ms: number;
  readonly sector?: number;
  readonly data?: string;
  readonly differsAt?: number;
}

const MAX_SECTOR = 2 ** 43;

export const addBlockCommands = (program: Command): void => {
  withLab(program.command('attr <device> [words...]'))
    .description('list attributes, show one (NAME), or write some in order (NAME=VALUE...)')
    .addHelpText('after', '\nExample: ferrolab attr nullb0 power=0 memory_backed=1 power=1')
    .action(async (device: string, words: string[], options: LabOptions) => {
      const lab = new LabHttp(options);
      const path = `/devices/${encodeURIComponent(device)}/attributes`;
      const known = await lab.get<readonly AttributeView[]>(path);
      if (known.length === 0) throw new LabError('EOPNOTSUPP', `${device} has no attributes`);
      if (words.length === 0) return options.json ? printJson(known) : list(known);
      if (words.some((word) => word.includes('='))) return write(lab, path, device, words, known, options);
      const asked = words.map((word) => named(known, word));
      if (options.json) return printJson(asked);
      for (const { name, value, unit } of asked)
        print(asked.length === 1 ? shown(value) : `${name}=${shown(value)}${unit}`);
    });

  withLab(program.command('io <device> <op> [sector] [sectors]'))
    .description("one request to the driver's disk: read, write, flush, discard, write_zeroes or a zone operation")
    .option('--pattern <pattern>', 'what is written, or must be read: 5a, deadbeef, sector, sector:7')
    .option('--fua', 'through the volatile cache before the answer')
    .option('--preflush', 'what was written before reaches the medium first')
    .option('--polled', 'answered by polling')
    .option('--no-unmap', 'zeroes are allocated')
    .addHelpText(
      'after',
      '\nExample: ferrolab io nullb0 write 0 8 --pattern deadbeef\n' +
        'Exit code 1 when the request failed, or what was read is not the pattern.',
    )
    .action(
      async (
        device: string,
        op: string,
        sector = '0',
        sectors = '0',
        options: LabOptions & { pattern?: string; fua?: true; preflush?: true; polled?: true; unmap: boolean },
      ) => {
        if (!BLOCK_OPS.includes(op as BlockOp)) throw unknownName('operation', op, BLOCK_OPS, 'EINVAL');
        const { pattern, fua, preflush, polled, unmap } = options;
        const answer = await new LabHttp(options).post<Answer>(`/devices/${encodeURIComponent(device)}/io`, {
          op,
          sector: wholeNumber('the sector', sector, MAX_SECTOR),
          sectors: wholeNumber('the number of sectors', sectors, 2 ** 31),
          ...(pattern === undefined ? {} : { pattern }),
          ...(fua ? { fua } : {}),
          ...(preflush ? { preflush } : {}),
          ...(polled ? { polled } : {}),
          ...(unmap ? {} : { noUnmap: true }),
        });
        if (options.json) printJson(answer);
        else tell(answer, pattern);
        const { status, differsAt = -1 } = answer;
        if (status !== 'OK') throw new DriverFailed('EIO', `${device}: ${op} ended with ${status}`);
        if (differsAt >= 0) throw new DriverFailed('EIO', `${device}: byte ${differsAt} is not the pattern's`);
      },
    );
};

const list = (known: readonly AttributeView[]): void =>
  printTable(
    ['NAME', 'VALUE', 'DEFAULT', 'RANGE', 'WRITE', 'MEANING'],
    known.map(({ name, value, default: initially, range, unit, writable, reason, doc }) => [
      name,
      short(`${shown(value)}${unit && value ? ` ${unit}` : ''}`),
      initially,
      range,
      writable ? 'yes' : reason || 'no',
      doc,
    ]),
  );

const write = async (
  lab: LabHttp,
  path: string,
  device: string,
  words: readonly string[],
  known: readonly AttributeView[],
  options: LabOptions,
): Promise<void> => {
  const odd = words.find((word) => !word.includes('='));
  if (odd !== undefined) throw new LabError('EINVAL', `'${odd}' among attributes to write; each is NAME=VALUE`);
  const written: AttributeView[] = [];
  // one at a time: a name may be written twice, as power=0 … power=1
  for (const word of words) {
    const [[name, value] = ['', '']] = Object.entries(keyValues([word]));
    named(known, name);
    const after = await lab.patch<readonly AttributeView[]>(path, { [name]: value }).catch((thrown: unknown) => {
      const { code, message } = asLabError(thrown);
      throw new Refused(code, `${device} ${name}=${value}: ${message}`);
    });
    const view = named(after, name);
    written.push(view);
    if (!options.json) print(`${device}: ${name}=${view.value ?? value}`);
  }
  if (options.json) printJson(written);
};

const named = (known: readonly AttributeView[], name: string): AttributeView => {
  const found = known.find((view) => view.name === name);
  if (found === undefined)
    throw unknownName(
      'attribute',
      name,
      known.map((view) => view.name),
    );
  return found;
};

/** A list of names is read by asking for it. */
const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

const shown = (value: string | null): string => value ?? '(write only)';

const tell = ({ status, ms, sector, data, differsAt }: Answer, pattern: string | undefined): void => {
  const place = sector === undefined ? '' : `, placed at sector ${sector}`;
  print(`${status} in ${ms} ms${place}`);
  if (data === undefined || status !== 'OK') return;
  if (pattern !== undefined) print(differsAt === -1 ? 'what was read is the pattern' : `byte ${differsAt} differs`);
  else dump(Buffer.from(data, 'base64'));
};

/** As `hexdump -C` does: equal lines once. */
const dump = (bytes: Buffer): void => {
  let last = '';
  let starred = false;
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.toString('hex', at, at + 16);
    if (line === last) {
      if (!starred) print('*');
      starred = true;
      continue;
    }
    starred = false;
    last = line;
    print(`${at.toString(16).padStart(8, '0')}  ${line.replace(/(..)/g, '$1 ').trimEnd()}`);
  }
};
