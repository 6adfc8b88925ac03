/** @file Bundled programs: there is the service's and one of each thread, and it does what its sources do. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { createPool } from '../../../src/jobs/pool.ts';
import { bundledPrograms, bundlePrograms } from '../../../src/util/bundled_programs.ts';
import { startThreadsFrom, threadProgram } from '../../../src/util/programs.ts';

const names = readdirSync(new URL('../../../workers/', import.meta.url))
  .filter((name) => name.endsWith('.worker.ts'))
  .map((name) => name.replace('.ts', ''));

// Other test files of this process start threads too.
afterAll(() => startThreadsFrom(null));

/** The trace of a training on a table, which lies in a file beside its source, as do the kernels. */
async function trace(program: URL): Promise<Uint8Array> {
  const parsed = parseExperiment({
    network: { input: { shape: [4] }, layers: [{ type: 'dense', units: 3 }] },
    data: { type: 'iris' },
    training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 5 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const pool = createPool(1, program);
  const cancel = new SharedArrayBuffer(4);
  const result = await pool.run({ experiment: parsed.value.experiment, seed: 0, keepWeights: true, cancel });
  await pool.close(10_000);
  if (!result.ok) throw new Error(result.error.detail);
  return result.value.encoded;
}

it('threads start from bundles, and train to the same bits as from the sources', async () => {
  startThreadsFrom(null);
  const sources = threadProgram('trial.worker');
  expect(sources.href).toMatch(/workers\/trial\.worker\.ts$/);
  await bundlePrograms();
  for (const name of names) {
    const program = threadProgram(name);
    expect(program.href).toMatch(/\/[0-9a-f]{16}\/[a-z]+\.worker\.mjs$/);
    expect(existsSync(fileURLToPath(program))).toBe(true);
  }
  expect(await trace(threadProgram('trial.worker'))).toEqual(await trace(sources));
});

it('the program of the service is beside them; who starts from there bundles nothing', async () => {
  const folder = await bundledPrograms();
  expect(existsSync(fileURLToPath(new URL('program.mjs', folder ?? '')))).toBe(true);
  const elsewhere = new URL('elsewhere/', folder ?? '');
  startThreadsFrom(elsewhere);
  await bundlePrograms();
  expect(threadProgram('trial.worker').href).toBe(new URL('trial.worker.mjs', elsewhere).href);
});
