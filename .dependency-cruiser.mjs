/** The import table: what it lacks is forbidden. Data flow one way, from `util` up to `http`. */

/** Each folder of src/ with the folders that it may import. */
const table = {
  util: [],
  kernels: ['util'],
  graph: ['util'],
  network: ['graph', 'kernels', 'util'],
  files: ['util'],
  data: ['files', 'util'],
  experiment: ['files', 'statistics', 'network', 'data', 'graph', 'util'],
  preflight: ['experiment', 'network', 'data', 'graph', 'util'],
  statistics: ['kernels', 'data', 'util'],
  imports: ['network', 'graph', 'util'],
  export: ['experiment', 'network', 'graph', 'util'],
  training: ['statistics', 'experiment', 'data', 'network', 'graph', 'kernels', 'util'],
  diagnosis: ['statistics', 'preflight', 'experiment', 'network', 'util'],
  design: ['network', 'util'],
  remedies: ['diagnosis', 'statistics', 'preflight', 'experiment', 'network', 'util'],
  study: [
    'design',
    'export',
    'data',
    'network',
    'remedies',
    'diagnosis',
    'statistics',
    'preflight',
    'experiment',
    'util',
  ],
  metrics: [],
  telemetry: [],
  queue: ['util'],
  jobs: [
    'imports',
    'webhooks',
    'files',
    'data',
    'metrics',
    'telemetry',
    'queue',
    'study',
    'diagnosis',
    'statistics',
    'experiment',
    'util',
  ],
  access: [],
  webhooks: ['util'],
  web: ['util'],
  http: [
    'access',
    'webhooks',
    'files',
    'imports',
    'export',
    'web',
    'metrics',
    'telemetry',
    'jobs',
    'study',
    'remedies',
    'diagnosis',
    'training',
    'statistics',
    'preflight',
    'experiment',
    'data',
    'network',
    'util',
  ],
};

const folders = Object.entries(table).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import only: ${allowed.join(', ') || 'nothing of src'}. Move the code to where its needs are, or pass what it needs as an argument.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^(src|workers|cli|scripts|test)/', pathNot: [`^src/(${[folder, ...allowed].join('|')})/`] },
}));

const doors = Object.keys(table)
  .filter((folder) => folder !== 'util')
  .map((folder) => ({
    name: `${folder}-door`,
    comment: `Enter src/${folder} through its index.ts; export there what others need.`,
    severity: 'error',
    from: { path: '^(src|workers|cli|scripts)/', pathNot: `^src/${folder}/` },
    // The theory of layers has a door of its own in network: only preflight needs it.
    to: {
      path: `^src/${folder}/`,
      pathNot: `^src/${folder}/((propagation/)?index${folder === 'http' ? '|(reading_)?work' : ''})\\.ts$`,
    },
  }));

const only = (name, packages, path, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(src|workers|client|cli|scripts)/', pathNot: path },
  to: { path: `node_modules/(${packages})/` },
});

export default {
  forbidden: [
    ...folders,
    ...doors,
    only(
      'runtime',
      'onnxruntime-node|onnxruntime-common',
      '^src/graph/session\\.ts$',
      'Only the session runs graphs.',
    ),
    only('pool', 'piscina', '^src/util/threads\\.ts$', 'Only one file makes pools of threads.'),
    only(
      'database',
      'better-sqlite3|kysely|pg',
      '^src/(jobs/|queue/pg_boss\\.ts$)',
      'Only jobs know the database.',
    ),
    only('queue', 'pg-boss', '^src/queue/pg_boss\\.ts$', 'Only the shared queue knows its engine.'),
    only(
      'bundler',
      'esbuild',
      '^src/(web/bundle|util/bundled_programs)\\.ts$',
      'Only the bundles know the bundler.',
    ),
    only('telemetry', '@opentelemetry', '^src/telemetry/', 'Only telemetry knows OpenTelemetry.'),
    only('web', 'fastify|@fastify', '^src/(http/|service\\.ts$)', 'Only http knows the web framework.'),
    {
      name: 'workers-imports',
      comment:
        'A worker trains, and answers with what is read of it; everything else stays in the main thread.',
      severity: 'error',
      from: { path: '^workers/' },
      to: {
        path: '^src/',
        pathNot: '^src/((files|imports|statistics|training|diagnosis|jobs)/index|http/(reading_)?work)\\.ts$',
      },
    },
    {
      name: 'client-imports',
      comment: 'The client runs in browsers and in others’ programs: nothing of the service comes with it.',
      severity: 'error',
      from: { path: '^client/' },
      to: { pathNot: '^client/|node_modules/openapi-fetch/' },
    },
    {
      name: 'no-cycles',
      comment: 'Take the shared part out into a file of its own. Circles of types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-dead-files',
      comment: 'Nobody imports this file: use it or delete it.',
      severity: 'error',
      from: {
        orphan: true,
        path: '^(src|cli)/',
        pathNot: '^src/server\\.ts$|^cli/(main|diagnose|keys)\\.ts$|\\.d\\.ts$',
      },
      to: {},
    },
    {
      name: 'unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      // Written by `npm run types`.
      to: { couldNotResolve: true, pathNot: 'client/schema\\.d\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default', 'types'],
    },
  },
};
