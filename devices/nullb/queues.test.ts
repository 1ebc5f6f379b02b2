/** Hardware queues: how requests complete, tags, poll queues, the kernel's injectors, and the order of steps. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { bench, errnoOf, SECTOR } from './bench.ts';
import { Nullb } from './nullb.ts';
import { SharedTags } from './shared-tags.ts';

describe('irqmode', () => {
  test('none answers before submit returns', () => {
    const on = bench({ irqmode: '0' });
    on.submit('read', 0, 8);
    expect(on.completions).toHaveLength(1);
  });

  test('soft answers later, at no cost of time', () => {
    const on = bench({ irqmode: '1' });
    on.submit('read', 0, 8);
    expect(on.completions).toEqual([]);
    on.clock.advance(0);
    expect(on.completions).toHaveLength(1);
  });

  test('timer answers after completion_nsec, all requests at once', () => {
    const on = bench({ irqmode: '2', completion_nsec: '250000' });
    for (let tag = 0; tag < 64; tag++) on.submit('read', tag * 8, 8, { tag });
    on.clock.advance(249_999);
    expect(on.completions).toEqual([]);
    on.clock.advance(1);
    expect(on.completions.map(({ tag }) => tag)).toEqual(Array.from({ length: 64 }, (_, tag) => tag));
  });

  test('a request submitted from an answer is answered in its turn', () => {
    const on = bench({ irqmode: '1' });
    let left = 1000;
    on.device.completed = ({ tag }) => {
      if (left-- > 0) on.submit('read', 0, 8, { tag });
    };
    on.submit('read', 0, 8);
    on.clock.advance(1);
    expect(left).toBe(-1);
  });
});

describe('what the block layer refuses', () => {
  test.each([
    ['read', 524_288_000, 1, 'IOERR'],
    ['read', 524_287_999, 2, 'IOERR'],
    ['write', 524_288_000, 1, 'IOERR'],
    ['read', 0, 0, 'INVAL'],
    ['read', -1, 1, 'INVAL'],
    ['read', 0.5, 1, 'INVAL'],
    ['read', 0, 2561, 'INVAL'],
    ['discard', 0, 8, 'NOTSUPP'],
    ['flush', 0, 0, 'OK'],
  ] as const)('%s of %s+%s is %s', (op, sector, sectors, status) => {
    const on = bench();
    const data = op === 'write' ? { data: new Uint8Array(sectors * SECTOR) } : {};
    expect(on.status(op, sector, sectors, data)).toBe(status);
  });

  test('what is no multiple of the block size, and a write whose buffer does not fit', () => {
    const on = bench({ blocksize: '4096' });
    expect(on.status('read', 1, 8)).toBe('INVAL');
    expect(on.status('read', 8, 4)).toBe('INVAL');
    expect(on.status('write', 0, 8)).toBe('INVAL');
    expect(on.status('write', 0, 8, { data: new Uint8Array(SECTOR) })).toBe('INVAL');
    expect(on.device.inspect()).toMatchObject({ errors: 4, statuses: { INVAL: 4 }, events: { refused: 4 } });
  });
});

describe('tags', () => {
  test('a tag in flight, one past the depth and a queue that is not there are refused by a throw', () => {
    const on = bench({ hw_queue_depth: '4' });
    on.device.submit({ op: 'read', tag: 3, generation: 1, hctx: 0, sector: 0, sectors: 8 });
    expect(errnoOf(() => on.device.submit({ op: 'read', tag: 3, generation: 1, hctx: 0, sector: 0, sectors: 8 }))).toBe(
      'EBUSY',
    );
    expect(errnoOf(() => on.submit('read', 0, 8, { tag: 4 }))).toBe('EINVAL');
    expect(errnoOf(() => on.submit('read', 0, 8, { hctx: 2 }))).toBe('EINVAL');
    on.clock.advance(1);
    expect(on.completions).toHaveLength(1);
  });

  test('with one bitmap for all queues a tag is taken in all of them', () => {
    const on = bench({ submit_queues: '2', shared_tag_bitmap: '1' });
    on.device.submit({ op: 'read', tag: 3, generation: 1, hctx: 0, sector: 0, sectors: 8 });
    expect(errnoOf(() => on.device.submit({ op: 'read', tag: 3, generation: 1, hctx: 1, sector: 0, sectors: 8 }))).toBe(
      'EBUSY',
    );
    expect(on.device.identify().sharedTags).toBe(true);
  });

  test('a late answer and the tag next user keep their generations apart', () => {
    const on = bench({ irqmode: '2', completion_nsec: '1000' });
    on.submit('read', 0, 8, { generation: 100 });
    on.submit('write', 0, 8, { generation: 101, data: new Uint8Array(8 * SECTOR) });
    on.clock.advance(1000);
    expect(on.completions.map(({ generation }) => generation)).toEqual([100, 101]);
  });
});

describe('poll queues', () => {
  const polled = (attributes: Record<string, string> = {}) =>
    bench({ memory_backed: '1', size: '16', irqmode: '2', ...attributes });

  test('do the work when they are polled, and answer there, whatever irqmode says', () => {
    const on = polled();
    on.submit('write', 0, 8, { hctx: 1, tag: 1, data: new Uint8Array(8 * SECTOR).fill(6) });
    on.submit('read', 0, 8, { hctx: 1, tag: 2 });
    on.clock.advance(1e9);
    expect(on.completions).toEqual([]);
    expect(on.device.inspect()).toMatchObject({ inFlight: 2, storedBytes: 0 });
    const found = on.device.poll(1);
    expect(found.map(({ status, tag, data }) => [status, tag, data?.[0]])).toEqual([
      ['OK', 1, undefined],
      ['OK', 2, 6],
    ]);
    expect(on.device.poll(1)).toEqual([]);
    expect(on.device.inspect().inFlight).toBe(0);
  });

  test('are answered by interrupt when their queue goes away while they wait', () => {
    const on = polled();
    on.submit('read', 0, 8, { hctx: 1 });
    on.device.writeAttribute('poll_queues', '0');
    expect(on.completions).toMatchObject([{ hctx: 1, status: 'OK' }]);
  });

  test('end OFFLINE when power goes off', () => {
    const on = polled();
    on.submit('read', 0, 8, { hctx: 1 });
    on.device.writeAttribute('power', '0');
    expect(on.completions).toMatchObject([{ hctx: 1, status: 'OFFLINE' }]);
  });
});

describe('power off with requests in flight', () => {
  test('answers each of them once, before the device is gone', () => {
    const on = bench({ irqmode: '2', completion_nsec: '1000000' });
    for (let tag = 0; tag < 10; tag++) on.submit('read', 0, 8, { tag });
    on.device.writeAttribute('power', '0');
    expect(on.completions.map(({ status }) => status)).toEqual(Array(10).fill('OK'));
    expect(on.events).toEqual(['removed']);
    on.clock.advance(1e9);
    expect(on.completions).toHaveLength(10);
    on.submit('read', 0, 8);
    expect(on.completions.at(-1)?.status).toBe('OFFLINE');
  });
});

describe('injectors', () => {
  const struck = (text: string, requests: number): number[] => {
    const on = bench({ irqmode: '0', requeue: text });
    return Array.from({ length: requests }, (_, i) => (on.status('read', 0, 8) === 'RESOURCE' ? i : -1)).filter(
      (i) => i >= 0,
    );
  };

  test.each([
    ['1,100,0,-1', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['1,100,0,3', [0, 1, 2]],
    ['1,100,4,2', [4, 5]],
    ['3,100,0,-1', [2, 5, 8]],
    ['3,100,2,-1', [4, 7]],
    ['1,0,0,-1', []],
    ['1,100,0,0', []],
  ] as const)('requeue=%s strikes %j of ten', (text, expected) => {
    expect(struck(text, 10)).toEqual(expected);
  });

  test('a probability strikes about that often, and the same seed the same ones', () => {
    const first = struck('1,30,0,-1', 2000);
    expect(first.length).toBeGreaterThan(500);
    expect(first.length).toBeLessThan(700);
    expect(struck('1,30,0,-1', 2000)).toEqual(first);
  });

  test('a timeout is never answered; the tag is free again for the driver', () => {
    const on = bench({ timeout: '1,100,0,1' });
    expect(on.status('read', 0, 8, { tag: 5 })).toBeUndefined();
    on.clock.advance(60e9);
    expect(on.completions).toEqual([]);
    expect(on.device.inspect()).toMatchObject({ inFlight: 0, events: { timeouts: 1 } });
    expect(on.status('read', 0, 8, { tag: 5 })).toBe('OK');
  });

  test('a timed out write moves no data', () => {
    const on = bench({ memory_backed: '1', size: '16', timeout: '1,100,0,1' });
    expect(on.write(0, 8, 1)).toBeUndefined();
    expect(on.device.inspect().storedBytes).toBe(0);
  });

  test('a poll queue does not time out: it is taken to the poll list first', () => {
    const on = bench({ timeout: '1,100,0,-1' });
    on.submit('read', 0, 8, { hctx: 1 });
    expect(on.device.poll(1)).toMatchObject([{ status: 'OK' }]);
  });

  test('a requeued request is not charged to the throttle', () => {
    const on = bench({ irqmode: '0', mbps: '1', requeue: '1,100,0,1' });
    expect(on.status('read', 0, 40)).toBe('RESOURCE');
    expect(on.status('read', 0, 40)).toBe('OK');
  });

  test('init_hctx makes power on fail with EFAULT, and it works when tried again', () => {
    const on = bench({ power: '0', init_hctx: '1,100,0,1' });
    expect(errnoOf(() => on.device.writeAttribute('power', '1'))).toBe('EFAULT');
    expect(on.device.readAttribute('power')).toBe('0');
    on.device.writeAttribute('power', '1');
    expect(on.status('read', 0, 8)).toBe('OK');
  });

  test('hits are lines in the kernel log when the group is verbose', () => {
    const on = bench({ irqmode: '0', requeue: '1,100,0,2' });
    on.status('read', 0, 8);
    on.device.writeAttribute('requeue_inject/verbose', '1');
    on.status('read', 8, 8);
    expect(on.lines.filter((line) => line.includes('FAULT_INJECTION'))).toHaveLength(1);
  });
});

describe('bad blocks', () => {
  test('fail what touches them, move nothing, and leave the flush alone', () => {
    const on = bench({ memory_backed: '1', discard: '1', size: '16', irqmode: '0', badblocks: '+8-9' });
    expect([on.write(0, 16, 1), on.status('read', 9, 4), on.status('discard', 0, 9), on.status('flush')]).toEqual([
      'IOERR',
      'IOERR',
      'IOERR',
      'OK',
    ]);
    expect(on.write(0, 8, 1)).toBe('OK');
    expect(on.status('read', 10, 8)).toBe('OK');
    expect(on.device.inspect()).toMatchObject({ storedBytes: 4096, events: { badBlocks: 3 } });
  });

  test('once: a hit heals the range, the next try succeeds', () => {
    const on = bench({ irqmode: '0', badblocks: '+8-9', badblocks_once: '1' });
    expect([on.status('read', 9, 1), on.status('read', 9, 1)]).toEqual(['IOERR', 'OK']);
    expect(on.device.readAttribute('badblocks')).toBe('');
  });

  test('partial: what is before the bad block is moved, in whole blocks', () => {
    const on = bench({
      memory_backed: '1',
      size: '16',
      irqmode: '0',
      blocksize: '4096',
      badblocks: '+18-18',
      badblocks_partial_io: '1',
    });
    expect(on.write(0, 32, 1)).toBe('IOERR');
    on.device.writeAttribute('badblocks', '-18-18');
    expect(on.read(0, 32)).toEqual([...Array(16).fill(1), ...Array(16).fill(0)]);
    on.device.writeAttribute('badblocks', '+18-18');
    expect(on.run('read', 8, 16)).toMatchObject({ status: 'IOERR', data: new Uint8Array(8 * SECTOR).fill(1) });
    expect(on.run('read', 16, 8)?.data).toBeUndefined();
  });
});

describe('reads of a device that keeps nothing', () => {
  test('leave the buffer as it was', () => {
    expect(bench().run('read', 0, 8)).toEqual({ hctx: 0, tag: 0, generation: 1, status: 'OK' });
  });
});

describe('shared tags', () => {
  const share = (depth: number, devices: number) => {
    const clock = new VirtualClock();
    const tags = new SharedTags(depth);
    return {
      clock,
      devices: Array.from({ length: devices }, (_, seed) => {
        const device = new Nullb({
          clock,
          seed,
          tags,
          attributes: { shared_tags: '1', irqmode: '2', completion_nsec: '1000' },
        });
        const statuses: string[] = [];
        device.completed = ({ status }) => void statuses.push(status);
        const submit = (count: number) => {
          for (let tag = 0; tag < count; tag++)
            device.submit({ op: 'read', tag, generation: 0, hctx: 0, sector: 0, sectors: 8 });
        };
        return { device, statuses, submit };
      }),
    };
  };

  test('are one set: what one device holds the other does not get, until it is answered', () => {
    const { clock, devices } = share(8, 2);
    const [a, b] = [devices[0]!, devices[1]!];
    a.submit(8);
    b.submit(3);
    expect(b.statuses).toEqual(['DEV_RESOURCE', 'DEV_RESOURCE', 'DEV_RESOURCE']);
    expect(b.device.inspect().events.noTag).toBe(3);
    clock.advance(1000);
    b.submit(3);
    clock.advance(1000);
    expect(b.statuses.slice(3)).toEqual(['OK', 'OK', 'OK']);
  });

  test('are sized by the module, not by the device', () => {
    const on = bench(
      { shared_tags: '1', hw_queue_depth: '2', submit_queues: '1' },
      { module: { hw_queue_depth: '16', submit_queues: '2' } },
    );
    expect(on.device.identify()).toMatchObject({ queueDepth: 16, submitQueues: 2, sharedTags: true });
  });
});

test('whatever is submitted, each request is answered exactly once and nothing stays in flight', () => {
  const step = fc.record({
    op: fc.constantFrom('read' as const, 'write' as const, 'flush' as const, 'discard' as const),
    sector: fc.nat({ max: 40_000 }),
    sectors: fc.nat({ max: 64 }),
    hctx: fc.nat({ max: 2 }),
    wait: fc.nat({ max: 20_000 }),
  });
  const attributes = fc.record({
    irqmode: fc.constantFrom('0', '1', '2'),
    memory_backed: fc.constantFrom('0', '1'),
    mbps: fc.constantFrom('0', '2'),
    requeue: fc.constantFrom('', '1,20,0,-1'),
    badblocks: fc.constantFrom('-0-0', '+100-4000'),
  });
  fc.assert(
    fc.property(attributes, fc.array(step, { maxLength: 120 }), (given, steps) => {
      const on = bench({ size: '16', submit_queues: '2', ...given });
      const asked: number[] = [];
      const free = [0, 1, 2].map(() => Array.from({ length: 64 }, (_, tag) => tag));
      const polled = (): void => {
        for (const done of on.device.poll(2)) on.device.completed(done);
      };
      on.device.completed = (done) => {
        on.completions.push(done);
        free[done.hctx]?.push(done.tag);
      };
      for (const { op, sector, sectors, hctx, wait } of steps) {
        if (free[hctx]?.length === 0) polled();
        const tag = free[hctx]?.shift();
        if (tag !== undefined)
          asked.push(
            on.submit(op, sector, sectors, {
              hctx,
              tag,
              ...(op === 'write' ? { data: new Uint8Array(sectors * SECTOR) } : {}),
            }).generation,
          );
        on.clock.advance(wait);
      }
      on.clock.advance(1e9);
      polled();
      expect(on.completions.map(({ generation }) => generation).sort((a, b) => a - b)).toEqual(asked);
      const { inFlight, queues } = on.device.inspect();
      expect([inFlight, ...queues.map((queue) => queue.inFlight)]).toEqual([0, 0, 0, 0]);
    }),
    { numRuns: 60 },
  );
});
