/** Names of snapshots in a scenario: one goes back only to what was kept before. */
import { unknownName } from '#bus/errors.ts';
import type { Step } from './model.ts';
import type { Source } from './source.ts';

/** Returns the steps; EINVAL for a name given twice, or one that no earlier step has given. */
export const checkSnapshots = (steps: readonly Step[], source: Source): readonly Step[] => {
  const kept: string[] = [];
  for (const [i, { deeds }] of steps.entries())
    for (const deed of deeds) {
      if (deed.kind !== 'snapshot' && deed.kind !== 'restore') continue;
      const path = ['steps', i, deed.kind];
      const known = kept.includes(deed.name);
      if (deed.kind === 'restore' && !known)
        throw source.error(path, `${unknownName('snapshot', deed.name, kept).message}; a step before must keep it`);
      if (deed.kind === 'snapshot' && known) throw source.error(path, `'${deed.name}' names another snapshot already`);
      if (deed.kind === 'snapshot') kept.push(deed.name);
    }
  return steps;
};
