/** @file Threads of a process get the same memory for an array of a file, and it is given back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { writeBlocks } from '../../src/files/blocks.ts';
import { serveBlocks } from '../../src/files/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-shared-'));
const path = join(folder, 'numbers');
writeBlocks(
  path,
  new Map<string, Float32Array | Uint8Array>([
    ['x', Float32Array.of(1, 2, 3)],
    ['y', Uint8Array.of(7)],
  ]),
);
const served = serveBlocks();
afterAll(() => {
  served.close();
  rmSync(folder, { recursive: true, force: true });
});

const module = new URL('../../src/files/index.ts', import.meta.url).href;

/** What a thread sees, before and after it writes, which no training does. */
const look = (write: number | null): Promise<unknown> => {
  const script = `
    const { parentPort } = await import('node:worker_threads');
    const { sharedBlock, releaseBlocks } = await import(${JSON.stringify(module)});
    const x = sharedBlock(${JSON.stringify(path)}, 'x');
    const seen = [...x];
    if (${write} !== null) x[0] = ${write};
    const none = sharedBlock(${JSON.stringify(path)}, 'z') === undefined;
    const y = [...sharedBlock(${JSON.stringify(path)}, 'y')];
    releaseBlocks();
    parentPort.postMessage({ seen, y, none, isShared: x.buffer instanceof SharedArrayBuffer });
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.once('message', resolve);
  worker.once('error', reject);
  return promise.finally(() => worker.terminate());
};

test('a second thread gets the memory of the first, not a copy of the file', async () => {
  expect(await look(9)).toEqual({ seen: [1, 2, 3], y: [7], none: true, isShared: true });
  expect(await look(null)).toEqual({ seen: [9, 2, 3], y: [7], none: true, isShared: true });
});
