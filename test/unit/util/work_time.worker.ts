/** @file A thread that computes for a while, or waits as long without a core. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Begun, begin } from '../../../src/util/work_time.ts';

const { begun, what, ms } = workerData as { begun: Begun; what: 'computes' | 'waits'; ms: number };

parentPort?.once('message', () => {
  begin(begun);
  const end = performance.now() + ms;
  if (what === 'waits') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  else while (performance.now() < end);
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
