const slices = ['catalog', 'customers', 'contracts', 'usage', 'invoices'];
const inFolder = (...folders) => `^(?:${folders.join('|')})(?:/|\\.ts$)`;
const src = (...folders) => folders.map((folder) => `src/${folder}`);
const adapters = ['event-log', 'payments', 'http', 'config', 'paygo', 'main'];

/** From these files, nothing but what is named. */
const only = (name, comment, from, ...allowed) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: { pathNot: allowed },
});

/** From these files, never what is named. */
const never = (name, comment, from, path, more = {}) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: { path, ...more },
});

const packages = (...names) => names.map((name) => `node_modules/${name}/`);
const graphql = packages(
  'graphql',
  'graphql-[^/]+',
  'type-graphql',
  '@apollo',
  '@as-integrations',
  '@escape\\.tech',
);
const sqlite = [...packages('better-sqlite3', '@types/better-sqlite3'), '^src/sqlite-driver\\.ts$'];
const storage = [...sqlite, ...packages('kysely', 'pg', '@types/pg')];
const web = [...graphql, ...packages('fastify')];

const sliceRules = slices.map((slice, place) =>
  only(
    `slice-${slice}`,
    'A slice imports the kernel, itself, the events of any slice and the helpers of those before it.',
    { path: inFolder(`src/${slice}`) },
    inFolder('src/kernel', `src/${slice}`),
    `^src/(?:${slices.join('|')})/events\\.ts$`,
    ...slices.slice(0, place).map((earlier) => `^src/${earlier}/(?!decider|commands)`),
  ),
);

module.exports = {
  forbidden: [
    only(
      'kernel',
      'The kernel knows nothing of billing; dinero.js is its money.',
      { path: inFolder('src/kernel'), pathNot: '^src/kernel/(?:ids|merkle)\\.ts$' },
      inFolder('src/kernel'),
      ...packages('dinero\\.js'),
    ),
    only(
      'kernel-digests',
      'Ids are digests, and proofs are made of them.',
      { path: '^src/kernel/(?:ids|merkle)\\.ts$' },
      inFolder('src/kernel'),
      '^crypto$',
    ),
    ...sliceRules,
    never(
      'application-speaks-to-ports',
      'Only paygo.ts picks adapters.',
      { path: inFolder('src/application') },
      [inFolder('projections', 'schema', ...src(...adapters)), ...storage, ...web],
    ),
    only(
      'audit-reads-the-log-alone',
      'What checks the read models must not rest on them.',
      { path: inFolder('src/audit') },
      inFolder('src/kernel', 'src/audit'),
      ...slices.map((slice) => `^src/${slice}/(?!decider|commands)`),
      '^src/application/ports\\.ts$',
      '^src/give-way\\.ts$',
    ),
    never(
      'event-log-knows-no-billing',
      'An event log stores events of any kind.',
      { path: inFolder('src/event-log') },
      [
        inFolder(
          'schema',
          'projections',
          ...src(...slices, 'payments', 'http', 'config', 'paygo', 'main'),
        ),
        '^src/application/(?!(?:payment-)?ports\\.ts$)',
        ...web,
      ],
    ),
    never(
      'projections',
      'Read models see the kernel, events, pure helpers, and the ports.',
      { path: inFolder('projections') },
      [
        inFolder('schema', ...src(...adapters)),
        '^src/application/(?!(?:payment-)?ports\\.ts$)',
        `^src/(?:${slices.join('|')})/(?:decider|commands)\\.ts$`,
        ...web,
      ],
    ),
    never(
      'schema',
      'The edge speaks to the engine and the read models.',
      { path: inFolder('schema') },
      [
        inFolder(...src(...adapters)),
        `^src/(?:${slices.join('|')})/decider\\.ts$`,
        '^src/application/(?!engine\\.ts$|ports\\.ts$)',
        ...sqlite,
        ...packages('fastify'),
      ],
    ),
    never('http', 'The server is handed what it serves.', { path: inFolder('src/http') }, [
      inFolder('schema', 'projections', ...src('event-log', 'payments', 'paygo', 'main')),
      ...storage,
    ]),
    never(
      'graphql-at-the-edge',
      'GraphQL is known to schema/ and src/http/ only.',
      { path: inFolder('src', 'projections'), pathNot: inFolder('src/http') },
      graphql,
    ),
    never(
      'tools-stand-beside-the-server',
      'Operators call them; the server does not.',
      {
        path: inFolder('src', 'schema', 'projections'),
        pathNot: '^src/(?:operations/|cli\\.ts$)',
      },
      '^src/(?:operations/|cli\\.ts$)',
    ),
    never('nothing-imports-main', 'main.ts is where it all starts.', {}, '^src/main\\.ts$'),
    never(
      'only-the-root-knows-the-schema',
      'The road is one way.',
      { path: inFolder('src'), pathNot: '^src/paygo\\.ts$' },
      inFolder('schema'),
    ),
    never(
      'no-tests-in-the-product',
      'What is shipped stands without its tests.',
      { path: inFolder('src', 'schema', 'projections') },
      inFolder('test', 'bench'),
    ),
    never(
      'no-barrels',
      'Import a thing from the file that it stands in.',
      {},
      '^(?:src|schema|projections|test)/.*index\\.ts$',
    ),
    never('no-cycles', 'Two files that need each other are one file, or three.', {}, undefined, {
      circular: true,
    }),
    never('no-unresolvable', 'It must be there.', {}, undefined, { couldNotResolve: true }),
    never(
      'no-dev-dependencies',
      'What the product imports is installed with it.',
      { path: inFolder('src', 'schema', 'projections') },
      undefined,
      {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    ),
    {
      name: 'no-orphans',
      comment: 'Nobody uses it.',
      severity: 'error',
      from: { orphan: true, pathNot: ['^test/', '^bench/'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.d.ts'],
    },
  },
};
