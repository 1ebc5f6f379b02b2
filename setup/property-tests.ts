/** Property tests draw new examples on a desk, and in CI the same ones for every commit; both can be told otherwise. */
import fc from 'fast-check';

const { CI, FERROLAB_PROPERTY_SEED: seed, FERROLAB_PROPERTY_RUNS: runs } = process.env;

fc.configureGlobal({
  ...(seed !== undefined ? { seed: Number(seed) } : CI ? { seed: 2025 } : {}),
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
});
