/** @file How much threads that compute give way to the one that answers requests. */
import { readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/**
 * Added to the nice value of a thread: what a client waits for comes before trainings and studies, and the event loop, at 0, before
 * both. A nice value of 5 is a third of the share of a core, one of 10 a ninth (sched(7)); a core that nobody else wants is theirs
 * whole. At least 0, so that no right is needed for it.
 */
export const NICE = { request: 5, study: 10 } as const;

/**
 * What a new thread is to add to its nice value, so that it may be added: nice(2) answers −1 both for an error and for that value, and
 * who adds it takes one for the other. A service that was started with −6 would have had no thread.
 * @param own the nice value of whoever makes the thread
 */
export const addable = (by: number, own: number = getPriority()): number =>
  by > 0 && own + by === -1 ? by + 1 : by;

/** What Linux calls the threads of libuv, and where it lists those of this process. */
const [HELPER, TASKS] = ['libuv-worker', '/proc/self/task'];

/**
 * The threads of libuv give way, too: Node.js has four, in which it packs answers, unpacks bodies, hashes and reads files. Four long
 * answers that are packed at once would else take every core from who answers the rest.
 */
export async function helpersGiveWay(by: number): Promise<void> {
  if (process.platform !== 'linux') return;
  // They are made, all at once, when the first is needed.
  await stat('.');
  try {
    const tasks = readdirSync(TASKS);
    const helpers = tasks.filter((id) => readFileSync(`${TASKS}/${id}/comm`, 'utf8').trim() === HELPER);
    for (const id of helpers.map(Number)) setPriority(id, Math.min(19, getPriority(id) + by));
  } catch {
    // A system without /proc, or one that lets nobody do this: then they compete.
  }
}
