/**
 * @file A thread that asks services for their health, at fixed times whether they have answered or not: one that answers nobody for
 * a second is asked as often in that second as in any other.
 */
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const INTERVAL_MS = 20;
/** What takes longer counts as this. */
const MAX_MS = 60_000;

const urls = workerData as readonly string[];
const agent = new Agent({ keepAlive: true });
let taken: number[][] = urls.map(() => []);
const underWay = new Set<Promise<void>>();

const answer = (url: string) =>
  new Promise<void>((resolve) => {
    const request = get(`${url}/healthz`, { agent, timeout: MAX_MS }, (response) =>
      response.resume().on('close', resolve),
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve());
  });

async function ask(url: string, into: number[]): Promise<void> {
  const start = performance.now();
  await answer(url);
  into.push(performance.now() - start);
}

setInterval(() => {
  urls.forEach((url, i) => {
    const one: Promise<void> = ask(url, taken[i] as number[]).finally(() => underWay.delete(one));
    underWay.add(one);
  });
}, INTERVAL_MS);

parentPort?.on('message', async () => {
  const finished = taken;
  const asked = [...underWay];
  taken = urls.map(() => []);
  // Those who still wait were asked in this time, and belong to it.
  await Promise.all(asked);
  parentPort?.postMessage(finished);
});
