/** @file Bytes that fail before anybody reads them. Real streams and files. */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModelImporter } from '../../../src/jobs/model_importer.ts';
import { createNumberReader } from '../../../src/jobs/number_reader.ts';
import { packText } from '../../../src/util/packed_text.ts';
import { sequential3 } from '../../imports/models.ts';

const manyLayers = () =>
  sequential3(
    [3],
    Array.from({ length: 300 }, (_, i) => ({
      kind: 'Dense',
      name: `d${i}`,
      options: { units: 3, activation: 'linear', use_bias: true },
    })),
  );

const manyNumbers = () => ({
  network: { input: { shape: [8] }, layers: [{ type: 'dense', units: 1 }] },
  data: {
    type: 'inline',
    inputs: Array.from({ length: 20_000 }, (_, i) => [0, 1, 2, 3, 4, 5, 6, 7].map((j) => Math.sin(i + j))),
    targets: Array.from({ length: 20_000 }, Math.cos),
  },
  training: { loss: 'mean_squared_error', optimizer: 'sgd', steps: 1 },
});

const directory = mkdtempSync(join(tmpdir(), 'gradclinic-incoming-'));
/** Where uploads go is no folder: nothing can be received. */
const notFolder = join(directory, 'files');
beforeAll(() => writeFileSync(notFolder, ''));
afterAll(() => {
  process.off('uncaughtExceptionMonitor', hear);
  rmSync(directory, { recursive: true });
});

/** Unheard, the error of a stream ends the process; Vitest would fail. */
const unheard: unknown[] = [];
const hear = (error: unknown) => unheard.push(error);
process.on('uncaughtExceptionMonitor', hear);

it('a model that its reader is not done with in time is refused, and numbers that are not read in time fail their job', async () => {
  const time = { cpu: 1, clock: 60_000 };
  const importer = createModelImporter(directory, time);
  const reader = createNumberReader(time);
  const unfinished = reader.read(packText(JSON.stringify(manyNumbers())));
  expect(await importer.read(Readable.from([JSON.stringify(manyLayers())]), null, 1e6)).toMatchObject({
    error: { code: 'file_unreadable', message: expect.stringContaining('takes more than 0.001 s') },
  });
  await expect(unfinished).rejects.toMatchObject({ code: 'experiment_too_large' });
  await Promise.all([importer.close(), reader.close()]);
});

it.each<[string, () => Readable]>([
  ['a file that is gone', () => createReadStream(join(directory, 'gone'))],
  ['what cannot be unpacked', () => new PassThrough().end('this is not gzip').pipe(createGunzip())],
])('%s is an error of who waits for it, and of nobody else', async (_, content) => {
  const importer = createModelImporter(notFolder);
  const stream = content();
  await expect(importer.read(stream, null, 1000)).rejects.toThrow(/ENOTDIR|EEXIST/);
  await sleep(50);
  expect(unheard).toEqual([]);
  expect(stream.destroyed).toBe(true);
  await importer.close();
});
