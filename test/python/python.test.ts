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

/** Standard error, in which unittest tells its results, and the exit status. */
function unittest(file: string, url: string, code: string): Promise<{ status: number | null; told: string }> {
  const args = ['-W', 'error::ResourceWarning', '-m', 'unittest', '-v', `tests.${file.replace('.py', '')}`];
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
    child.stdout.on('data', (text) => {
      told += text;
    });
    child.stderr.on('data', (text) => {
      told += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, told }));
  });
}

describe('python/gradclinic', () => {
  let service: TestService;
  const folderOfCode = mkdtempSync(join(tmpdir(), 'gradclinic-code-'));
  const code = join(folderOfCode, 'architectures.json');
  beforeAll(async () => {
    writeFileSync(code, JSON.stringify(exported()));
    service = await startTestService();
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
    it.skipIf(!usable)(title, async () => {
      const { status, told } = await unittest(file, service.url, code);
      expect(told).toContain(`Ran ${names.length} test`);
      expect(status, told).toBe(0);
    });
  }
});
