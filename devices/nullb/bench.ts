/** A null block device alone on the bench, in virtual time: what the tests of this folder build. */
import type { BlockCommand, BlockCompletion, BlockEvent, BlockOp, BlockStatus } from '#bus/block.ts';
import { VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import type { BlockAnswer, BlockRequest } from './front.ts';
import { Nullb, type NullbOptions } from './nullb.ts';

export const SECTOR = 512;

/** `attributes` are written before power on; `options` is the rest of the constructor's. */
export const bench = (attributes: Readonly<Record<string, string>> = {}, options: Partial<NullbOptions> = {}) => {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const device = new Nullb({
    clock,
    seed: 7,
    attributes,
    log: (level, text) => void lines.push(`${level}: ${text}`),
    ...options,
  });
  const completions: BlockCompletion[] = [];
  const events: BlockEvent[] = [];
  device.completed = (completion) => void completions.push(completion);
  device.event = (event) => void events.push(event);
  let generation = 0;

  /** Rings the doorbell with one command. */
  const submit = (op: BlockOp, sector = 0, sectors = 0, rest: Partial<BlockCommand> = {}): BlockCommand => {
    const command: BlockCommand = { op, tag: 0, generation: ++generation, hctx: 0, sector, sectors, ...rest };
    device.submit(command);
    return command;
  };
  /** One command, and time until its answer; undefined when none comes within a second. */
  const run = (op: BlockOp, sector = 0, sectors = 0, rest: Partial<BlockCommand> = {}): BlockCompletion | undefined => {
    const { generation: asked } = submit(op, sector, sectors, rest);
    const found = (): BlockCompletion | undefined => completions.find((done) => done.generation === asked);
    if (found() === undefined) clock.advance(1e9);
    return found();
  };
  const status = (op: BlockOp, sector = 0, sectors = 0, rest: Partial<BlockCommand> = {}): BlockStatus | undefined =>
    run(op, sector, sectors, rest)?.status;
  /** Sectors full of one byte. */
  const write = (sector: number, sectors: number, byte: number, rest: Partial<BlockCommand> = {}) =>
    status('write', sector, sectors, { data: new Uint8Array(sectors * SECTOR).fill(byte), ...rest });
  /** The first byte of each sector read; null: no data came. */
  const read = (sector: number, sectors: number): readonly number[] | null => {
    const data = run('read', sector, sectors)?.data;
    return data === undefined ? null : Array.from({ length: data.length / SECTOR }, (_, i) => data[i * SECTOR] ?? -1);
  };
  /** A request of a client in this process. */
  const ask = (request: BlockRequest): { answer?: BlockAnswer; answers: number } => {
    const seen: { answer?: BlockAnswer; answers: number } = { answers: 0 };
    device.request(request, (answer) => {
      seen.answer = answer;
      seen.answers++;
    });
    return seen;
  };
  /** Written while off, then on again. */
  const reconfigure = (changed: Readonly<Record<string, string>>): void => {
    device.writeAttribute('power', '0');
    for (const [name, text] of Object.entries(changed)) device.writeAttribute(name, text);
    device.writeAttribute('power', '1');
  };

  return { clock, device, lines, completions, events, submit, run, status, write, read, ask, reconfigure };
};

/** The errno of what is thrown; `none` when nothing is. */
export const errnoOf = (call: () => unknown): string => {
  try {
    call();
    return 'none';
  } catch (thrown) {
    return thrown instanceof LabError ? thrown.code : `no LabError: ${String(thrown)}`;
  }
};
