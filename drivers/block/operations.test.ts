/** What blk-mq does with a driver's callbacks, shown by a driver that keeps its own store and needs no device. */
import { expect, test } from 'vitest';
import type { BlockStatus } from '#bus/block.ts';
import { ms, VirtualClock } from '#bus/clock.ts';
import { LabError } from '#bus/errors.ts';
import { inProcess } from '../kernel/in-process.ts';
import { defineModule } from '../kernel/module.ts';
import type { GenDisk } from './gendisk.ts';
import { GenDiskBuilder } from './gendisk-builder.ts';
import type { Hctx, Operations } from './operations.ts';
import type { IdleRequest, StartedRequest } from './request.ts';
import { TagSet } from './tag-set.ts';

const bench = async <H>(operations: Operations<H>, options: { depth?: number; queues?: number } = {}) => {
  const clock = new VirtualClock();
  const kernel = inProcess(clock);
  const { depth = 4, queues = 1 } = options;
  const tagSet = new TagSet({ nrHwQueues: queues, depth, timeoutNs: ms(100) });
  const module = defineModule({
    name: 'ramdisk',
    description: '',
    author: '',
    license: 'MIT',
    drives: [],
    init(ground) {
      new GenDiskBuilder().capacitySectors(1024).build('ram', tagSet, operations, ground);
    },
  });
  const loaded = await module.load(kernel, {});
  const disk = kernel.disks.get('ram0') as GenDisk<H>;
  const read = (sector = 0) => disk.submit({ op: 'read', sector, sectors: 1 });
  const until = async <V>(promise: Promise<V>): Promise<V> => {
    let over = false;
    const done = promise.finally(() => {
      over = true;
    });
    await clock.run(clock.now() + ms(10_000), () => over);
    return done;
  };
  return { clock, kernel, disk, read, until, loaded, tagSet };
};

const atOnce = (end: (rq: StartedRequest) => void): Operations => ({
  queueRq(_hctx, idle) {
    end(idle.start());
    return 'OK';
  },
});

const startOnly: Operations['queueRq'] = (_hctx, idle) => {
  idle.start();
  return 'OK';
};

test('a driver with its own store keeps what is written', async () => {
  const store = new Uint8Array(1024 * 512);
  const { disk, until } = await bench(
    atOnce((rq) => {
      if (rq.op === 'write') store.set(rq.buffer.bytes, rq.sector * 512);
      else rq.buffer.copyIn(store.subarray(rq.sector * 512, (rq.sector + rq.sectors) * 512));
      rq.endOk();
    }),
  );
  const data = Uint8Array.from({ length: 1024 }, (_, i) => i);
  await until(disk.submit({ op: 'write', sector: 3, sectors: 2, data: data.slice() }));
  expect(await until(disk.submit({ op: 'read', sector: 3, sectors: 2 }))).toEqual({ status: 'OK', data });
});

test('memory of a request is detached when it ends', async () => {
  let kept = new Uint8Array(0);
  const { read, until } = await bench(
    atOnce((rq) => {
      kept = rq.buffer.bytes;
      rq.buffer.copyIn(new Uint8Array(512).fill(5));
      rq.endOk();
    }),
  );
  expect((await until(read())).data?.[511]).toBe(5);
  expect(kept.length).toBe(0);
  expect(() => kept.set([1])).toThrowError();
});

test('memory beyond the end of a request is a finding', async () => {
  const { read, until, kernel } = await bench(
    atOnce((rq) => {
      expect(() => rq.buffer.copyIn(new Uint8Array(16), 500)).toThrowError(/it has 512/);
      expect(() => rq.buffer.copyOut(-1, 4)).toThrowError(LabError);
      rq.end('IOERR');
    }),
  );
  expect(await until(read())).toEqual({ status: 'IOERR' });
  expect(kernel.findings).toEqual([
    expect.stringMatching(/^out of bounds: tag 0 .*at 500 for 16 bytes; it has 512/),
    expect.stringMatching(/^out of bounds: /),
  ]);
});

test('says isLast with the last of a batch, and commits when the last was not taken', async () => {
  const seen: string[] = [];
  let full = false;
  const { read, until } = await bench({
    queueRq(_hctx: Hctx, idle: IdleRequest, isLast: boolean): BlockStatus {
      seen.push(`${idle.sector}${isLast ? ' last' : ''}`);
      if (full && idle.sector === 2) {
        full = false;
        return 'RESOURCE';
      }
      idle.start().endOk();
      return 'OK';
    },
    commitRqs: () => void seen.push('commit'),
  });
  await until(Promise.all([0, 1, 2].map(read)));
  expect(seen).toEqual(['0', '1', '2 last']);
  seen.length = 0;
  full = true;
  await until(Promise.all([0, 1, 2, 3].map(read)));
  expect(seen).toEqual(['0', '1', '2', 'commit', '2', '3 last']);
});

test('asks again after 3 ms, or as soon as something has ended', async () => {
  const started: StartedRequest[] = [];
  const { read, until, clock } = await bench({
    queueRq(_hctx, idle) {
      if (started.length > 0) return 'DEV_RESOURCE';
      started.push(idle.start());
      return 'OK';
    },
  });
  const both = [read(0), read(1)];
  await clock.run(ms(1));
  started.pop()?.endOk();
  await clock.run(ms(1));
  expect(await both[0]).toEqual({ status: 'OK' });
  expect(started.map(({ sector }) => sector)).toEqual([1]);
  started.pop()?.endOk();
  expect(await until(Promise.all(both))).toHaveLength(2);
});

test('a request may be put back before it is started, and is given again', async () => {
  let rounds = 0;
  const { read, until, clock, kernel } = await bench({
    queueRq(_hctx, idle) {
      if (++rounds < 3) idle.requeue();
      else idle.start().endOk();
      return 'OK';
    },
  });
  expect(await until(read())).toEqual({ status: 'OK' });
  expect([rounds, clock.now()]).toEqual([3, ms(6)]);
  expect(kernel.findings).toEqual([]);
});

test.each<[string, Operations['queueRq'], string]>([
  [
    'started twice',
    (_hctx, idle) => {
      idle.start();
      idle.start();
      return 'OK';
    },
    'started though its handle was used before',
  ],
  [
    'ended and then refused',
    (_hctx, idle) => {
      idle.start().endOk();
      return 'IOERR';
    },
    'queueRq answered IOERR for a request it had ended',
  ],
  [
    'ended by the idle handle after its start',
    (_hctx, idle) => {
      idle.start();
      idle.end('IOERR');
      return 'OK';
    },
    'ended though its handle was used before',
  ],
])('a request that is %s is a double completion', async (_what, queueRq, text) => {
  const { read, until, kernel } = await bench({ queueRq });
  await until(read());
  expect(kernel.findings[0]).toMatch(/^double completion: tag 0 /);
  expect(kernel.findings[0]).toContain(text);
});

test('complete() ends outside the interrupt', async () => {
  const order: string[] = [];
  const { read, until } = await bench({
    queueRq(_hctx, idle) {
      idle.start().complete('OK');
      order.push('queued');
      return 'OK';
    },
    complete(rq, status) {
      order.push('completed');
      rq.end(status);
    },
  });
  await until(read());
  expect(order).toEqual(['queued', 'completed']);
});

test('a timer that is reset runs once more, and the layer ends nothing meanwhile', async () => {
  let asked = 0;
  const { read, until, clock } = await bench({
    queueRq: startOnly,
    timeout(rq) {
      if (++asked < 3) return 'reset-timer';
      rq.end('TIMEOUT');
      return 'done';
    },
  });
  expect(await until(read())).toEqual({ status: 'TIMEOUT' });
  expect([asked, clock.now()]).toEqual([3, ms(300)]);
});

test('a timeout that is called done and never ends is a leak, and ended by the layer', async () => {
  const { read, until, clock, kernel } = await bench({
    queueRq: startOnly,
    timeout: () => 'done',
  });
  expect(await until(read())).toEqual({ status: 'TIMEOUT' });
  expect(clock.now()).toBe(ms(200));
  expect(kernel.findings).toEqual([expect.stringMatching(/^leaked tag: /)]);
});

test("without a timeout callback the layer ends the request, and a later end is nobody's mistake", async () => {
  const kept: StartedRequest[] = [];
  const { read, until, kernel, disk } = await bench({
    queueRq(_hctx, idle) {
      kept.push(idle.start());
      return 'OK';
    },
  });
  expect(await until(read())).toEqual({ status: 'TIMEOUT' });
  kept[0]?.endOk();
  expect(disk.stat().ignored.late).toBe(1);
  expect(kernel.findings).toEqual([]);
});

test('a callback that throws fails its request and nothing else', async () => {
  let broken = true;
  const { read, until, kernel } = await bench(
    atOnce((rq) => {
      if (broken) throw new Error('no such lamp');
      rq.endOk();
    }),
  );
  expect(await until(read())).toEqual({ status: 'IOERR' });
  broken = false;
  expect(await until(read())).toEqual({ status: 'OK' });
  expect(kernel.lines).toContain('err: queueRq failed: no such lamp');
});

test('a queue that cannot be initialised means there is no disk (blktests block/030)', async () => {
  const failing = bench(
    {
      initHctx(index: number) {
        if (index === 1) throw new LabError('ENOMEM', 'no memory for queue 1');
      },
      queueRq: () => 'IOERR',
    },
    { queues: 2 },
  );
  await expect(failing).rejects.toMatchObject({ code: 'ENOMEM' });
});

test('tags nobody has used, and queues that do not exist, are unknown', async () => {
  const { disk, kernel } = await bench(atOnce((rq) => rq.endOk()));
  expect(disk.tagToRq(0, 3)).toBeUndefined();
  expect(disk.tagToRq(0, 4)).toBeUndefined();
  expect(disk.tagToRq(7, 0)).toBeUndefined();
  expect(disk.tagToRq(0, Number.NaN)).toBeUndefined();
  expect(kernel.findings).toHaveLength(4);
  expect(kernel.findings[0]).toBe('unknown tag: tag 3 of queue 0 was looked up, which has never been used');
});

test('a driver that is wrong at full rate gets twenty findings of a kind, the rest is counted', async () => {
  const { disk, kernel } = await bench(atOnce((rq) => rq.endOk()));
  for (let i = 0; i < 1000; i++) disk.tagToRq(9, 9);
  expect(kernel.findings).toHaveLength(20);
  expect(kernel.findings[19]).toContain('only counted');
  expect(disk.misuses.get('unknown tag')).toBe(1000);
});

test('two disks on one set of tags share it', async () => {
  const clock = new VirtualClock();
  const kernel = inProcess(clock);
  const tagSet = new TagSet({ nrHwQueues: 1, depth: 8 });
  const held: StartedRequest[][] = [[], []];
  const module = defineModule({
    name: 'two',
    description: '',
    author: '',
    license: 'MIT',
    drives: [],
    init(ground) {
      for (const mine of held)
        new GenDiskBuilder().capacitySectors(1024).build(
          'ram',
          tagSet,
          {
            queueRq: (_hctx, idle) => {
              mine.push(idle.start());
              return 'OK';
            },
          },
          ground,
        );
    },
  });
  const loaded = await module.load(kernel, {});
  const [slow, fast] = [...kernel.disks.values()];
  for (let i = 0; i < 20; i++) void slow?.submit({ op: 'read', sector: i, sectors: 1 });
  for (let i = 0; i < 20; i++) void fast?.submit({ op: 'read', sector: i, sectors: 1 });
  await clock.run(0);
  expect(held.map(({ length }) => length)).toEqual([8, 0]);
  for (const rq of held[0]?.splice(0) ?? []) rq.endOk();
  await clock.run(0);
  expect(held.map(({ length }) => length)).toEqual([4, 4]);
  const exit = loaded.exit();
  await clock.run(ms(10_000));
  await exit;
});
