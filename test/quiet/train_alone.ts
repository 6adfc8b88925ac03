/** @file A process that trains in its main thread: an experiment on standard input, what it took on standard output. */
import { PerformanceObserver } from 'node:perf_hooks';
import { json } from 'node:stream/consumers';
import { parseExperiment } from '../../src/experiment/index.ts';
import { train } from '../../src/training/index.ts';

const parsed = parseExperiment(await json(process.stdin));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const { experiment } = parsed.value;

const MAJOR = 4;
let collections = 0;
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail } = entry as unknown as { detail: { kind: number } };
    collections += Number(detail.kind === MAJOR);
  }
});
observer.observe({ entryTypes: ['gc'] });
const trained = await train(experiment, 0);
// What is observed is told in a later turn of the event loop.
await new Promise((resolve) => setTimeout(resolve, 50));
process.stdout.write(JSON.stringify({ ok: trained.ok, major_collections: collections }));
