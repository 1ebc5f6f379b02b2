import { expect, test } from 'vitest';
import { packTag, type TraceEntry } from '#bus/trace.ts';
import { iologOf } from './iolog.ts';
import { csvOf, jsonLinesOf } from './lines.ts';
import { access, sectionOf } from './made-section.ts';
import { vcdOf } from './vcd.ts';

const request = (op: TraceEntry['op'], tag: number, time: number, of: Partial<TraceEntry> = {}): TraceEntry => ({
  device: 'nullb0',
  requester: 'null_blk',
  op,
  outcome: 'ok',
  time,
  at: 8,
  value: 8,
  old: packTag({ tag, hctx: 0, detail: 0 }),
  wireNs: 0,
  ...of,
});
const joined = (pieces: Iterable<string>): string => [...pieces].join('');

test('CSV has the columns of the page, quoted where needed, and no formula', () => {
  const note = (text: string): TraceEntry => ({ ...access('read', 0, 0, 2_000_000_000), op: 'note', text });
  const text = joined(csvOf(sectionOf([access('write', 0x3e854, 0x40, 1_000_000_000), note('=1+1, "x"')])));
  expect(text.split('\n')).toEqual([
    'seq,time_s,device,requester,op,address,register,value,old,decoded,outcome,latency_us',
    expect.stringMatching(/^1,1,phy0,qt2025,write,3\.E854h,MICRO_BOOT,64,0,.*,ok,51\.2$/),
    `2,2,phy0,qt2025,note,,,,,"'=1+1, ""x""",ok,`,
    '',
  ]);
});

test('JSON Lines are one object a record, block requests in words', () => {
  const lines = joined(jsonLinesOf(sectionOf([request('read', 3, 1000), request('done', 3, 2000, { wireNs: 1000 })])));
  expect(
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { seq: 1, op: 'read', address: null, decoded: '8 sectors at 8, queue 0 tag 3', latency_us: null },
    { seq: 2, op: 'done', decoded: 'OK, 8 sectors at 8, queue 0 tag 3, 1.0 us', latency_us: 1 },
  ]);
});

test('registers of a memory-mapped device have offsets', () => {
  const [line] = joined(jsonLinesOf(sectionOf([access('write', 0x508, 1, 10, { device: 'card0', wireNs: 0 })]))).split(
    '\n',
  );
  expect(JSON.parse(line ?? '')).toMatchObject({ device: 'card0', address: '0508h' });
});

test('an iolog has every request but those the port refused; zone commands are counted', () => {
  const entries = [
    request('write', 1, 1),
    request('done', 1, 2),
    request('read', 2, 3, { at: 16, wireNs: 1 }),
    request('flush', 3, 4, { at: 0, value: 0 }),
    request('discard', 4, 5),
    request('write', 5, 6, { outcome: 'refused' }),
    request('zone', 6, 7),
  ];
  const { text, requests, leftOut } = iologOf(sectionOf(entries), undefined, '/dev/x');
  expect(text).toBe(
    [
      'fio version 2 iolog',
      '/dev/x add',
      '/dev/x open',
      '/dev/x write 4096 4096',
      `/dev/x read ${(2 ** 32 + 16) * 512} 4096`,
      '/dev/x sync 0 0',
      '/dev/x trim 4096 4096',
      '/dev/x close',
      '',
    ].join('\n'),
  );
  expect({ requests, leftOut }).toEqual({ requests: 4, leftOut: 1 });
});

test('an iolog of a device that is none names those there are', () => {
  expect(() => iologOf(sectionOf([]), 'phy0')).toThrow(/there is nullb0: name it with --device/);
});

test('the VCD has interrupts, links and requests in flight beside the wires', () => {
  const irq = (value: number, time: number): TraceEntry => ({
    ...access('read', 0, value, time),
    op: 'irq',
    outcome: value === 1 ? 'on' : 'off',
    text: 'LASI',
  });
  const driver = (time: number, link: 'up' | 'down') => ({
    event: 'driver',
    time,
    device: 'phy0',
    module: 'qt2025',
    state: 'live',
    link,
    error: null,
  });
  const section = sectionOf(
    [irq(1, 1000), irq(0, 3000), request('read', 1, 4000), request('read', 2, 5000), request('done', 1, 6000)],
    [driver(1000, 'up'), driver(9000, 'down')],
  );
  const [head = '', body = ''] = joined(vcdOf(section)).split('$enddefinitions $end\n');
  const codes = Object.fromEntries(
    [...head.matchAll(/\$var \w+ \d+ (\S+) (\S+) \$end/g)].map(([, id, name]) => [name, id]),
  );
  expect(Object.keys(codes)).toEqual(['phy0_mdc', 'phy0_mdio', 'phy0_LASI', 'phy0_link_by_driver', 'nullb0_in_flight']);
  expect(head).toContain('$timescale 100 ns $end');
  const [lasi, link, flight] = ['phy0_LASI', 'phy0_link_by_driver', 'nullb0_in_flight'].map((name) => codes[name]);
  expect(body.split('$end\n')[1]).toBe(
    `#10\n1${lasi}\n1${link}\n#30\n0${lasi}\n#40\nb1 ${flight}\n#50\nb10 ${flight}\n#60\nb1 ${flight}\n#90\n0${link}\n`,
  );
});
