/** @file Pools of threads: real threads. */
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { createThreads } from '../../../src/util/threads.ts';

const filename = new URL('afterwards.worker.ts', import.meta.url).href;

it('a thread that runs out of memory after its answer is replaced, and ends neither the process nor the pool', async () => {
  const threads = createThreads({
    filename,
    minThreads: 1,
    maxThreads: 1,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
  });
  const failed = once(threads, 'workerDestroy');
  await threads.run('fail');
  await failed;
  expect(await threads.run('rest')).toBeTypeOf('number');
  await threads.destroy();
});

it.runIf(process.platform === 'linux')('a thread gives way, and its process does not', async () => {
  const threads = createThreads({ filename, maxThreads: 1, niceIncrement: 5 });
  const own = getPriority(0);
  expect(await threads.run('rest')).toBe(Math.min(19, own + 5));
  expect(getPriority(0)).toBe(own);
  await threads.destroy();
});

it('a thread that is still loading its program is not ended: that aborted the process', async () => {
  const workerData = new SharedArrayBuffer(4);
  const loaded = new Int32Array(workerData);
  const slow = new URL('slow_to_load.worker.ts', import.meta.url).href;
  const started = createThreads({ filename: slow, minThreads: 2, maxThreads: 2, workerData });
  await started.destroy();
  expect(loaded[0]).toBe(2);
  // Begun by a task, whose wait the end of the pool may end.
  const asked = createThreads({ filename: slow, minThreads: 0, maxThreads: 1, workerData });
  const ended = asked.run(null).catch(() => null);
  await asked.destroy();
  expect(await ended).toBeNull();
  expect(loaded[0]).toBe(3);
});
