import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { hasPostgres, provided, type StoreKind } from './test/support/store-kinds.ts';

/** The suites run with read models in that database. */
const project = (name: StoreKind, include: string): TestProjectInlineConfiguration => ({
  resolve: {
    // type-graphql and Apollo load graphql's CommonJS build; a second copy would make two realms.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    name,
    include: [include],
    provide: provided(name),
    pool: 'forks',
    // Suites that follow one another share a PGlite, which takes seconds to start.
    isolate: name !== 'pglite',
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});

const readModels = 'test/projections/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      project('sqlite', 'test/**/*.test.ts'),
      project('pglite', readModels),
      ...(hasPostgres() ? [project('postgres', readModels)] : []),
    ],
  },
});
