/** @file The folder's door: queues of trials, and the crew that takes from them. */
import type { openSharedQueue as OpenSharedQueue } from './pg_boss.ts';

export { herdDelay } from './herd.ts';
export { createLocalQueue } from './local.ts';
export type { Delivery, Message, Queue } from './queue.ts';
export { nextTurn } from './turns.ts';
export { type Crew, type Source, startCrew } from './work.ts';

/** Loads the engine, which a service with SQLite does not need. */
export const openSharedQueue: typeof OpenSharedQueue = async (options) =>
  (await import('./pg_boss.ts')).openSharedQueue(options);
