/**
 * @file The import table can fail: a planted violation of each kind is reported. Planted in a folder of its own, because others build
 * their bundles of the sources meanwhile.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'gradclinic-imports-'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What each file says, and the rules that it breaks. */
const PLANTED: Readonly<Record<string, { readonly text: string; readonly breaks: readonly string[] }>> = {
  'src/graph/planted.ts': {
    text: "import type { Trace } from '../statistics/trace.ts';\nimport * as runtime from 'onnxruntime-node';\nexport type Both = [Trace, typeof runtime];\n",
    breaks: ['graph-imports', 'statistics-door', 'runtime'],
  },
  'src/statistics/trace.ts': {
    // A circle is told of one of its files.
    text: "import type { Index } from './index.ts';\nexport type Trace = Index;\n",
    breaks: [],
  },
  'src/statistics/index.ts': {
    text: "import type { Trace } from './trace.ts';\nexport type Index = Trace;\n",
    breaks: ['no-cycles'],
  },
  'src/util/planted.ts': { text: 'export const nobody = 1;\n', breaks: ['no-dead-files'] },
  'src/jobs/queue.ts': {
    text: "import 'pg-boss';\nimport './missing.ts';\n",
    breaks: ['queue', 'unresolvable'],
  },
  'src/http/index.ts': { text: "import 'fastify';\nimport 'kysely';\n", breaks: ['database'] },
  'workers/planted.worker.ts': { text: "import '../src/http/index.ts';\n", breaks: ['workers-imports'] },
  'client/planted.ts': { text: "import '../src/statistics/index.ts';\n", breaks: ['client-imports'] },
};

it('reports each import that the table forbids, and no other', () => {
  for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json'])
    copyFileSync(join(root, name), join(copy, name));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [path, { text }] of Object.entries(PLANTED)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  const { stdout } = spawnSync(
    join(root, 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.mjs', 'src', 'workers', 'client'],
    { cwd: copy, encoding: 'utf8' },
  );
  const reported = [...stdout.matchAll(/error ([\w-]+): ([\w./]+)/g)].map(
    ([, rule, path]) => `${path} ${rule}`,
  );
  const expected = Object.entries(PLANTED).flatMap(([path, { breaks }]) =>
    breaks.map((rule) => `${path} ${rule}`),
  );
  expect([...new Set(reported)].sort()).toEqual(expected.sort());
});
