/** What the lab's thread and the thread of the block devices say to each other. */
import type { LogLevel } from '#bus/api.ts';
import type { BlockCommand, BlockCompletion, BlockEvent, BlockIdentity, OutsideRequests } from '#bus/block.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import type { ActiveFault } from '#bus/device.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import type { NbdConnectionView } from './connection.ts';
import type { ClockMark } from './fine-clock.ts';
import type { CallLine } from './sync-call.ts';
import type { NbdTls } from './tls.ts';

/** Where NBD clients come in. */
export interface NbdListen {
  readonly host?: string;
  readonly port?: number;
  readonly unix?: string;
  readonly tls?: NbdTls;
}

/** Given to the thread when it starts. */
export interface BlockThreadStart {
  readonly mark: ClockMark;
  readonly line: CallLine;
}

/** A null block device to build. */
export interface NullbSpec {
  readonly seed: number;
  readonly personality?: 'null_blk' | 'rnull';
  readonly compat?: 'linux' | 'strict';
  readonly attributes?: Readonly<Record<string, string>>;
  readonly module?: Readonly<Record<string, string>>;
  readonly cpus?: number;
  readonly index?: number;
}

/** How a device stands; posted when it changes, and with the answer of every call that may change it. */
export interface NullbState {
  readonly panel: BlockPanel;
  readonly faults: readonly ActiveFault[];
  readonly attributes: readonly AttributeView[];
  /** Null: powered off or unplugged. */
  readonly identity: BlockIdentity | null;
}

/** How the thread stands while the lab leads its time. */
export interface ThreadStanding {
  /** Where its clock stands. */
  readonly now: number;
  /** Its clock's next deadline; Infinity when it has none. */
  readonly next: number;
  /** Commands it has got, and what it has said of devices, since it started. */
  readonly got: number;
  readonly said: number;
}

/** What an NBD client wants of a device in front of which a gate stands, what came of it, or that the client has gone. */
export type GateStep = { readonly client: number } & (
  | { readonly asked: BlockCommand }
  | { readonly done: BlockCompletion }
  | { readonly left: true }
);

/** What the gate lets through to the device, what it lets back to the client, or that it hangs up on it. */
export type GateReturn = { readonly client: number } & (
  | { readonly pass: BlockCommand }
  | { readonly answer: BlockCompletion }
  | { readonly cut: string }
);

/** The memory of the requests that go from one thread to the other; a buffer is moved, not copied. */
export const buffersOf = (steps: readonly (GateStep | GateReturn)[]): ArrayBuffer[] => {
  const found = new Set<ArrayBuffer>();
  for (const step of steps) {
    const bytes = dataOf(step)?.buffer;
    if (bytes instanceof ArrayBuffer) found.add(bytes);
  }
  return [...found];
};

const dataOf = (step: GateStep | GateReturn): Uint8Array | undefined => {
  if ('asked' in step) return step.asked.data;
  if ('done' in step) return step.done.data;
  if ('pass' in step) return step.pass.data;
  return 'answer' in step ? step.answer.data : undefined;
};

/** Lab to thread, without waiting. */
export type ToBlockThread =
  | { readonly gate: string; readonly returns: readonly GateReturn[] }
  | { readonly submit: string; readonly commands: readonly BlockCommand[] }
  | { readonly listen: NbdListen }
  | { readonly close: true };

/** Thread to lab. */
export type FromBlockThread =
  | { readonly up: true }
  | { readonly completed: string; readonly completions: readonly BlockCompletion[] }
  | { readonly seen: string; readonly requests: OutsideRequests }
  | { readonly gate: string; readonly steps: readonly GateStep[] }
  | { readonly event: BlockEvent; readonly device: string; readonly state: NullbState }
  | {
      readonly states: readonly (readonly [device: string, state: NullbState])[];
      readonly clients: readonly NbdConnectionView[];
    }
  | { readonly log: string; readonly level: LogLevel; readonly device: string | null }
  | { readonly listening: { host: string; port: number } | null; readonly unix: string | null }
  | { readonly refused: { readonly code: string; readonly message: string } };
