/**
 * @file `npm run evaluate`: runs every scenario on all cores, prints the table, writes docs/evaluation.md. Exit code 1 where
 * the held-back half misses a bar or a scenario is not what it claims to be.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { renderEvaluation } from './evaluation_page.ts';
import { healthyScenarios } from './healthy.ts';
import { fraction, invalidity, judge } from './judgement.ts';
import { type Outcome, runScenario } from './outcome.ts';
import { sickScenarios } from './sick.ts';

const scenarios = [...healthyScenarios, ...sickScenarios];
const page = new URL('../../docs/evaluation.md', import.meta.url);

/** On the held-back half. */
const BAR = { false_alarms: 0.02, recall: 0.95, located: 0.85 };

/** Outcomes in the order of the scenarios; each thread takes the next one when it is done. */
function runAll(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  let done = 0;
  return new Promise((resolve, reject) => {
    for (let i = 0; i < availableParallelism(); i++) {
      const worker = new Worker(new URL(import.meta.url));
      const give = () => (next < scenarios.length ? worker.postMessage(next++) : worker.terminate());
      worker.on('error', reject);
      worker.on('message', ({ index, outcome }: { index: number; outcome: Outcome }) => {
        outcomes[index] = outcome;
        done++;
        process.stderr.write(`\r${done}/${scenarios.length}`);
        if (done === scenarios.length) resolve(outcomes);
        give();
      });
      give();
    }
  });
}

if (isMainThread) {
  const started = performance.now();
  const outcomes = await runAll();
  const minutes = (performance.now() - started) / 60_000;
  const text = renderEvaluation(outcomes);
  writeFileSync(page, text);
  process.stdout.write(`\n${text}\n(${minutes.toFixed(1)} minutes)\n`);
  const invalid = outcomes.filter((outcome) => invalidity(outcome) !== null);
  const held = judge(outcomes.filter(({ half }) => half === 'judge'));
  const reached =
    fraction(held.false_alarms) <= BAR.false_alarms &&
    fraction(held.recall) >= BAR.recall &&
    fraction(held.located) >= BAR.located;
  if (!reached || invalid.length > 0) process.exitCode = 1;
} else {
  parentPort?.on('message', async (index: number) => {
    const scenario = scenarios[index];
    if (scenario !== undefined) parentPort?.postMessage({ index, outcome: await runScenario(scenario) });
  });
}
