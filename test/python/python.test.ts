/** @file The Python package against a real service: each file of python/tests by the standard library's unittest. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../http/service.ts';

const PYTHON = '/usr/bin/python3';
const folder = fileURLToPath(new URL('../../python/', import.meta.url));
const can = (code: string): boolean => spawnSync(PYTHON, ['-c', code]).status === 0;
const hasPython = can('import sys; assert sys.version_info >= (3, 9)');
const hasTorch = hasPython && can('import torch');

const files = readdirSync(`${folder}tests`)
  .filter((file) => /^test_.*\.py$/.test(file))
  .map((file) => {
    const text = readFileSync(`${folder}tests/${file}`, 'utf8');
    const names = [...text.matchAll(/^\s+def (test_\w+)/gm)].map(([, name]) => name as string);
    return { file, names, usable: /^import torch/m.test(text) ? hasTorch : hasPython };
  });

/** Standard error, in which unittest tells its results, and the exit status. */
function unittest(file: string, url: string): Promise<{ status: number | null; told: string }> {
  const args = ['-W', 'error::ResourceWarning', '-m', 'unittest', '-v', `tests.${file.replace('.py', '')}`];
  const env = { ...process.env, GRADCLINIC_URL: url, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
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
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  it('has tests', () => {
    expect(files.flatMap(({ names }) => names).length).toBeGreaterThan(20);
  });

  for (const { file, names, usable } of files) {
    const title = usable
      ? file
      : `${file}: ${names.length} tests (${names.join(', ')}): no python3 or no PyTorch`;
    it.skipIf(!usable)(
      title,
      async () => {
        const { status, told } = await unittest(file, service.url);
        expect(told).toContain(`Ran ${names.length} test`);
        expect(status, told).toBe(0);
      },
      120_000,
    );
  }
});
