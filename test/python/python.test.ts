/** @file The Python package against a real service: each file of python/tests by the standard library's unittest. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { codeOf } from '../../src/export/index.ts';
import { startTestService, type TestService } from '../http/service.ts';
import { hasPython, hasTorch, PYTHON } from '../python.ts';

const folder = fileURLToPath(new URL('../../python/', import.meta.url));

const files = readdirSync(`${folder}tests`)
  .filter((file) => /^test_.*\.py$/.test(file))
  .map((file) => {
    const text = readFileSync(`${folder}tests/${file}`, 'utf8');
    const names = [...text.matchAll(/^\s+def (test_\w+)/gm)].map(([, name]) => name as string);
    return { file, names, usable: /^import torch/m.test(text) ? hasTorch : hasPython };
  });

const architectures = fileURLToPath(new URL('../../examples/architectures/', import.meta.url));

/** The PyTorch code of each architecture and what it takes, for the tests in Python. */
function exported(): Record<string, unknown> {
  return Object.fromEntries(
    readdirSync(architectures).map((file) => {
      const body = JSON.parse(readFileSync(join(architectures, file), 'utf8'));
      const parsed = parseExperiment(body);
      if (!parsed.ok) throw new Error(`${file}: ${JSON.stringify(parsed.error)}`);
      const { input, inputs, layers } = body.network;
      const vocabulary = Math.min(
        ...layers.map((layer: { vocabulary?: number }) => layer.vocabulary ?? Number.POSITIVE_INFINITY),
      );
      const forms = Object.values(inputs ?? { input }).map((form) => ({
        dtype: 'float32',
        ...(form as object),
        ...(Number.isFinite(vocabulary) ? { vocabulary } : {}),
      }));
      return [
        file.replace('.json', ''),
        { code: codeOf(parsed.value.experiment).pytorch, inputs: forms },
      ] as const;
    }),
  );
}

/** All files in one process, which loads PyTorch once: what each has said is a line of JSON behind this sign. */
const SIGN = '\x1e';
const RUN = `
import io, json, sys, unittest
for name in sys.argv[1:]:
    said = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromName("tests." + name)
    result = unittest.TextTestRunner(said, verbosity=2).run(suite)
    told = {"file": name, "ran": result.testsRun, "passed": result.wasSuccessful(), "said": said.getvalue()}
    print("${SIGN}" + json.dumps(told), flush=True)
`;

interface Result {
  readonly file: string;
  readonly ran: number;
  readonly passed: boolean;
  readonly said: string;
}

interface Results {
  readonly results: ReadonlyMap<string, Result>;
  /** Everything else that the process has said. */
  readonly rest: string;
}

function unittest(tests: readonly string[], url: string, code: string): Promise<Results> {
  const modules = tests.map((file) => file.replace('.py', ''));
  const args = ['-W', 'error::ResourceWarning', '-c', RUN, ...modules];
  const env = {
    ...process.env,
    GRADCLINIC_URL: url,
    GRADCLINIC_ARCHITECTURES: code,
    OMP_NUM_THREADS: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return new Promise((resolve, reject) => {
    const child = spawn(PYTHON, args, { cwd: folder, env });
    let told = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (told += String(text)));
    child.on('error', reject);
    child.on('close', () => {
      const [signed, rest] = [true, false].map((is) =>
        told.split('\n').filter((line) => line.startsWith(SIGN) === is),
      ) as [string[], string[]];
      const all = signed.map((line) => JSON.parse(line.slice(SIGN.length)) as Result);
      resolve({ results: new Map(all.map((one) => [`${one.file}.py`, one])), rest: rest.join('\n') });
    });
  });
}

describe('python/gradclinic', () => {
  let service: TestService;
  const folderOfCode = mkdtempSync(join(tmpdir(), 'gradclinic-code-'));
  const code = join(folderOfCode, 'architectures.json');
  let ended: Results;
  beforeAll(async () => {
    writeFileSync(code, JSON.stringify(exported()));
    service = await startTestService();
    const usable = files.filter((one) => one.usable).map(({ file }) => file);
    ended =
      usable.length === 0 ? { results: new Map(), rest: '' } : await unittest(usable, service.url, code);
  });
  afterAll(async () => {
    rmSync(folderOfCode, { recursive: true });
    await service.close();
  });

  it('has tests', () => {
    expect(files.flatMap(({ names }) => names).length).toBeGreaterThan(20);
  });

  for (const { file, names, usable } of files) {
    const title = usable
      ? file
      : `${file}: ${names.length} tests (${names.join(', ')}): no python3 or no PyTorch`;
    it.skipIf(!usable)(title, () => {
      const { results, rest } = ended;
      const result = results.get(file);
      expect(result?.ran, rest).toBe(names.length);
      expect(result?.passed, result?.said).toBe(true);
    });
  }
});
