/** What a block driver can do wrong, as blk-mq sees it; each is reported as a finding that names the request. */
import type { BlockOp } from '#bus/block.ts';

/** Kinds of misuse. What only the port can see (a tag reused in flight, past the depth, beyond the end) is reported there. */
export const MISUSES = {
  'double completion': 'a request was ended, started or requeued a second time',
  'unknown tag': 'a tag was looked up, submitted or completed that no request in flight has',
  'leaked tag': 'the device has answered, or the request was handed over, and the driver never ended it',
  'buffer after completion': 'memory of a request was used after it had been given back',
  'out of bounds': 'memory beyond the end of a request was asked for',
  'wrong attachment': 'a request or a tag of a disk that is gone was used',
  'flush not durable': 'a flush or a FUA write was called done before the device said so',
  'late completion': 'an answer that came after its timeout was taken for the next request with that tag',
  'short success': 'a read was called complete with fewer bytes than were asked for',
  'zoned write off the pointer': 'a write to a zone went elsewhere than the request says',
  'wrong command': 'what was sent to the device is not what the request says',
  'false success': 'a request was called OK though the device had not answered, or had answered with an error',
  'status outside the table': 'a request was ended with a status that does not exist, or that only asks for a retry',
  'detached in flight': 'the driver stopped listening, or was unloaded, while the device still owed answers',
  'requeue in flight': 'a request was put back in the queue while the device still has it',
} as const;
export type Misuse = keyof typeof MISUSES;

/** More findings of one kind than this are only counted. */
const LIMIT = 20;

/** What names a request in a finding. */
export interface RequestName {
  readonly tag: number;
  readonly generation: number;
  readonly hctx: number;
  readonly op: BlockOp;
  readonly sector: number;
  readonly sectors: number;
}

/** `tag 3 generation 17 (write, sector 8, 8 sectors, queue 0)` */
export const printRequest = ({ tag, generation, hctx, op, sector, sectors }: RequestName): string =>
  `tag ${tag} generation ${generation} (${op}, sector ${sector}, ${sectors} sectors, queue ${hctx})`;

/** Passes findings on, and keeps a driver that is wrong at full rate from filling the log. */
export class MisuseReports {
  readonly #finding: (what: string, text: string) => void;
  readonly #counts = new Map<Misuse, number>();

  constructor(finding: (what: string, text: string) => void) {
    this.#finding = finding;
  }

  /** How often each kind was seen. */
  get counts(): ReadonlyMap<Misuse, number> {
    return this.#counts;
  }

  report(what: Misuse, text: string): void {
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    if (count < LIMIT) this.#finding(what, text);
    else if (count === LIMIT) this.#finding(what, `${text}; from here on this kind is only counted`);
  }
}
