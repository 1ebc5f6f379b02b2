/** Each driver that is wrong on purpose is caught, at the request that did it; a right one is not. */
import { expect, test } from 'vitest';
import type { BlockCommand, BlockCompletion } from '#bus/block.ts';
import { seconds } from '#bus/clock.ts';
import type { Bio, BioResult } from '#bus/disk.ts';
import { BlockBench, type LoadedBlock, PatientSilicon } from '../block-bench.ts';
import { NullBlk, nullBlk } from '../null-blk.ts';
import type { StartedRequest } from '../request.ts';
import { BROKEN_BLOCK_DRIVERS } from './all-broken.ts';
import { brokenNullBlk } from './broken-null-blk.ts';

const ZONED = {
  zoned: { zoneSectors: 256, zones: 16, conventional: 0, maxOpen: 0, maxActive: 0, maxAppendSectors: 64 },
};

class Trial {
  readonly lab: BlockBench<PatientSilicon>;
  readonly loaded: LoadedBlock;

  constructor(lab: BlockBench<PatientSilicon>, loaded: LoadedBlock) {
    this.lab = lab;
    this.loaded = loaded;
  }

  get silicon(): PatientSilicon {
    return this.lab.silicon;
  }

  submit(bio: Partial<Bio> = {}): Promise<BioResult> {
    const { disk } = this.loaded;
    if (disk === undefined) throw new Error('no disk');
    const { op = 'read', sectors = 1 } = bio;
    const data = op === 'write' ? { data: new Uint8Array(sectors * 512).fill(0x5a) } : {};
    return disk.submit({ op, sector: 8, sectors, ...data, ...bio });
  }

  /** Submits and waits for the end. */
  done(bio: Partial<Bio> = {}): Promise<BioResult> {
    return this.lab.until(this.submit(bio));
  }

  /** The silicon answers everything at once. */
  prompt(of: (data: Uint8Array) => Partial<BlockCompletion> = (data) => ({ data })): void {
    this.silicon.atOnce = ({ op, sectors }) => (op === 'read' ? of(new Uint8Array(sectors * 512).fill(7)) : {});
  }
}

/** What brings the mistake to light. */
const TRIALS: Readonly<Record<string, (trial: Trial) => Promise<void>>> = {
  'bad-completes-twice': async (trial) => {
    trial.prompt();
    expect(await trial.done()).toMatchObject({ status: 'OK' });
  },
  'bad-leaks-tag': async (trial) => {
    trial.prompt();
    for (let i = 0; i < 3; i++) expect(await trial.done()).toMatchObject({ status: 'OK' });
    expect(await trial.done()).toEqual({ status: 'TIMEOUT' });
  },
  'bad-never-starts': async (trial) => {
    trial.prompt();
    expect(await trial.done({ op: 'write' })).toEqual({ status: 'TIMEOUT' });
  },
  'bad-guesses-tag': async (trial) => {
    trial.prompt();
    await trial.done();
  },
  'bad-keeps-buffer': async (trial) => {
    trial.prompt();
    expect(await trial.done()).toEqual({ status: 'OK' });
  },
  'bad-passes-resource': async (trial) => {
    trial.silicon.atOnce = () => ({ status: 'RESOURCE' });
    expect(await trial.done()).toEqual({ status: 'IOERR' });
  },
  'bad-early-flush': async (trial) => {
    expect(await trial.done({ op: 'flush', sectors: 0 })).toEqual({ status: 'OK' });
  },
  'bad-drops-fua': async (trial) => {
    trial.prompt();
    expect(await trial.done({ op: 'write', fua: true })).toEqual({ status: 'OK' });
  },
  'bad-late-answer': async (trial) => {
    expect(await trial.done()).toEqual({ status: 'TIMEOUT' });
    const [late] = trial.silicon.held;
    if (late === undefined) throw new Error('nothing was held');
    const next = trial.submit({ sector: 9 });
    await trial.lab.pass(1);
    trial.silicon.answer(late, { data: new Uint8Array(512) });
    expect(await trial.lab.until(next)).toMatchObject({ status: 'OK' });
  },
  'bad-short-read': async (trial) => {
    trial.prompt();
    expect(await trial.done()).toMatchObject({ status: 'OK' });
  },
  'bad-odd-status': async (trial) => {
    trial.prompt();
    expect(await trial.done({ op: 'write' })).toEqual({ status: 'IOERR' });
  },
  'bad-goes-deaf': async (trial) => {
    const both = [trial.submit(), trial.submit({ sector: 9 })];
    await trial.lab.pass(1);
    trial.silicon.next();
    await trial.loaded.exit();
    expect(await Promise.all(both)).toEqual([{ status: 'OK' }, { status: 'OFFLINE' }]);
  },
  'bad-zone-write': async (trial) => {
    trial.prompt();
    await trial.done({ op: 'write', sector: 0 });
  },
  'bad-deep-queue': async (trial) => {
    const many = Array.from({ length: 16 }, (_, i) => trial.submit({ sector: i }));
    await trial.lab.pass(1);
    for (const command of trial.silicon.held.splice(0)) trial.silicon.answer(command);
    trial.prompt();
    await trial.lab.until(Promise.all(many));
  },
  'bad-beyond-end': async (trial) => {
    trial.prompt();
    expect(await trial.done({ sector: 0 })).toEqual({ status: 'IOERR' });
  },
  'bad-stale-handle': async (trial) => {
    const reading = trial.submit();
    await trial.lab.pass(seconds(6));
    await trial.loaded.exit();
    expect(await reading).toEqual({ status: 'OFFLINE' });
  },
};

const FOUND: Readonly<Record<string, RegExp>> = {
  'bad-completes-twice':
    /^double completion: tag 0 generation \d+ \(read, sector 8, 1 sectors, queue 0\): ended though it had ended before/,
  'bad-leaks-tag': /^leaked tag: tag 0 .*: answered OK by the device but never ended within 5000 ms/,
  'bad-never-starts': /^leaked tag: tag 0 .*write.*: never started within 5000 ms/,
  'bad-guesses-tag': /^unknown tag: tag 1 of queue 0 was looked up, which has never been used/,
  'bad-keeps-buffer': /^buffer after completion: tag 0 .*: the buffer was written to after its request had ended/,
  'bad-passes-resource': /^status outside the table: tag 0 .*"RESOURCE": that asks for a retry/,
  'bad-early-flush': /^flush not durable: tag 0 .*flush.*ended OK, but the device has not answered/,
  'bad-drops-fua': /^flush not durable: tag 0 .*write.*sent without FUA/,
  'bad-late-answer': /^late completion: tag 0 .*sector 9.*which had timed out/,
  'bad-short-read': /^short success: tag 0 .*256 of 512 bytes/,
  'bad-odd-status': /^status outside the table: tag 0 .*"ALL_FINE": there is no such status/,
  'bad-goes-deaf': /^detached in flight: tag \d .*stopped listening/,
  'bad-zone-write': /^zoned write off the pointer: tag 0 .*sector 0.*sent to the device as write, sector 1/,
  'bad-stale-handle': /^wrong attachment: tag 0 .*ended though its disk is gone/,
};

/** What only the port can see is in the trace instead. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'bad-deep-queue': /tag past the queue depth/,
  'bad-beyond-end': /beyond the end/,
};

const run = async (name: string, driver = BROKEN_BLOCK_DRIVERS[name]) => {
  const trial = TRIALS[name];
  if (trial === undefined || driver === undefined) throw new Error(`no trial for ${name}`);
  const lab = new BlockBench(() => new PatientSilicon(name === 'bad-zone-write' ? ZONED : {}));
  const loaded = await lab.insmod(driver);
  return { lab, loaded, trial: trial(new Trial(lab, loaded)) };
};

test('every driver that is wrong on purpose has its trial', () => {
  expect(Object.keys(TRIALS).sort()).toEqual(Object.keys(BROKEN_BLOCK_DRIVERS).sort());
});

test.each(Object.keys(FOUND))('%s is caught, and named with its request', async (name) => {
  const { loaded, trial } = await run(name);
  await trial;
  const { findings } = loaded.kernel;
  expect(findings).toContainEqual(expect.stringMatching(FOUND[name] ?? /./));
  // A read that ends before its data are there is short as well; an answer given to the wrong tag leaves the right one.
  expect(findings).toHaveLength(name === 'bad-keeps-buffer' || name === 'bad-guesses-tag' ? 2 : 1);
});

class Requeues extends NullBlk {
  protected override send(commands: readonly BlockCommand[]): void {
    super.send(commands);
    for (const { hctx, tag } of commands) this.disk.tagToRq(hctx, tag)?.requeue();
  }
}
class Guesses extends NullBlk {
  protected override send(commands: readonly BlockCommand[]): void {
    super.send(commands);
    for (const { hctx, tag } of commands) this.disk.tagToRq(hctx, tag)?.endOk();
  }
}
class Ignores extends NullBlk {
  override complete(rq: StartedRequest): void {
    rq.endOk();
  }
}
class Shifts extends NullBlk {
  protected override send(commands: readonly BlockCommand[]): void {
    super.send(commands.map((command) => ({ ...command, sector: command.sector + 1 })));
  }
}
class Invents extends NullBlk {
  protected override send(commands: readonly BlockCommand[]): void {
    super.send([...commands, ...commands.map((command) => ({ ...command, tag: command.tag + 1 }))]);
  }
}

test.each([
  [Requeues, /^requeue in flight: tag 0 .*: the device has not answered yet/],
  [Guesses, /^false success: tag 0 .*: ended OK, but the device has not answered/],
  [Ignores, /^false success: tag 0 .*: ended OK, but the device answered IOERR/],
  [Shifts, /^wrong command: tag 0 .*sector 8.*: sent to the device as read, sector 9, 1 sectors/],
  [Invents, /^unknown tag: tag 1 generation \d+ of queue 0 was sent to the device .*; no request has it now/],
] as const)('other mistakes are caught as well: %o', async (Driver, found) => {
  const lab = new BlockBench(() => new PatientSilicon());
  const loaded = await lab.insmod(brokenNullBlk('wrong', 'wrong', Driver));
  if (Driver === Ignores) lab.silicon.atOnce = () => ({ status: 'IOERR' });
  void loaded.disk?.submit({ op: 'read', sector: 8, sectors: 1 });
  await lab.pass(1);
  expect(loaded.kernel.findings[0]).toMatch(found);
});

test.each(Object.keys(REFUSED))('%s is refused at the port', async (name) => {
  const { lab, loaded, trial } = await run(name);
  await trial;
  expect(lab.trace.names.texts.join('\n')).toMatch(REFUSED[name] ?? /./);
  expect(loaded.kernel.lines.join('\n')).toMatch(/commands were not taken/);
});

test.each(Object.keys(TRIALS))('null_blk goes through the trial of %s without a finding', async (name) => {
  const { lab, loaded, trial } = await run(name, nullBlk);
  trial.catch(() => {}); // how it ends is the broken driver's, that it is right is what counts
  await lab.pass(seconds(20));
  expect(loaded.kernel.findings).toEqual([]);
});
