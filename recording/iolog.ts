/** Requests of one block device as an I/O log that fio replays, format 2. Source: fio(1), trace file format v2. */
import { LabError } from '#bus/errors.ts';
import { type RecordedSection, recordAt } from './decode.ts';

const SECTOR_BYTES = 512;
const WORD = 2 ** 32;
const ACTIONS: Readonly<Record<string, string>> = {
  read: 'read',
  write: 'write',
  write_zeroes: 'write',
  discard: 'trim',
  flush: 'sync',
};

export interface IoLog {
  readonly text: string;
  readonly requests: number;
  /** Zone commands, for which the format has no word. */
  readonly leftOut: number;
}

/** `device` may be left out where the section has one block device; `file` is what fio is told to open. */
export const iologOf = (section: RecordedSection, device: string | undefined, file?: string): IoLog => {
  const blocks = section.devices.filter(({ port }) => port === 'block').map(({ name }) => name);
  const [only] = blocks;
  const name = device ?? (blocks.length === 1 ? only : undefined);
  if (name === undefined || !blocks.includes(name))
    throw new LabError(
      'EINVAL',
      blocks.length === 0
        ? 'an iolog is of a block device; this recording has none'
        : `an iolog is of one block device; there ${blocks.length === 1 ? 'is' : 'are'} ${blocks.join(', ')}: name it with --device`,
    );
  const target = file ?? name;
  const index = section.names.devices.indexOf(name);
  const lines = ['fio version 2 iolog', `${target} add`, `${target} open`];
  let [requests, leftOut] = [0, 0];
  for (let i = 0; i < section.count; i++) {
    const { device: of, op, outcome, at, value, aux } = recordAt(section, i);
    if (of !== index || outcome === 'refused') continue;
    const action = ACTIONS[op];
    if (action === undefined) {
      if (op === 'zone') leftOut++;
      continue;
    }
    requests++;
    const offset = (aux * WORD + at) * SECTOR_BYTES;
    lines.push(action === 'sync' ? `${target} sync 0 0` : `${target} ${action} ${offset} ${value * SECTOR_BYTES}`);
  }
  return { text: `${[...lines, `${target} close`].join('\n')}\n`, requests, leftOut };
};
