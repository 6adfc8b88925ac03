/** @file Bytes that fail before anybody reads them. Real streams and files. */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModelImporter } from '../../../src/jobs/model_importer.ts';

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
