/**
 * @file A thread that asks services for their health, at fixed times whether they have answered or not: one that answers nobody for
 * a second is asked as often in that second as in any other.
 */
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { Sample, Watched } from './healthz.ts';

const INTERVAL_MS = 20;
/** What takes longer counts as this. */
const MAX_MS = 60_000;

const services = workerData as readonly Watched[];
const agent = new Agent({ keepAlive: true });
let taken: Sample[][] = services.map(() => []);
const underWay = new Set<Promise<void>>();

const answer = (url: string) =>
  new Promise<void>((resolve) => {
    const request = get(`${url}/healthz`, { agent, timeout: MAX_MS }, (response) =>
      response.resume().on('close', resolve),
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve());
  });

/** How long a thread could have run so far, and had no core (proc_pid_schedstat(5)); milliseconds, 0 where nobody counts it. */
function waited(thread: string): number {
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** For a core: the thread that answers, the first of its process, and this one. */
const waitedTogether = (pid: number) => waited(`${pid}/task/${pid}`) + waited('thread-self');

async function ask({ url, pid }: Watched, into: Sample[]): Promise<void> {
  const start = performance.now();
  const before = waitedTogether(pid);
  await answer(url);
  into.push({ ms: performance.now() - start, waited_ms: waitedTogether(pid) - before });
}

setInterval(() => {
  services.forEach((service, i) => {
    const one: Promise<void> = ask(service, taken[i] as Sample[]).finally(() => underWay.delete(one));
    underWay.add(one);
  });
}, INTERVAL_MS);

parentPort?.on('message', async () => {
  const finished = taken;
  const asked = [...underWay];
  taken = services.map(() => []);
  // Those who still wait were asked in this time, and belong to it.
  await Promise.all(asked);
  parentPort?.postMessage(finished);
});
