/** What each operation does to medium, bad blocks and zones; time and queues are somebody else's. */
import { type BlockCommand, type BlockOp, type BlockStatus, SECTOR_BYTES } from '#bus/block.ts';
import type { BadBlocks } from './bad-blocks.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import type { Medium } from './medium.ts';
import type { Strikes } from './strikes.ts';
import { zoneReport } from './zone-report.ts';
import type { Zones, ZoneTicket } from './zones.ts';

export interface Outcome {
  readonly status: BlockStatus;
  readonly data?: Uint8Array;
  readonly sector?: number;
}

export interface OperationParts {
  readonly config: Config;
  /** Sectors there are now: a fault may have changed it. */
  readonly capacitySectors: () => number;
  readonly medium: Medium;
  readonly badBlocks: BadBlocks;
  readonly zones: Zones | null;
  readonly strikes: Strikes;
  readonly counters: Counters;
  /** rnull: whatever the op, it succeeds and the buffer stays as it was. */
  readonly nothing: boolean;
  readonly strict: boolean;
}

const OK: Outcome = { status: 'OK' };
const IOERR: Outcome = { status: 'IOERR' };

/** Ops that say where on the medium. */
const RANGED: ReadonlySet<BlockOp> = new Set(['read', 'write', 'discard', 'write_zeroes', 'zone_append']);
const CHANGES: ReadonlySet<BlockOp> = new Set([
  'write',
  'discard',
  'write_zeroes',
  'zone_append',
  'zone_finish',
  'zone_reset',
  'zone_reset_all',
]);

export const changesMedium = (op: BlockOp): boolean => CHANGES.has(op);

export class Operations {
  readonly #parts: OperationParts;

  constructor(parts: OperationParts) {
    this.#parts = parts;
  }

  /** What the block layer would not have let through; undefined when there is nothing to say. */
  refusal({ op, sector, sectors, data }: BlockCommand): BlockStatus | undefined {
    const { config, zones } = this.#parts;
    if (!Number.isSafeInteger(sector) || !Number.isSafeInteger(sectors) || sector < 0 || sectors < 0) return 'INVAL';
    if (op.startsWith('zone_')) {
      if (zones === null) return 'NOTSUPP';
      if (op === 'zone_report' || op === 'zone_reset_all') return undefined;
      if (sector >= this.#parts.capacitySectors()) return 'IOERR';
    }
    if (op === 'discard' && !config.discard && !this.#parts.nothing) return 'NOTSUPP';
    if (!RANGED.has(op)) return undefined;
    const blockSectors = config.blockBytes / SECTOR_BYTES;
    if (sectors === 0 || sector % blockSectors !== 0 || sectors % blockSectors !== 0) return 'INVAL';
    if (sector + sectors > this.#parts.capacitySectors()) return 'IOERR';
    if (op === 'write' || op === 'zone_append' || op === 'read') {
      if (sectors > config.maxSectors) return 'INVAL';
      if (op === 'zone_append' && sectors > (config.zones?.maxAppendSectors ?? 0)) {
        return config.zones?.maxAppendSectors === 0 ? 'IOERR' : 'INVAL';
      }
      if (op !== 'read' && data?.length !== sectors * SECTOR_BYTES) return 'INVAL';
    }
    return undefined;
  }

  run(command: BlockCommand): Outcome {
    const { zones, medium, nothing } = this.#parts;
    const { op, sector, sectors } = command;
    if (nothing) return OK;
    switch (op) {
      case 'flush':
        return medium.flush() ? OK : { status: 'NOSPC' };
      case 'read':
        return this.#read(command);
      case 'write':
      case 'write_zeroes':
      case 'zone_append':
        return zones === null ? this.#move(command, sector, sectors).outcome : this.#zoneWrite(zones, command);
      case 'discard':
        return this.#move(command, sector, sectors).outcome;
      case 'zone_report':
        return zones === null ? { status: 'NOTSUPP' } : { status: 'OK', data: zoneReport(zones, sector, sectors) };
      case 'zone_reset_all':
        return { status: zones?.resetAll() ?? 'NOTSUPP' };
      default:
        return { status: zones === null ? 'NOTSUPP' : zones[ZONE_VERB[op]](zones.zoneOf(sector)) };
    }
  }

  #read(command: BlockCommand): Outcome {
    const { config, zones, medium, strikes, counters } = this.#parts;
    const { sector, sectors } = command;
    if (zones !== null && crossed(zones, sector, sectors).some((zone) => zones.condition(zone) === 'OFFLINE'))
      return IOERR;
    const good = this.#goodSectors(sector, sectors);
    const status = good < sectors ? 'IOERR' : 'OK';
    if (!config.memoryBacked || good === 0) return { status };
    const data = new Uint8Array(good * SECTOR_BYTES);
    medium.read(sector * SECTOR_BYTES, data.length, data, 0);
    if (zones !== null) maskUnwritten(zones, sector, data);
    const stays = strikes.rot(command, data);
    if (stays !== undefined) {
      counters.note('rotten');
      this.#damage(sector, data, stays);
    }
    return { status, data };
  }

  /** Linux: the condition changes first, then the data move; a strict device takes that back when nothing was written. */
  #zoneWrite(zones: Zones, command: BlockCommand): Outcome {
    const { op, sector, sectors } = command;
    const zone = zones.zoneOf(sector);
    if (op !== 'zone_append' && zones.zoneOf(sector + sectors - 1) !== zone) return IOERR;
    const ticket: ZoneTicket | BlockStatus = zones.admit(op === 'zone_append' ? null : sector, sectors, zone);
    if (typeof ticket === 'string') return { status: ticket };
    const { outcome, moved } = this.#move(command, ticket.sector, sectors);
    if (moved > 0) zones.advance(ticket, moved);
    else if (this.#parts.strict) zones.rollBack(ticket);
    return op === 'zone_append' && outcome.status === 'OK' ? { ...outcome, sector: ticket.sector } : outcome;
  }

  /** Writes, zeroes or discards; `moved` is how far it got. */
  #move(command: BlockCommand, sector: number, sectors: number): { readonly outcome: Outcome; readonly moved: number } {
    const { config, strikes, counters } = this.#parts;
    const good = this.#goodSectors(sector, sectors);
    const failed: BlockStatus = good < sectors ? 'IOERR' : 'OK';
    if (good === 0) return { outcome: { status: failed }, moved: 0 };
    const torn = strikes.tear(command);
    if (torn !== undefined) counters.note('torn');
    if (
      config.memoryBacked &&
      !this.#store(command, sector, good, Math.min(torn?.bytes ?? good * SECTOR_BYTES, good * SECTOR_BYTES))
    )
      return { outcome: { status: 'NOSPC' }, moved: 0 };
    return { outcome: { status: failed === 'OK' ? (torn?.status ?? 'OK') : failed }, moved: good };
  }

  /** False when memory is full. `bytes` of the data arrive; where that is within a sector, its rest stays as it was. */
  #store({ op, data, fua, noUnmap }: BlockCommand, sector: number, sectors: number, bytes: number): boolean {
    const { medium, config } = this.#parts;
    const offset = sector * SECTOR_BYTES;
    const through = fua === true && config.fua;
    if (op === 'discard' || (op === 'write_zeroes' && noUnmap !== true)) {
      medium.discard(offset, sectors * SECTOR_BYTES);
      return true;
    }
    if (op === 'write_zeroes') return storeZeroes(medium, offset, sectors * SECTOR_BYTES, through);
    if (data === undefined) return true;
    const whole = bytes - (bytes % SECTOR_BYTES);
    if (whole > 0 && !medium.write(offset, whole, data, 0, through)) return false;
    if (whole === bytes) return true;
    const half = new Uint8Array(SECTOR_BYTES);
    medium.read(offset + whole, SECTOR_BYTES, half, 0);
    half.set(data.subarray(whole, bytes));
    return medium.write(offset + whole, SECTOR_BYTES, half, 0, through);
  }

  /** How many sectors of a request are before the first bad block, in whole blocks; all or none without partial. */
  #goodSectors(sector: number, sectors: number): number {
    const { badBlocks, config, counters } = this.#parts;
    const hit = badBlocks.hit(sector, sectors);
    if (hit === undefined) return sectors;
    counters.note('badBlocks');
    if (config.badblocksOnce) badBlocks.set(hit.start, hit.length, false);
    if (!config.badblocksPartial) return 0;
    const blockSectors = config.blockBytes / SECTOR_BYTES;
    return Math.max(0, hit.start - (hit.start % blockSectors) - sector);
  }

  /** Damage that stays: the sectors it is in are written back as they were read. */
  #damage(sector: number, data: Uint8Array, bytes: readonly number[]): void {
    const { medium } = this.#parts;
    for (const inData of new Set(bytes.map((at) => at - (at % SECTOR_BYTES)))) {
      const offset = sector * SECTOR_BYTES + inData;
      // what was never written stays unwritten
      if (medium.extent(offset, offset + SECTOR_BYTES).stored) medium.write(offset, SECTOR_BYTES, data, inData, true);
    }
  }
}

const ZONE_VERB = { zone_open: 'open', zone_close: 'close', zone_finish: 'finish', zone_reset: 'reset' } as const;

const crossed = (zones: Zones, sector: number, sectors: number): number[] => {
  const first = zones.zoneOf(sector);
  return Array.from({ length: zones.zoneOf(sector + sectors - 1) - first + 1 }, (_, i) => first + i);
};

/** What a sequential zone has not been written reads as FFh. Source: null_blk main.c, null_transfer. */
const maskUnwritten = (zones: Zones, sector: number, data: Uint8Array): void => {
  for (const zone of crossed(zones, sector, data.length / SECTOR_BYTES)) {
    const from = Math.max(zones.unwrittenFrom(zones.startOf(zone)), sector, zones.startOf(zone));
    const upTo = Math.min(zones.startOf(zone) + zones.lengthOf(zone), sector + data.length / SECTOR_BYTES);
    if (from < upTo) data.fill(0xff, (from - sector) * SECTOR_BYTES, (upTo - sector) * SECTOR_BYTES);
  }
};

const ZEROES = new Uint8Array(65_536);

const storeZeroes = (medium: Medium, offset: number, length: number, fua: boolean): boolean => {
  for (let done = 0; done < length; ) {
    const bytes = Math.min(length - done, ZEROES.length);
    if (!medium.write(offset + done, bytes, ZEROES, 0, fua)) return false;
    done += bytes;
  }
  return true;
};
