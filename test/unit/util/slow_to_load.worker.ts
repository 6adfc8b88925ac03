/** @file A thread whose program takes a while to load, and tells when it has. */
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';

await sleep(300);
Atomics.add(new Int32Array(workerData as SharedArrayBuffer), 0, 1);

export default () => null;
