/** A section as a value change dump: management wires, interrupt lines, links and requests in flight. Source: IEEE 1364, 18.2. */
import { NO_QUEUE, unpackTag } from '#bus/trace.ts';
import { type RecordedSection, recordAt } from './decode.ts';
import { isEvent } from './format.ts';
import { bitNsOf, edgesOf, isOnWires } from './mdio-wires.ts';

/** One change of one signal. */
interface Change {
  readonly ns: number;
  /** Index of the signal. */
  readonly signal: number;
  readonly value: string;
}

interface Signal {
  /** With the device's: programs that flatten scopes must not mix up two devices. */
  readonly name: string;
  readonly bits: number;
  readonly first: string;
}

const IN_FLIGHT_BITS = 16;
const PIECE_CHARACTERS = 1 << 16;

/** Pieces of the file. Times are the lab's in virtual time; of a live lab they count from the first record. */
export function* vcdOf(section: RecordedSection): Generator<string> {
  const { header, count } = section;
  const first = count === 0 ? 0 : recordAt(section, 0).time;
  const beganNs = header.mode === 'virtual' ? 0 : Math.max(0, first - 1e6);
  const tickNs = tickOf(section);
  const signals: Signal[] = [];
  const sources = sourcesOf(section, signals, beganNs);
  yield head(section, signals, tickNs, beganNs);
  let text = '';
  let tick = 0;
  for (const { ns, signal, value } of merged(sources)) {
    const at = Math.round(Math.max(0, ns - beganNs) / tickNs);
    if (at > tick) {
      text += `#${at}\n`;
      tick = at;
    }
    text += (signals[signal]?.bits ?? 1) === 1 ? `${value}${code(signal)}\n` : `b${value} ${code(signal)}\n`;
    if (text.length < PIECE_CHARACTERS) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** The coarsest step that no edge of a clock falls between; half a bit at 2.5 MHz is 200 ns. */
const tickOf = (section: RecordedSection): number => {
  const halves = new Set<number>();
  for (const { name, port } of section.devices)
    if (port === 'mdio')
      eachRecord(section, name, (record) => {
        if (isOnWires(record, section.names.requesters)) halves.add(bitNsOf(record) / 2);
      });
  return [100, 10].find((tick) => [...halves].every((half) => half % tick === 0)) ?? 1;
};

/** Every signal with its changes, in order of time; adds what it declares to `signals`. */
const sourcesOf = (section: RecordedSection, signals: Signal[], beganNs: number): Iterator<Change>[] => {
  const declare = (signal: Signal): number => signals.push(signal) - 1;
  const sources: Iterator<Change>[] = [];
  for (const { name, port } of section.devices) {
    if (port === 'mdio') {
      const mdc = declare({ name: wireName(`${name}_mdc`), bits: 1, first: '0' });
      const mdio = declare({ name: wireName(`${name}_mdio`), bits: 1, first: '1' });
      sources.push(wires(section, name, { mdc, mdio }, beganNs));
    }
    if (port === 'block') {
      const depth = declare({ name: wireName(`${name}_in_flight`), bits: IN_FLIGHT_BITS, first: '0' });
      sources.push(inFlight(section, name, depth));
    }
    sources.push(...lines(section, name, declare), ...links(section, name, declare));
  }
  return sources;
};

function* wires(
  section: RecordedSection,
  device: string,
  signal: { readonly mdc: number; readonly mdio: number },
  beganNs: number,
): Generator<Change> {
  for (const { ns, wire, level } of edgesOf(section, device, prtadOf(section, device), beganNs))
    yield { ns, signal: signal[wire], value: level };
}

/** Records do not carry it: it is where the bench has the device. */
const prtadOf = ({ header }: RecordedSection, device: string): number => {
  const spec = header.bench[device];
  const prtad = typeof spec === 'object' && spec !== null && 'prtad' in spec ? Number(spec.prtad) : 1;
  return Number.isInteger(prtad) && prtad >= 0 && prtad < 32 ? prtad : 1;
};

/** Interrupt lines, one signal each. */
const lines = (section: RecordedSection, device: string, declare: (signal: Signal) => number): Iterator<Change>[] => {
  const changes = new Map<string, { readonly ns: number; readonly value: string }[]>();
  eachRecord(section, device, ({ op, aux, value, time }) => {
    if (op !== 'irq') return;
    const line = section.names.texts[aux] ?? 'IRQ';
    const known = changes.get(line) ?? [];
    changes.set(line, known);
    known.push({ ns: time, value: value === 1 ? '1' : '0' });
  });
  return [...changes].map(([line, list]) => {
    const signal = declare({ name: wireName(`${device}_${line}`), bits: 1, first: '0' });
    return list.map((change) => ({ ...change, signal })).values();
  });
};

/** What the driver concludes of the link, and what the device can say of it. */
const links = (section: RecordedSection, device: string, declare: (signal: Signal) => number): Iterator<Change>[] =>
  (['driver', 'link'] as const).flatMap((kind) => {
    const found = section.events.flatMap(({ event }) =>
      isEvent(event, kind) && event.device === device
        ? [{ ns: event.time, value: event.link === null ? 'x' : event.link === 'up' ? '1' : '0' }]
        : [],
    );
    if (found.every(({ value }) => value === 'x')) return [];
    const name = wireName(`${device}_${kind === 'driver' ? 'link_by_driver' : 'link'}`);
    const signal = declare({ name, bits: 1, first: 'x' });
    return [found.map((change) => ({ ...change, signal })).values()];
  });

/** Requests of the bus that have no answer yet. */
function* inFlight(section: RecordedSection, device: string, signal: number): Generator<Change> {
  const open = new Set<number>();
  const index = section.names.devices.indexOf(device);
  for (let i = 0; i < section.count; i++) {
    const { device: of, op, old, time, outcome } = recordAt(section, i);
    if (of !== index || outcome === 'refused' || op === 'note' || op === 'fault' || op === 'irq') continue;
    const { tag, hctx } = unpackTag(old);
    const slot = hctx * 0x10000 + tag;
    if (hctx === NO_QUEUE) continue;
    if (op === 'done' ? !open.delete(slot) : open.has(slot)) continue;
    if (op !== 'done') open.add(slot);
    yield { ns: time, signal, value: open.size.toString(2) };
  }
}

const eachRecord = (
  section: RecordedSection,
  device: string,
  look: (record: ReturnType<typeof recordAt>) => void,
): void => {
  const index = section.names.devices.indexOf(device);
  for (let i = 0; i < section.count; i++) {
    const record = recordAt(section, i);
    if (record.device === index) look(record);
  }
};

/** All changes in order of time; of equal times the signal declared first. */
function* merged(sources: readonly Iterator<Change>[]): Generator<Change> {
  const heads = sources.map((source) => source.next());
  for (;;) {
    let first = -1;
    let firstNs = Number.POSITIVE_INFINITY;
    for (const [i, { done, value }] of heads.entries())
      if (done !== true && value.ns < firstNs) [first, firstNs] = [i, value.ns];
    const source = sources[first];
    if (source === undefined) return;
    yield heads[first]!.value as Change; // it is not done, or it would not be the first
    heads[first] = source.next();
  }
}

const head = (section: RecordedSection, signals: readonly Signal[], tickNs: number, beganNs: number): string => {
  const { header } = section;
  const of = header.scenario === null ? `lab ${header.lab ?? ''}` : `scenario ${header.scenario.name}`;
  const declared = signals.map(
    ({ bits, name }, i) => `$var ${bits === 1 ? 'wire' : 'integer'} ${bits} ${code(i)} ${name} $end\n`,
  );
  const values = signals.map(({ bits, first }, i) => (bits === 1 ? `${first}${code(i)}` : `b${first} ${code(i)}`));
  return [
    `$version Ferrolab ${plain(header.ferrolab)} $end\n`,
    `$comment ${plain(of)}, seed ${header.seed}; time 0 is ${beganNs} ns of lab time $end\n`,
    `$timescale ${tickNs} ns $end\n`,
    `$scope module ${wireName(header.lab ?? 'lab') || 'lab'} $end\n`,
    ...declared,
    '$upscope $end\n',
    '$enddefinitions $end\n#0\n$dumpvars\n',
    ...values.map((value) => `${value}\n`),
    '$end\n',
  ].join('');
};

const plain = (text: string): string => text.replaceAll('$', '').replace(/\s+/g, ' ').slice(0, 200);
const wireName = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, '_').slice(0, 60);

/** Identifier of a signal: printable characters, shortest first. */
const code = (n: number): string => {
  let [left, text] = [n, ''];
  do {
    text += String.fromCharCode(33 + (left % 94));
    left = Math.floor(left / 94) - 1;
  } while (left >= 0);
  return text;
};
