/** What the lab's thread and the thread of the block devices say to each other. */
import type { LogLevel } from '#bus/api.ts';
import type { BlockCommand, BlockCompletion, BlockEvent, BlockIdentity, OutsideRequests } from '#bus/block.ts';
import type { BlockPanel } from '#bus/block-panel.ts';
import type { ActiveFault } from '#bus/device.ts';
import type { AttributeView } from '#regmap/attributes.ts';
import type { NbdConnectionView } from './connection.ts';
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
  readonly epoch: bigint;
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

/** Lab to thread, without waiting. */
export type ToBlockThread =
  | { readonly submit: string; readonly commands: readonly BlockCommand[] }
  | { readonly listen: NbdListen }
  | { readonly close: true };

/** Thread to lab. */
export type FromBlockThread =
  | { readonly up: true }
  | { readonly completed: string; readonly completions: readonly BlockCompletion[] }
  | { readonly seen: string; readonly requests: OutsideRequests }
  | { readonly event: BlockEvent; readonly device: string; readonly state: NullbState }
  | {
      readonly states: readonly (readonly [device: string, state: NullbState])[];
      readonly clients: readonly NbdConnectionView[];
    }
  | { readonly log: string; readonly level: LogLevel; readonly device: string | null }
  | { readonly listening: { host: string; port: number } | null; readonly unix: string | null }
  | { readonly refused: { readonly code: string; readonly message: string } };
