/** How tests run: `unit` and `contract` beside the code, `e2e` as whole systems in a real browser. */
import { defineConfig } from 'vitest/config';

const setupFiles = ['setup/property-tests.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles,
          include: [
            '{regmap,datasheets,bus,devices,drivers,firmware,recording,server,cli,kit,web,docs,setup}/**/*.test.{ts,tsx}',
          ],
          exclude: ['**/node_modules/**', '**/*.contract.test.ts'],
        },
      },
      {
        test: {
          name: 'contract',
          setupFiles,
          include: ['**/*.contract.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
