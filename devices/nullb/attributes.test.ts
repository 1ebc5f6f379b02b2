/** The attribute tables, row by row: defaults, spellings, clamping, interactions, errnos. */
import { describe, expect, test } from 'vitest';
import { NULL_BLK_ATTRIBUTES, RNULL_ATTRIBUTES } from '#datasheets/null-blk.ts';
import { bench, errnoOf } from './bench.ts';

const ON_WRITE = 'what power on makes of it';

test('every attribute of null_blk reads its default on a new device', () => {
  const { device } = bench({ power: '0' });
  for (const [name, { access, default: initially }] of Object.entries(NULL_BLK_ATTRIBUTES))
    if (access !== 'wo' && name !== 'features') expect([name, device.readAttribute(name)]).toEqual([name, initially]);
  expect(device.readAttribute('size')).toBe('256000');
  expect(device.readAttribute('zone_append_max_sectors')).toBe('2147483647');
});

test('features lists the attributes in order of the alphabet, without those of the injectors', () => {
  const names = bench().device.readAttribute('features').split(',');
  expect(names).toEqual([...names].sort());
  expect(names).toContain('badblocks_partial_io');
  expect(names).toHaveLength(37);
  expect(names.some((name) => name.includes('/'))).toBe(false);
  expect(bench({}, { personality: 'rnull' }).device.readAttribute('features')).toBe(
    'blocksize,size,rotational,irqmode',
  );
});

test.each(
  Object.entries(NULL_BLK_ATTRIBUTES)
    .filter(([, { live, access }]) => !live && access === 'rw')
    .map(([name, { type }]) => [name, type] as const),
)('%s is EBUSY while powered, after it was parsed', (name, type) => {
  const { device } = bench();
  expect(errnoOf(() => device.writeAttribute(name, '1'))).toBe('EBUSY');
  expect(errnoOf(() => device.writeAttribute(name, 'junk'))).toBe('EINVAL');
  if (type === 'uint') expect(errnoOf(() => device.writeAttribute(name, '4294967296'))).toBe('ERANGE');
  expect(device.attributes().find((view) => view.name === name)).toMatchObject({ writable: false });
  device.writeAttribute('power', '0');
  device.writeAttribute(name, type === 'bool' ? 'on\n' : '0x1\n'); // a flag looks at its first character
  expect(device.readAttribute(name)).toBe('1');
  expect(device.attributes().find((view) => view.name === name)).toMatchObject({ writable: true, reason: '' });
});

test.each(
  Object.entries(NULL_BLK_ATTRIBUTES)
    .filter(([, { live }]) => live)
    .map(([name]) => name),
)('%s may be written while powered', (name) => {
  const { device } = bench();
  expect(device.attributes().find((view) => view.name === name)).toMatchObject({ writable: true });
  expect(errnoOf(() => device.writeAttribute(name, 'junk'))).not.toBe('EBUSY');
});

test('an unknown attribute is told what was meant; a read-only and a write-only one are EACCES', () => {
  const { device } = bench();
  expect(() => device.writeAttribute('memory_back', '1')).toThrow(/did you mean 'memory_backed'/);
  expect(errnoOf(() => device.readAttribute('nonsense'))).toBe('ENOENT');
  expect(errnoOf(() => device.readAttribute('toString'))).toBe('ENOENT');
  expect(errnoOf(() => device.writeAttribute('features', 'x'))).toBe('EACCES');
  expect(errnoOf(() => device.readAttribute('zone_readonly'))).toBe('EACCES');
});

describe('power', () => {
  test('off ends what can be asked, on brings it back; once more of either is silent', () => {
    const { device, events } = bench();
    device.writeAttribute('power', '1');
    expect(events).toEqual([]);
    device.writeAttribute('power', 'off');
    device.writeAttribute('power', '0');
    expect(events).toEqual(['removed']);
    expect(errnoOf(() => device.identify())).toBe('ENODEV');
    device.writeAttribute('power', 'y');
    expect(events).toEqual(['removed', 'resized']);
    expect(device.identify().capacitySectors).toBe(524_288_000);
  });

  test('keeps stored data and drops the cache', () => {
    const { device, write, read } = bench({ memory_backed: '1', cache_size: '1', size: '16' });
    write(0, 8, 1, { fua: true });
    write(8, 8, 2);
    expect(read(0, 16)).toEqual([...Array(8).fill(1), ...Array(8).fill(2)]);
    device.writeAttribute('power', '0');
    device.writeAttribute('power', '1');
    expect(read(0, 16)).toEqual([...Array(8).fill(1), ...Array(8).fill(0)]);
  });

  test('that fails leaves the device off, with the errno', () => {
    const { device } = bench({ power: '0', blocksize: '1000' });
    expect(errnoOf(() => device.writeAttribute('power', '1'))).toBe('EINVAL');
    expect(device.readAttribute('power')).toBe('0');
    device.writeAttribute('blocksize', '512');
    device.writeAttribute('power', '1');
    expect(device.readAttribute('power')).toBe('1');
  });

  test('the constructor fails as power on does', () => {
    expect(errnoOf(() => bench({ queue_mode: '1' }))).toBe('EINVAL');
    expect(errnoOf(() => bench({ nonsense: '1' }))).toBe('ENOENT');
  });
});

describe(`null_blk: ${ON_WRITE}`, () => {
  test.each([
    ['blocksize', '256'],
    ['blocksize', '513'],
    ['blocksize', '8192'],
    ['blocksize', '0'],
    ['size', '0'],
    ['size', '8589934593'],
    ['queue_mode', '1'],
    ['hw_queue_depth', '0'],
  ])('%s=%s is EINVAL', (name, text) => {
    expect(errnoOf(() => bench({ [name]: text }))).toBe('EINVAL');
  });

  test.each([
    [{ queue_mode: '0' }, { queue_mode: '2' }],
    [{ queue_mode: '5' }, { queue_mode: '2' }],
    [{ irqmode: '9' }, { irqmode: '2' }],
    [{ submit_queues: '0' }, { submit_queues: '1' }],
    [{ submit_queues: '99' }, { submit_queues: '4' }],
    [{ use_per_node_hctx: '1', submit_queues: '3' }, { submit_queues: '1' }],
    [{ poll_queues: '3' }, { poll_queues: '1' }],
    [{ hw_queue_depth: '20000' }, { hw_queue_depth: '10240' }],
    [{ memory_backed: '1' }, { blocking: '1' }],
    [{ discard: '1' }, { discard: '0' }],
    [{ discard: '1', memory_backed: '1', zoned: '1' }, { discard: '0' }],
    [{ cache_size: '8' }, { cache_size: '0' }],
    [{ cache_size: '18446744073709551615', memory_backed: '1' }, { cache_size: '17592186044415' }],
    [{ mbps: '50000' }, { mbps: '40960' }],
    [{ zoned: '1', zone_nr_conv: '5000' }, { zone_nr_conv: '999' }],
    [{ zoned: '1', zone_max_open: '8', zone_max_active: '4' }, { zone_max_open: '4' }],
    [{ zoned: '1', zone_max_open: '1000' }, { zone_max_open: '0' }],
    [{ zoned: '1', zone_max_active: '1000' }, { zone_max_active: '0' }],
    [{ zoned: '1' }, { zone_capacity: '256' }],
  ] as const)('%j reads %j afterwards, and the kernel log says so', (given, expected) => {
    const { device, lines } = bench(given);
    for (const [name, text] of Object.entries(expected)) {
      expect(device.readAttribute(name)).toBe(text);
      expect(lines.some((line) => line.includes(`${name}:`))).toBe(true);
    }
  });

  test.each([
    [{ zone_size: '0' }],
    [{ zone_size: '3' }],
    [{ zone_size: '512', size: '256' }],
    [{ zone_capacity: '300' }],
    [{ zone_capacity: '100', size: '1000' }],
  ])('zoned with %j is EINVAL', (given) => {
    expect(errnoOf(() => bench({ zoned: '1', ...given }))).toBe('EINVAL');
  });

  test.each([
    ['discard', '1'],
    ['cache_size', '8'],
    ['irqmode', '3'],
    ['submit_queues', '99'],
    ['mbps', '50000'],
    ['queue_mode', '0'],
  ])('strict refuses %s=%s, which Linux changes in silence', (name, text) => {
    expect(errnoOf(() => bench({ [name]: text }, { compat: 'strict' }))).toBe('EINVAL');
  });

  test('what the driver is told follows the attributes', () => {
    const { device } = bench({
      size: '64',
      blocksize: '4096',
      submit_queues: '2',
      poll_queues: '0',
      hw_queue_depth: '1',
      max_sectors: '21',
      virt_boundary: '1',
      rotational: '1',
      memory_backed: '1',
      discard: '1',
      cache_size: '1',
    });
    expect(device.identify()).toEqual({
      capacitySectors: 131_072,
      blockBytes: 4096,
      readOnly: false,
      rotational: true,
      features: ['flush', 'fua', 'discard'],
      submitQueues: 2,
      pollQueues: 0,
      queueDepth: 1,
      sharedTags: false,
      maxSectors: 16,
      virtBoundary: true,
      zoned: null,
    });
  });

  test('fua=0 offers the flush alone; without a cache neither is offered', () => {
    expect(bench({ memory_backed: '1', cache_size: '1', fua: '0' }).device.identify().features).toEqual(['flush']);
    expect(bench({ memory_backed: '1' }).device.identify().features).toEqual([]);
  });

  test('zones are laid out as asked', () => {
    const { device } = bench({
      zoned: '1',
      size: '64',
      zone_size: '4',
      zone_capacity: '3',
      zone_nr_conv: '2',
      zone_max_open: '3',
      zone_max_active: '5',
      zone_append_max_sectors: '17',
      blocksize: '4096',
    });
    expect(device.identify().zoned).toEqual({
      zoneSectors: 8192,
      zones: 16,
      conventional: 2,
      maxOpen: 3,
      maxActive: 5,
      maxAppendSectors: 16,
    });
    expect(bench({ zoned: '1', zone_size: '4', zone_capacity: '3' }).device.identify().zoned?.maxAppendSectors).toBe(
      6144,
    );
  });

  test('index is the disk that the lab made it', () => {
    expect(bench({}, { index: 3 }).device.readAttribute('index')).toBe('3');
  });
});

describe('live queues', () => {
  test('are resized while powered, within CPUs and module', () => {
    const { device, events } = bench({}, { module: { poll_queues: '2' } });
    device.writeAttribute('submit_queues', '3');
    device.writeAttribute('poll_queues', '2');
    expect(device.identify()).toMatchObject({ submitQueues: 3, pollQueues: 2 });
    expect(events).toEqual(['resized', 'resized']);
    expect(errnoOf(() => device.writeAttribute('submit_queues', '0'))).toBe('EINVAL');
    expect(errnoOf(() => device.writeAttribute('submit_queues', '5'))).toBe('EINVAL');
    expect(errnoOf(() => device.writeAttribute('poll_queues', '3'))).toBe('EINVAL');
    expect(device.readAttribute('submit_queues')).toBe('3');
  });
});

describe('module parameters', () => {
  test('are the defaults of the attributes', () => {
    const { device } = bench(
      { blocksize: '512' },
      { module: { gb: '2', bs: '4096', irqmode: '0', memory_backed: '' } },
    );
    expect(device.readAttribute('size')).toBe('2048');
    expect(device.readAttribute('blocksize')).toBe('512');
    expect(device.readAttribute('irqmode')).toBe('0');
    expect(device.readAttribute('memory_backed')).toBe('1');
  });

  test('are checked when the module is loaded', () => {
    for (const module of [
      { queue_mode: '3' },
      { queue_mode: '1' },
      { irqmode: '3' },
      { timeout: '1,2,3' },
      { bs: 'x' },
    ])
      expect([module, errnoOf(() => bench({}, { module }))]).toEqual([module, 'EINVAL']);
    expect(errnoOf(() => bench({}, { module: { size: '4' } }))).toBe('ENOENT');
    expect(errnoOf(() => bench({}, { module: { nr_devices: '2' } }))).toBe('EINVAL');
  });

  test('a block of more than a page is clamped, a node that is not there is none', () => {
    const { device, lines } = bench({}, { module: { bs: '8192', home_node: '4' } });
    expect(device.readAttribute('blocksize')).toBe('4096');
    expect(device.readAttribute('home_node')).toBe('4294967295');
    expect(lines.filter((line) => line.startsWith('warning'))).toHaveLength(2);
  });
});

describe('rnull', () => {
  const rnull = (attributes: Record<string, string> = {}) => bench(attributes, { personality: 'rnull' });

  test('has its own defaults', () => {
    const { device } = rnull();
    for (const [name, { default: initially }] of Object.entries(RNULL_ATTRIBUTES))
      expect([name, device.readAttribute(name)]).toEqual([name, name === 'power' ? '1' : initially]);
    expect(device.identify()).toMatchObject({
      blockBytes: 4096,
      capacitySectors: 8_388_608,
      submitQueues: 1,
      pollQueues: 0,
      queueDepth: 256,
      features: [],
    });
  });

  test('is EBUSY before it looks at what was written', () => {
    const { device } = rnull();
    for (const name of ['blocksize', 'rotational', 'size', 'irqmode'])
      expect(errnoOf(() => device.writeAttribute(name, 'junk'))).toBe('EBUSY');
  });

  test.each([
    ['blocksize', '1000', 'EINVAL'],
    ['blocksize', '0x200', 'EINVAL'],
    ['blocksize', '512', 'none'],
    ['irqmode', '2', 'EINVAL'],
    ['irqmode', '1', 'none'],
    ['size', '18446744073709551616', 'EINVAL'],
    ['rotational', 'y', 'none'],
    ['memory_backed', '1', 'ENOENT'],
  ])('%s=%s is %s when it is written', (name, text, errno) => {
    const { device } = rnull({ power: '0' });
    expect(errnoOf(() => device.writeAttribute(name, text))).toBe(errno);
  });

  test('every request succeeds and no buffer is touched', () => {
    const { status, read, write } = rnull();
    expect([
      write(0, 8, 5),
      read(0, 8),
      status('flush'),
      status('discard', 0, 8),
      status('write_zeroes', 0, 8),
    ]).toEqual(['OK', null, 'OK', 'OK', 'OK']);
  });
});

describe('badblocks', () => {
  const marked = (...written: string[]): string => {
    const { device } = bench();
    for (const text of written) device.writeAttribute('badblocks', text);
    return device.readAttribute('badblocks');
  };

  test.each([
    [[], ''],
    [['+8192-8199'], '8192 8'],
    [['+0x10-0x1f\n'], '16 16'],
    [['+8-15', '+16-23'], '8 16'],
    [['+0-99', '-10-19'], '0 10\n20 80'],
    [['+0-1023'], '0 512\n512 512'],
    [['+0-9', '-0-9'], ''],
  ])('%j reads %j', (written, text) => {
    expect(marked(...written)).toBe(text);
  });

  test.each(['8192-8199', '+8192', '+9-8', '+a-b', '+-', '', '+1--2', '+1-2-3'])('%j is EINVAL', (text) => {
    const { device } = bench();
    expect(errnoOf(() => device.writeAttribute('badblocks', text))).toBe('EINVAL');
  });

  test('the table holds 512 entries of 512 sectors, then it is full and nothing changes', () => {
    const { device } = bench();
    device.writeAttribute('badblocks', `+0-${512 * 512 - 1}`);
    expect(errnoOf(() => device.writeAttribute('badblocks', '+500000-500000'))).toBe('EINVAL');
    expect(device.readAttribute('badblocks').split('\n')).toHaveLength(512);
    expect(errnoOf(() => device.writeAttribute('badblocks', '+0-9007199254740990'))).toBe('EINVAL');
  });
});

describe('zone_readonly and zone_offline', () => {
  test.each([
    [{ zoned: '0' }, '0', 'not zoned'],
    [{ power: '0' }, '0', 'powered off'],
    [{}, '131072', 'sectors'],
    [{}, '0', 'conventional'],
  ])('with %j a write of %s is EINVAL', (given, sector, why) => {
    const { device } = bench({ zoned: '1', size: '64', zone_size: '4', zone_nr_conv: '1', ...given });
    expect(errnoOf(() => device.writeAttribute('zone_readonly', sector))).toBe('EINVAL');
    expect(() => device.writeAttribute('zone_offline', sector)).toThrow(why);
  });
});

describe('injector strings', () => {
  test.each(['1', '1,2', '1,2,3', 'a,b,c,d', `1,2,3,4${'0'.repeat(80)}`])('%j is EINVAL', (text) => {
    expect(errnoOf(() => bench().device.writeAttribute('timeout', text))).toBe('EINVAL');
  });

  test('set the group, and the group reads them', () => {
    const { device } = bench();
    device.writeAttribute('requeue', '2,50,3,-1');
    expect(device.readAttribute('requeue_inject/interval')).toBe('2');
    expect(device.readAttribute('requeue_inject/probability')).toBe('50');
    expect(device.readAttribute('requeue_inject/space')).toBe('3');
    expect(device.readAttribute('requeue_inject/times')).toBe('-1');
    device.writeAttribute('requeue_inject/probability', '0');
    expect(device.readAttribute('requeue')).toBe('');
  });
});
