/** @file The import table can fail: a planted violation of each kind is reported. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const planted = `${root}src/graph/planted_violation.ts`;

afterEach(() => rmSync(planted, { force: true }));

function violations(): string {
  try {
    return execFileSync(
      `${root}node_modules/.bin/depcruise`,
      ['--config', '.dependency-cruiser.mjs', 'src'],
      { cwd: root, encoding: 'utf8' },
    );
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

it('reports an import against the stream, past a door, and of the runtime', () => {
  writeFileSync(
    planted,
    "import type { Trace } from '../statistics/trace.ts';\nimport * as runtime from 'onnxruntime-node';\nexport type Both = [Trace, typeof runtime];\n",
  );
  const text = violations();
  for (const rule of ['graph-imports', 'statistics-door', 'runtime'])
    expect(text).toContain(`error ${rule}: src/graph/planted_violation.ts`);
});
