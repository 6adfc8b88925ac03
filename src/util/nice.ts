/** @file How much threads that compute give way to the one that answers requests. */
import { getPriority, setPriority } from 'node:os';

/**
 * Added to the nice value of a thread: what a client waits for comes before trainings and studies, and the event loop, at 0, before
 * both. A nice value of 5 is a third of the share of a core, one of 10 a ninth (sched(7)); a core that nobody else wants is theirs
 * whole. At least 0, so that no right is needed for it.
 */
export const NICE = { request: 5, study: 10 } as const;

/** The calling thread gives way. Only where each thread has a nice value of its own: elsewhere it is that of the process. */
export function giveWay(by: number): void {
  if (process.platform === 'linux') setPriority(0, Math.min(19, getPriority(0) + by));
}
