/** Steps and looks given as values in a test, read by what reads scenario files: same words, same checks. */
import { LabError } from '#bus/errors.ts';
import type { BenchSpec } from '#server/bench-spec.ts';
import { parseCondition } from '#server/scenario/conditions.ts';
import type { Condition, Step } from '#server/scenario/model.ts';
import { parseStep } from '#server/scenario/parse.ts';
import { Resolver } from '#server/scenario/resolve.ts';
import { type ConditionFile, type StepFile, StepSchema } from '#server/scenario/schema.ts';
import type { Source } from '#server/scenario/source.ts';
import { checkStructure } from '#server/scenario/structure.ts';

/** What is looked for, as a scenario has it: `{ driver: 'phy0', link: 'up' }`; fields of a register follow its name. */
export type Look = Omit<ConditionFile, 'for' | 'within'> & { readonly [field: string]: unknown };

/** One step as a scenario has it: `{ fault: { phy0: 'weak-light' } }`. Every word is in `docs/scenarios.md`. */
export type LabStep = Omit<StepFile, 'expect' | 'never'> & {
  readonly expect?: Look & { readonly within?: string };
  readonly never?: Look & { readonly for: string };
};

export class StepSource {
  readonly #resolver: Resolver;

  constructor(bench: BenchSpec) {
    this.#resolver = new Resolver(bench, sourceOf(undefined));
  }

  /** Throws EINVAL that says where in the step, and what is allowed there. */
  step(step: LabStep): Step {
    const source = sourceOf({ step });
    checkStructure(StepSchema, source, ['step']);
    // checked on the line above
    return parseStep(step as StepFile, ['step'], source, this.#resolver, {});
  }

  /** A condition that is held against the trace at once. */
  condition(of: Omit<ConditionFile, 'for'>): Condition {
    const source = sourceOf({ look: of });
    return parseCondition(of, ['look'], source, this.#resolver);
  }

  /** The address of a register or of a byte of memory. */
  address(device: string, register: string): number {
    return this.#resolver.address(device, register, ['register']);
  }

  /** Addresses of a register or of memory, first and last of each run. */
  spans(device: string, place: string): readonly (readonly [number, number])[] {
    return this.#resolver.ranges(`${device}.${place}`, ['register']).spans ?? [];
  }
}

/** A place is a path in the value. */
const sourceOf = (value: unknown): Source => ({
  value,
  error(path, message) {
    const place = path.join('.');
    return new LabError('EINVAL', message.startsWith(place) ? message : `${place}: ${message}`);
  },
});
