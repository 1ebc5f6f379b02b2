/** Bus faults on register windows, memory spans and block requests. */
import { expect, test } from 'vitest';
import { table } from '#regmap/declare.ts';
import type { BlockCommand, BlockCompletion, BlockIdentity, BlockSilicon } from '../block.ts';
import { BlockBus } from '../block-bus.ts';
import { VirtualClock } from '../clock.ts';
import { Trace } from '../trace.ts';
import { filterRig } from './filter-rig.ts';
import { Instruments } from './instruments.ts';

test('a register of a card is lost, changed and failed as on any bus', async () => {
  const { instruments, card, cardSilicon, during } = filterRig();
  instruments.addFault({
    effect: 'stuck-bit',
    params: { bit: 31, level: 1 },
    device: 'card0',
    when: 'write MODE',
    nth: 1,
  });
  instruments.addFault({ effect: 'drop', when: 'read 0x504', nth: 1 });
  instruments.addFault({ effect: 'error', when: 'read COUNT && value == 1', times: 1 });
  await during(card.write(0x500, 640));
  expect(cardSilicon.peek(0x500)).toBe(0x80000280);
  expect(await during(card.read(0x504))).toBe(0xffffffff);
  expect(cardSilicon.reads).toBe(0);
  expect(await during(card.read(0x504))).toBe(1);
  await expect(during(card.read(0x504))).rejects.toMatchObject({ code: 'EIO' });
  expect(await during(card.read(0x504, 4))).toBe(2);
});

test('accesses behind a delayed one wait for it, in order', async () => {
  const { instruments, card, cardSilicon, clock, rows, during } = filterRig();
  instruments.addFault({ effect: 'delay', params: { us: 100 }, when: 'write MODE && value == 1' });
  const all = Promise.all([
    card.write(0x500, 1),
    card.write(0x500, 2),
    card.transfer([{ op: 'write', at: 0x500, value: 3 }]),
  ]);
  await during(all);
  expect(
    rows()
      .filter(({ op }) => op === 'write')
      .map(({ value, time }) => [value, time]),
  ).toEqual([
    [1, 100_000],
    [2, 100_000],
    [3, 100_000],
  ]);
  expect([cardSilicon.peek(0x500), clock.now()]).toEqual([3, 100_000]);
});

test('noise hits one bit of a span, a stuck line each word, and a lost span is not there', async () => {
  const { instruments, card, cardSilicon, during } = filterRig();
  instruments.addFault({ name: 'noise', effect: 'bit-flip', when: 'span_write span == vram' });
  await during(card.writeSpan('vram', 0, new Uint8Array(64)));
  const ones = cardSilicon.memory.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  expect(ones).toBe(1);
  instruments.removeFault('noise');
  instruments.addFault({ name: 'line', effect: 'stuck-bit', params: { bit: 9, level: 1 }, when: 'span_read' });
  expect([...(await during(card.readSpan('vram', 64, 8)))]).toEqual([0, 2, 0, 0, 0, 2, 0, 0]);
  instruments.addFault({ effect: 'disconnect', device: 'card0' });
  expect([...(await during(card.readSpan('vram', 64, 4)))]).toEqual([255, 255, 255, 255]);
  await expect(during(card.readSpan('vram', 0, 1e12))).rejects.toMatchObject({ code: 'ERANGE' });
  await expect(during(card.readSpan('tram', 0, 4))).rejects.toMatchObject({ code: 'ENOENT' });
});

const IDENTITY: BlockIdentity = {
  capacitySectors: 1024,
  blockBytes: 512,
  readOnly: false,
  rotational: false,
  features: [],
  submitQueues: 1,
  pollQueues: 0,
  queueDepth: 32,
  sharedTags: false,
  maxSectors: 64,
  virtBoundary: false,
  zoned: null,
};

/** Keeps what is written, and answers inside `submit`. */
class Ram implements BlockSilicon {
  readonly memory = new Uint8Array(1024 * 512);
  readonly seen: string[] = [];
  completed: (completion: BlockCompletion) => void = () => {};
  event = (): void => {};
  identify = (): BlockIdentity => IDENTITY;
  poll = (): readonly BlockCompletion[] => [];
  submit({ op, sector, sectors, data, hctx, tag, generation }: BlockCommand): void {
    this.seen.push(`${op} ${sector}`);
    if (data !== undefined) this.memory.set(data, sector * 512);
    const bytes = op === 'read' ? { data: this.memory.slice(sector * 512, (sector + sectors) * 512) } : {};
    this.completed({ hctx, tag, generation, status: 'OK', ...bytes });
  }
}

const blockRig = () => {
  const clock = new VirtualClock();
  const trace = new Trace(4096);
  const instruments = new Instruments({ clock, trace, seed: 1 });
  const ram = new Ram();
  const slot = instruments.slot('nullb0', { port: 'block', registers: table('none', {}), spans: [] });
  const bus = new BlockBus(ram, { clock, device: 'nullb0', trace, slot });
  const port = bus.port('blk');
  const answers: BlockCompletion[] = [];
  port.onCompletion((all) => void answers.push(...all));
  let generation = 0;
  const command = (op: BlockCommand['op'], sector: number, more: Partial<BlockCommand> = {}): BlockCommand => ({
    op,
    tag: generation % 32,
    generation: generation++,
    hctx: 0,
    sector,
    sectors: 1,
    ...(op === 'write' ? { data: new Uint8Array(512).fill(sector) } : {}),
    ...more,
  });
  const settle = (ns = 0): Promise<void> => clock.run(clock.now() + ns);
  return { clock, trace, instruments, ram, bus, port, answers, command, settle };
};

test('a block request is lost, failed, delayed, overtaken or answered twice', async () => {
  const { instruments, ram, port, answers, command, settle, bus, clock } = blockRig();
  instruments.addFault({ effect: 'drop', when: 'write sector == 1' });
  instruments.addFault({ effect: 'error', params: { status: 'MEDIUM' }, when: 'write sector == 2' });
  instruments.addFault({ effect: 'delay', params: { us: 100 }, when: 'write sector == 3' });
  instruments.addFault({ effect: 'reorder', when: 'write sector == 4' });
  instruments.addFault({ effect: 'duplicate', when: 'write sector == 5' });
  await port.submit([1, 2, 3, 4, 5].map((sector) => command('write', sector)));
  expect(ram.seen).toEqual(['write 5', 'write 4']);
  await settle(200_000);
  expect(ram.seen).toEqual(['write 5', 'write 4', 'write 3']);
  expect(answers.map(({ generation, status }) => [generation, status])).toEqual([
    [1, 'MEDIUM'],
    [4, 'OK'],
    [4, 'OK'],
    [3, 'OK'],
    [2, 'OK'],
  ]);
  expect(bus.counters).toMatchObject({ inFlight: 1, unclaimed: 1, failed: 1 });
  expect(clock.now()).toBe(200_000);
});

test('data is changed on its way in and on its way out, the medium keeps what arrived', async () => {
  const { instruments, ram, port, answers, command } = blockRig();
  instruments.addFault({ name: 'in', effect: 'all-ones', when: 'write sector == 1' });
  await port.submit([command('write', 1)]);
  expect(ram.memory[512]).toBe(255);
  instruments.addFault({ effect: 'bit-flip', when: 'read sector == 2', params: { bit: 0 } });
  await port.submit([command('read', 2)]);
  const flipped = answers.at(-1)?.data?.reduce((sum, byte) => sum + byte, 0);
  expect([flipped, ram.memory[1024]]).toEqual([1, 0]);
});

test('an answer is selected too: failed on its way back after the write took effect', async () => {
  const { instruments, ram, port, answers, command } = blockRig();
  instruments.addFault({ effect: 'error', params: { status: 'TRANSPORT' }, when: 'done sector == 7 && status == OK' });
  await port.submit([command('write', 7)]);
  expect([ram.memory[7 * 512], answers[0]?.status]).toEqual([7, 'TRANSPORT']);
});

test('a held request keeps those behind it, and each goes on in its turn', async () => {
  const { instruments, ram, port, command, settle } = blockRig();
  instruments.addBreakpoint({ when: 'write sector == 1' });
  const submitted = port.submit([command('read', 0), command('write', 1), command('write', 2)]);
  await settle();
  expect([ram.seen, instruments.held.map(({ address }) => address)]).toEqual([['read 0'], ['sector 1']]);
  instruments.step();
  await settle();
  expect([ram.seen.length, instruments.held[0]?.address, instruments.held[0]?.breakpoint]).toEqual([
    2,
    'sector 2',
    null,
  ]);
  instruments.continue('nullb0');
  await submitted;
  expect(ram.seen).toEqual(['read 0', 'write 1', 'write 2']);
});

test('trace from here records every request of a device whose trace is sampled', async () => {
  const clock = new VirtualClock();
  const trace = new Trace(4096);
  const instruments = new Instruments({ clock, trace, seed: 1 });
  const recordAll = (): void => {
    bus.traceEvery = 1;
  };
  const slot = instruments.slot('nullb0', { port: 'block', registers: table('none', {}), spans: [] }, recordAll);
  const bus = new BlockBus(new Ram(), { clock, device: 'nullb0', trace, traceEvery: 1000, slot });
  instruments.addBreakpoint({ verb: 'trace', when: 'read sector == 5' });
  const port = bus.port('blk');
  for (let i = 1; i <= 10; i++)
    await port.submit([{ op: 'read', tag: 0, generation: i, hctx: 0, sector: i, sectors: 1 }]);
  expect(instruments.breakpoints[0]).toMatchObject({ hits: 1, on: true });
  expect(bus.counters.recorded).toBe(6); // the first of a thousand, then the five from the sixth on
});
