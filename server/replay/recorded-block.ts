/** A block port that answers from a recording: each request with the status and at the time it was answered then. */
import {
  BLOCK_OPS,
  BLOCK_STATUSES,
  type BlockCommand,
  type BlockCompletion,
  type BlockEvent,
  type BlockIdentity,
  type BlockPort,
} from '#bus/block.ts';
import { TRACE_OP } from '#bus/block-record.ts';
import { LabError } from '#bus/errors.ts';
import { guarded } from '#bus/guarded.ts';
import { unpackTag } from '#bus/trace.ts';
import type { Exchange, OwnWord } from './exchanges.ts';
import { type Identity, identityAt } from './identities.ts';
import type { RecordedPortOptions } from './recorded-ports.ts';
import type { Asked } from './recorded-side.ts';

const FUA = 0x80;
const NO_UNMAP = 0x40;
/** Above kind and flags of a request: the upper bits of its sector. */
const UPPER = 0x100;

/** What the driver chose for a slot that was chosen otherwise when it was recorded, and what the use before had. */
interface Use {
  readonly command: BlockCommand;
  readonly before: number | undefined;
  open: boolean;
}

export class RecordedBlock {
  readonly port: BlockPort;
  readonly #of: RecordedPortOptions & { readonly identities: readonly Identity[]; readonly texts: readonly string[] };
  readonly #uses = new Map<number, Use>();
  readonly #listeners = new Set<(completions: readonly BlockCompletion[]) => void>();
  /** Of queues that are polled. */
  readonly #polled = new Map<number, BlockCompletion[]>();
  /** Bytes read that no recording has. */
  unknownBytes = 0;

  constructor(
    of: RecordedPortOptions & { readonly identities: readonly Identity[]; readonly texts: readonly string[] },
  ) {
    this.#of = of;
    const identify = (): BlockIdentity => {
      const identity = identityAt(of.identities, of.clock.now());
      if (identity === null) throw new LabError('ENODEV', `${of.device} was off at this time of the recording`);
      return identity;
    };
    const events = new Set<(event: BlockEvent) => void>();
    for (const { timeNs, identity } of of.identities.slice(1))
      of.clock.after(timeNs, () => {
        for (const listener of [...events]) guarded(() => listener(identity === null ? 'removed' : 'resized'));
      });
    this.port = {
      identify: async () => identify(),
      submit: async (commands) => {
        this.#refuse(commands);
        for (const command of commands) this.#take(command);
      },
      poll: async (hctx) => this.#polled.get(hctx)?.splice(0) ?? [],
      onCompletion: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      onEvent: (listener) => {
        events.add(listener);
        return () => void events.delete(listener);
      },
    };
  }

  /** An answer, as it was recorded, to whom it belongs now. */
  answered({ record }: OwnWord): void {
    const { old, at, aux: _aux, value, outcome } = record;
    const { tag, hctx, detail } = unpackTag(old);
    const use = this.#uses.get(hctx * 0x10000 + tag);
    if (use === undefined) return;
    const { command } = use;
    const status = BLOCK_STATUSES[detail] ?? 'IOERR';
    // one that nobody waited for is the last again, or comes late to the use before
    const late = outcome === 'ignored' && use.open;
    if (!late) use.open = false;
    const completion: BlockCompletion = {
      hctx: command.hctx,
      tag: command.tag,
      generation: late ? (use.before ?? command.generation) : command.generation,
      status,
      ...(command.op === 'zone_append' ? { sector: at } : {}),
    };
    if (command.op === 'read' && status === 'OK') this.unknownBytes += value * 512;
    if (command.hctx >= this.#submitQueues())
      this.#polled.set(command.hctx, [...(this.#polled.get(command.hctx) ?? []), completion]);
    else for (const listener of [...this.#listeners]) guarded(() => listener([completion]));
  }

  #submitQueues(): number {
    const { identities, clock } = this.#of;
    return identityAt(identities, clock.now())?.submitQueues ?? 1;
  }

  /** The bus took none of them then, because one broke a rule of the port. */
  #refuse(commands: readonly BlockCommand[]): void {
    const { side, device, texts, moved } = this.#of;
    const { expected } = side;
    if (expected?.end !== 'refused') return;
    const text = texts[expected.aux] ?? '';
    const broken = commands.find((command) => side.isNext(askedOfCommand(command)));
    if (broken === undefined) return;
    side.take(askedOfCommand(broken));
    moved();
    throw new LabError(text.startsWith('tag in flight') ? 'EBUSY' : 'EINVAL', `${device}: ${text}`);
  }

  #take(command: BlockCommand): void {
    const { side, moved } = this.#of;
    try {
      const { old } = side.take(askedOfCommand(command));
      const { tag, hctx } = unpackTag(old);
      const before = this.#uses.get(hctx * 0x10000 + tag)?.command.generation;
      this.#uses.set(hctx * 0x10000 + tag, { command, before, open: true });
    } finally {
      moved();
    }
  }
}

/** As the trace would tell it; tags are the driver's own business. */
const askedOfCommand = ({ op, sector, sectors, fua, noUnmap }: BlockCommand): Asked => ({
  op: TRACE_OP[op],
  at: sector % 2 ** 32,
  value: sectors,
  more:
    Math.floor(sector / 2 ** 32) * UPPER +
    ((fua === true ? FUA : 0) | (noUnmap === true ? NO_UNMAP : 0) | BLOCK_OPS.indexOf(op)),
  text: '',
});

/** The same of a recorded request. */
export const askedOfRequest = ({ op, at, value, old, aux, end }: Exchange): Asked => {
  const { detail } = unpackTag(old);
  // of one that was refused the note has no upper bits of its sector
  const more = end === 'refused' ? null : aux * UPPER + detail;
  return { op: end === 'refused' ? TRACE_OP[BLOCK_OPS[detail & OP_MASK] ?? 'flush'] : op, at, value, more, text: '' };
};
const OP_MASK = 0x0f;
