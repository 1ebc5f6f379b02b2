/** Declared things a person can do to a device: faults to inject and controls to turn, each with typed parameters. */
import type { Params } from './params.ts';

export interface Action<P extends Params = Params> {
  /** Words for a switch in the dashboard. */
  readonly label: string;
  readonly doc: string;
  readonly params: P;
  readonly source: string;
}
export type Catalogue = Readonly<Record<string, Action>>;

/** One entry of a catalogue. */
export const action = <const P extends Params>(label: string, doc: string, source: string, params: P): Action<P> => ({
  label,
  doc,
  source,
  params,
});
