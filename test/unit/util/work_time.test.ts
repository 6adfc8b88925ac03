/** @file The time of threads that work on requests: real threads, that compute or have no core. */
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { limitWork, notBegun, type WorkLimit, type WorkTime } from '../../../src/util/work_time.ts';

const open: { readonly worker: Worker; readonly limit: WorkLimit }[] = [];
afterEach(async () => {
  for (const { worker, limit } of open.splice(0)) {
    limit.end();
    await worker.terminate();
  }
});

/** Ends with whether the time was over before the thread has answered. @param ms by the clock */
async function work(what: 'computes' | 'waits', ms: number, time: WorkTime) {
  const begun = notBegun();
  const workerData = { begun, what, ms };
  const worker = new Worker(new URL('work_time.worker.ts', import.meta.url), { workerData });
  // Whoever waits for a thread to start measures the machine.
  await new Promise((ready) => worker.once('message', ready));
  const limit = limitWork(time, begun, () => [worker]);
  open.push({ worker, limit });
  const over = new Promise((resolve) => limit.signal.addEventListener('abort', () => resolve('over')));
  const answered = new Promise((resolve) => worker.once('message', () => resolve('answered')));
  worker.postMessage('begin');
  return { ended: await Promise.race([over, answered]), usedUp: limit.usedUp };
}

it('a thread that computes has its time and no more', async () => {
  expect(await work('computes', 60_000, { cpu: 100, clock: 60_000 })).toEqual({
    ended: 'over',
    usedUp: true,
  });
});

it('one that the machine gives no core has not used up its time', async () => {
  expect(await work('waits', 500, { cpu: 100, clock: 60_000 })).toEqual({ ended: 'answered', usedUp: false });
});

it('but its client does not wait for ever', async () => {
  expect(await work('waits', 60_000, { cpu: 100, clock: 300 })).toEqual({ ended: 'over', usedUp: false });
});
