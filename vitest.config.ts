import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { hasPostgres, provided, type StoreKind } from './test/support/store-kinds.ts';
import { times } from './test/support/stress.ts';

/** Suites, with read models in that database. */
const project = (
  storeKind: StoreKind,
  include: readonly string[],
  more: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration => ({
  resolve: {
    // type-graphql and Apollo load graphql's CommonJS build; a second copy would make two realms.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    name: storeKind,
    include: [...include],
    globalSetup: 'test/support/built.ts',
    provide: provided(storeKind),
    pool: 'forks',
    // Suites that follow one another share what takes seconds to load, or to start: a PGlite.
    isolate: false,
    testTimeout: times(20_000, 600_000),
    hookTimeout: 20_000,
    ...more,
  },
});

const readModels = ['test/projections/**/*.test.ts'];

/** On several processes, which only a server serves. */
const processes = ['test/scenarios/**/*.postgres.test.ts'];

/** They replace modules, which other suites may have loaded before them. */
const replacing = ['test/scenarios/replay.test.ts', 'test/application/finalizing.test.ts'];

export default defineConfig({
  test: {
    // Many suites wait for what they have started: on two processors, too, two run at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      project('sqlite', ['test/**/*.test.ts'], { exclude: [...replacing, ...processes] }),
      project('sqlite', replacing, { name: 'replacing', isolate: true }),
      project('pglite', readModels),
      project('postgres', hasPostgres() ? [...readModels, ...processes] : []),
    ],
  },
});
