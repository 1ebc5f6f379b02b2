/** What the tests of bus faults and breakpoints stand on: a small PHY and a small card in virtual time, with instruments in front. */
import { bits, reg, table } from '#regmap/declare.ts';
import { VirtualClock } from '../clock.ts';
import { RIG, RigSilicon } from '../contract-rig.ts';
import { c45Registers, MdioBus } from '../mdio.ts';
import type { MmioSilicon } from '../mmio.ts';
import { MmioBus } from '../mmio-bus.ts';
import { Trace, type TraceRecord } from '../trace.ts';
import { Instruments } from './instruments.ts';
import type { PlaceNames } from './touch.ts';

const from = { source: 'made for these tests', evidence: 'choice', width: 32 } as const;
export const CARD = table('CARD', {
  MODE: reg(0x500, 'Mode', { WIDTH: bits(15, 0, 'rw', 'Pixels'), ON: bits(31, 31, 'rw', 'Lit') }, from),
  COUNT: reg(0x504, 'Reads so far', { VALUE: bits(31, 0, 'ro', 'Counts') }, from),
});

export const PHY_NAMES: PlaceNames = {
  port: 'mdio',
  registers: RIG,
  spans: [{ name: 'SRAM', doc: 'Memory', at: 0x38000, length: 0x8000, offset: 0 }],
};
export const CARD_NAMES: PlaceNames = { port: 'mmio', registers: CARD, spans: [] };

/** Registers that keep what is written, one that counts its reads, and 4 kB of memory. */
class CardSilicon implements MmioSilicon {
  readonly words = new Map<number, number>();
  readonly memory = new Uint8Array(4096);
  reads = 0;

  read(at: number): number {
    return at === CARD.COUNT.at ? ++this.reads : this.peek(at);
  }
  write(at: number, value: number): void {
    this.words.set(at, value);
  }
  peek(at: number): number {
    return at === CARD.COUNT.at ? this.reads : (this.words.get(at) ?? 0);
  }
  span(name: string): Uint8Array | undefined {
    return name === 'vram' ? this.memory : undefined;
  }
  wroteSpan(): void {}
}

export const filterRig = ({ seed = 1, mdcHz = 0 } = {}) => {
  const clock = new VirtualClock();
  const trace = new Trace(1 << 14);
  const log: string[] = [];
  const instruments = new Instruments({ clock, trace, seed, log: (_, text) => void log.push(text) });
  const silicon = new RigSilicon();
  const phy = new MdioBus(silicon, { clock, device: 'phy0', trace, mdcHz, slot: instruments.slot('phy0', PHY_NAMES) });
  const cardSilicon = new CardSilicon();
  const slot = instruments.slot('card0', CARD_NAMES);
  const card = new MmioBus(cardSilicon, { clock, device: 'card0', trace, slot });
  const rows = (): TraceRecord[] =>
    Array.from({ length: trace.last }, (_, i) => trace.at(i + 1)).filter((record) => record !== undefined);
  const texts = (op: TraceRecord['op']): string[] =>
    rows()
      .filter((row) => row.op === op)
      .map((row) => trace.names.texts[row.aux] ?? '');
  /** Lets virtual time pass while a driver works. */
  const during = async <T>(work: Promise<T>, limitNs = 10e9): Promise<T> => {
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    done.catch(() => {}); // told to whoever awaits it
    await clock.run(clock.now() + limitNs, () => over);
    if (!over) throw new Error('it did not end');
    return done;
  };
  return {
    clock,
    trace,
    log,
    instruments,
    silicon,
    phy,
    regs: c45Registers(phy.port('drv'), 1),
    card: card.port('gpu'),
    cardSilicon,
    rows,
    texts,
    during,
  };
};
