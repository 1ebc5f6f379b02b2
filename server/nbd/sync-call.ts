/** Calls from one thread to another that wait for the answer: for rare verbs of an interface that is synchronous. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { asLabError, type ErrnoName, LabError } from '#bus/errors.ts';

interface Call {
  readonly call: number;
  readonly verb: string;
  readonly args: readonly unknown[];
}
interface Answer {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: { readonly code: ErrnoName; readonly message: string };
}

/** What both threads share: a port each, and a word that says which call was answered last. */
export interface CallLine {
  readonly port: MessagePort;
  readonly answered: Int32Array<SharedArrayBuffer>;
}

/** The asking side. Nothing else runs on its thread while it waits. */
export class SyncCaller {
  readonly #line: CallLine;
  readonly #patienceMs: number;
  #calls = 0;

  constructor(line: CallLine, patienceMs: number) {
    this.#line = line;
    this.#patienceMs = patienceMs;
  }

  /** What the verb returned; throws the LabError it threw, and ETIMEDOUT when the other thread does not answer. */
  call(verb: string, ...args: readonly unknown[]): unknown {
    const { port, answered } = this.#line;
    const call = ++this.#calls;
    const asked: Call = { call, verb, args };
    port.postMessage(asked);
    const until = performance.now() + this.#patienceMs;
    for (let last = Atomics.load(answered, 0); last !== call; last = Atomics.load(answered, 0)) {
      const leftMs = until - performance.now();
      if (leftMs <= 0 || Atomics.wait(answered, 0, last, leftMs) === 'timed-out')
        throw new LabError('ETIMEDOUT', `${verb}: the device's thread did not answer within ${this.#patienceMs} ms`);
    }
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) throw new LabError('EIO', `${verb}: the device's thread lost its answer`);
      const answer = received.message as Answer; // written by `answerCalls`
      if (answer.call !== call) continue; // of a call that was given up
      if (answer.error !== undefined) throw new LabError(answer.error.code, answer.error.message);
      return answer.value;
    }
  }
}

/** The answering side. */
export const answerCalls = (
  { port, answered }: CallLine,
  verbs: Readonly<Record<string, (...args: never[]) => unknown>>,
): void => {
  port.on('message', ({ call, verb, args }: Call) => {
    port.postMessage(outcome(call, () => (verbs[verb] as (...args: readonly unknown[]) => unknown)(...args)));
    Atomics.store(answered, 0, call);
    Atomics.notify(answered, 0);
  });
};

const outcome = (call: number, run: () => unknown): Answer => {
  try {
    return { call, value: run() };
  } catch (thrown) {
    const { code, message } = asLabError(thrown);
    return { call, error: { code, message } };
  }
};
