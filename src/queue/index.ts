/** @file The folder's door: queues of trials, and the crew that takes from them. */

export { herdDelay } from './herd.ts';
export { createLocalQueue } from './local.ts';
export { openSharedQueue } from './pg_boss.ts';
export type { Delivery, Message, Queue } from './queue.ts';
export { nextTurn } from './turns.ts';
export { type Crew, type Source, startCrew } from './work.ts';
