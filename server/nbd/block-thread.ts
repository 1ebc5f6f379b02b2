/** The thread of the block devices: the silicon and its NBD clients, so that a megabyte of theirs delays nobody's register access. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BlockCompletion, OutsideRequests } from '#bus/block.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import { Nullb } from '#devices/nullb/nullb.ts';
import { type ClockMark, FineClock } from './fine-clock.ts';
import {
  type BlockThreadStart,
  buffersOf,
  type FromBlockThread,
  type GateStep,
  type NbdListen,
  type NullbSpec,
  type NullbState,
  type ThreadStanding,
  type ToBlockThread,
} from './hosted.ts';
import { NullbExport } from './nullb-export.ts';
import { RequestLog } from './request-log.ts';
import { type NbdServer, startNbd } from './server.ts';
import { answerCalls } from './sync-call.ts';
import { yieldToLab } from './yield-to-lab.ts';

/** How often the lab is told how the devices stand. */
const STATE_MS = 250;

interface Hosted {
  readonly device: Nullb;
  readonly served: NullbExport;
  /** Answers of this turn, sent together. */
  answers: BlockCompletion[];
}

const lab = parentPort;
if (lab === null) throw new Error('this file is the thread of the block devices; the lab starts it');
const { mark, line } = workerData as BlockThreadStart; // the lab's own, see BlockHost
yieldToLab();
const clock = new FineClock(mark);
const devices = new Map<string, Hosted>();
let server: NbdServer | null = null;

const tell = (message: FromBlockThread): void => lab.postMessage(message);

const stateOf = ({ device, served }: Hosted): NullbState => ({
  panel: { ...device.inspect(), ...clientsOf(served.name) },
  faults: device.activeFaults,
  attributes: device.attributes(),
  identity: device.reachable ? device.identify() : null,
});

const clientsOf = (name: string): Pick<BlockPanel, 'clients'> =>
  server === null
    ? {}
    : {
        clients: server
          .connections()
          .filter(({ serves }) => serves === name)
          .map(({ serves: _here, ...client }) => client),
      };

const known = (name: string): Hosted => {
  const hosted = devices.get(name);
  if (hosted === undefined) throw new LabError('ENODEV', `${name} is not on the bench`);
  return hosted;
};

/** Deadlines that one word of the lab fires at most: it asks again where there are more. */
const MOST_AT_ONCE = 10_000;
let got = 0;
let said = 0;

/** Something was done to a device: what NBD knows of it may be old. */
const changing =
  <A extends readonly unknown[]>(act: (device: Nullb, ...args: A) => void) =>
  (name: string, ...args: A): NullbState => {
    const hosted = known(name);
    try {
      act(hosted.device, ...args);
    } finally {
      hosted.served.changed();
    }
    return stateOf(hosted);
  };

const answered = (name: string, hosted: Hosted, completion: BlockCompletion): void => {
  said++;
  hosted.answers.push(completion);
  if (hosted.answers.length > 1) return;
  queueMicrotask(() => {
    const completions = hosted.answers;
    hosted.answers = [];
    tell({ completed: name, completions });
  });
};

answerCalls(line, {
  place: (name: string, spec: NullbSpec, gateStands: Int32Array): NullbState => {
    const device = new Nullb({
      ...spec,
      clock,
      log: (level, text) => tell({ log: text, level, device: name }),
    });
    const before = devices.get(name)?.served;
    before?.close();
    before?.log.turn();
    const log = new RequestLog({ now: () => clock.now(), tell: (requests) => tell({ seen: name, requests }) });
    const toGate = (steps: readonly GateStep[]): void => {
      said += steps.length;
      lab.postMessage({ gate: name, steps } satisfies FromBlockThread, buffersOf(steps));
    };
    const served = new NullbExport({ name, device, log, gateStands, toGate });
    const hosted: Hosted = { device, served, answers: [] };
    devices.set(name, hosted);
    device.completed = (completion) => answered(name, hosted, completion);
    device.event = (event) => {
      said++;
      tell({ event, device: name, state: stateOf(hosted) });
    };
    return stateOf(hosted);
  },
  /** What is left to tell of its requests. */
  remove: (name: string): OutsideRequests | null => {
    const served = devices.get(name)?.served;
    served?.close();
    devices.delete(name);
    return served?.log.take() ?? null;
  },
  fault: changing((device, fault: string, params: Readonly<Record<string, unknown>>) => device.fault(fault, params)),
  clear: changing((device, fault: string | undefined) => device.clear(fault)),
  control: changing((device, control: string, params: Readonly<Record<string, unknown>>) =>
    device.control(control, params),
  ),
  writeAttribute: changing((device, attribute: string, text: string) => device.writeAttribute(attribute, text)),
  restore: changing((device, snapshot: unknown) => device.restore(snapshot)),
  readAttribute: (name: string, attribute: string): string => known(name).device.readAttribute(attribute),
  snapshot: (name: string): unknown => known(name).device.snapshot(),
  state: (name: string): NullbState => stateOf(known(name)),
  steer: (to: ClockMark): void => clock.follow(to),
  /** The lab leads: fires what is due by `at`. */
  lead: (at: number): ThreadStanding => {
    let left = MOST_AT_ONCE;
    while (left-- > 0 && clock.fireNext(at));
    if (clock.nextAt() > at) clock.hold(at);
    return { now: clock.now(), next: clock.nextAt(), got, said };
  },
  poll: (name: string, hctx: number): readonly BlockCompletion[] => known(name).device.poll(hctx),
});

const states = setInterval(() => {
  for (const { served } of devices.values()) {
    served.changed();
    served.log.turn();
  }
  tell({
    states: [...devices].map(([name, hosted]) => [name, stateOf(hosted)] as const),
    clients: server?.connections() ?? [],
  });
}, STATE_MS);

const listen = async (where: NbdListen): Promise<void> => {
  try {
    server = await startNbd({
      ...where,
      exports: () => [...devices.values()].map(({ served }) => served),
      log: (text) => tell({ log: text, level: 'info', device: null }),
    });
    tell({ listening: server.address, unix: server.unix });
  } catch (thrown) {
    const { code, message } = asLabError(thrown);
    tell({ refused: { code, message } });
  }
};

lab.on('message', (message: ToBlockThread) => {
  if ('submit' in message) {
    const hosted = devices.get(message.submit);
    got += message.commands.length;
    for (const command of message.commands) hosted?.device.submit(command);
  } else if ('gate' in message) {
    got += message.returns.length;
    devices.get(message.gate)?.served.ruled(message.returns);
  } else if ('listen' in message) void listen(message.listen);
  else {
    clearInterval(states);
    for (const { served } of devices.values()) served.close();
    devices.clear();
    void (server?.close() ?? Promise.resolve()).then(() => {
      lab.close();
      line.port.close();
    });
  }
});

tell({ up: true });
