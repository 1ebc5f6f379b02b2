/** The queue keeps its promises whatever the device does: every bio ends once, no tag is used twice at a time, nothing stays behind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlockCommand, BlockStatus } from '#bus/block.ts';
import { ms, seconds } from '#bus/clock.ts';
import type { BioResult } from '#bus/disk.ts';
import { BlockBench, PatientSilicon } from './block-bench.ts';
import type { GenDisk } from './gendisk.ts';
import { nullBlk } from './null-blk.ts';
import { rnull } from './rnull.ts';

const answer = fc.oneof(
  { weight: 6, arbitrary: fc.constant<BlockStatus>('OK') },
  fc.constantFrom<BlockStatus>('RESOURCE', 'DEV_RESOURCE', 'IOERR', 'MEDIUM'),
);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      op: fc.constantFrom('read' as const, 'write' as const, 'flush' as const, 'discard' as const),
      sector: fc.nat({ max: 4095 }),
      sectors: fc.integer({ min: 1, max: 200 }),
      fua: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), at: fc.nat({ max: 30 }), status: answer }) },
  fc.record({ do: fc.constant('lose' as const), at: fc.nat({ max: 30 }) }),
  fc.record({ do: fc.constant('again' as const), at: fc.nat({ max: 30 }) }),
  fc.record({ do: fc.constant('pass' as const), ns: fc.constantFrom(1, ms(1), ms(10), seconds(1), seconds(6)) }),
);

test.each([nullBlk, rnull])('$info.name: every bio ends exactly once, and nothing stays behind', async (driver) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        submitQueues: fc.integer({ min: 1, max: 3 }),
        queueDepth: fc.integer({ min: 1, max: 4 }),
        sharedTags: fc.boolean(),
      }),
      fc.array(step, { maxLength: 60 }),
      fc.boolean(),
      async (identity, steps, unload) => {
        const lab = new BlockBench(() => new PatientSilicon(identity));
        const { silicon } = lab;
        const { disk: offered, exit, kernel } = await lab.insmod(driver);
        const disk = offered as GenDisk;
        const inFlight = new Map<string, number>();
        const answered: BlockCommand[] = [];
        silicon.atOnce = (command) => {
          const slot = `${command.hctx}:${command.tag}`;
          // A tag may come again after its answer, or once its driver has given it up.
          expect(inFlight.has(slot) && command.reclaims !== true).toBe(false);
          inFlight.set(slot, command.generation);
          return undefined;
        };
        const reply = (command: BlockCommand, status: BlockStatus) => {
          const slot = `${command.hctx}:${command.tag}`;
          if (inFlight.get(slot) === command.generation) inFlight.delete(slot);
          const data = command.op === 'read' && status === 'OK' ? { data: new Uint8Array(command.sectors * 512) } : {};
          silicon.answer(command, { status, ...data });
          answered.push(command);
        };
        const results: BioResult[] = [];
        let submitted = 0;
        for (const given of steps) {
          if (given.do === 'submit') {
            submitted++;
            const { op, sector, sectors, fua } = given;
            const data = op === 'write' ? { data: new Uint8Array(sectors * 512) } : {};
            void disk.submit({ op, sector, sectors, fua, ...data }).then((result) => results.push(result));
          } else if (given.do === 'pass') await lab.pass(given.ns);
          else if (given.do === 'again') {
            const twice = answered[given.at];
            if (twice !== undefined) silicon.answer(twice);
          } else {
            const [command] = silicon.held.splice(given.at % Math.max(1, silicon.held.length), 1);
            if (command !== undefined && given.do === 'answer') reply(command, given.status);
          }
          await lab.pass(0);
        }
        if (unload) await exit();
        else
          for (let round = 0; round < 500 && results.length < submitted; round++) {
            for (const command of silicon.held.splice(0)) reply(command, 'OK');
            await lab.pass(round % 50 === 49 ? seconds(31) : ms(4));
          }
        await lab.pass(0);
        expect(results).toHaveLength(submitted);
        expect(disk.inflight).toBe(0);
        expect(disk.stat().inflight).toEqual({ read: 0, write: 0 });
        expect(kernel.findings).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});
