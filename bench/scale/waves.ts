/**
 * @file How much of several threads the waves of a study can use: its trials, trained once, are dealt out again in counted time to so
 * many threads. Nothing is timed: a trial takes what the budget reckons, planning and handing over take nothing. What is missing to 1 is
 * lost because the study waits for a wave to end before it knows the next one.
 *
 *     npx node bench/scale/waves.ts [--threads 2,4] [examples/deep-sigmoid.json …]
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import type { Trace } from '../../src/statistics/index.ts';
import { runStudy, secondsOf, type Trial } from '../../src/study/index.ts';
import { canonicalJson } from '../../src/util/json.ts';
import { experiment as faultsExperiment } from '../../test/faults/workload.ts';
import { trainOnce } from '../../test/scenarios/trained.ts';

interface Waiting {
  readonly seconds: number;
  readonly trained: () => void;
}

function keyOf({ experiment, seed }: Trial): string {
  const { network, data, training, diagnostics } = experiment;
  return canonicalJson({ network, data, training, every: diagnostics.probe_every, seed });
}

/** Threads in counted time: first come, first served. */
class Threads {
  readonly #count: number;
  readonly #waiting: Waiting[] = [];
  #expected: readonly Trial[] = [];
  #running: { readonly until: number; readonly trained: () => void }[] = [];
  /** Trainings that are really going on: time stands still meanwhile. */
  #real = 0;
  readonly #ended = new Map<string, Promise<Trace>>();
  now = 0;
  /** Of what was asked for. */
  asked = 0;

  constructor(count: number) {
    this.#count = count;
  }

  async #train({ experiment, seed }: Trial): Promise<Trace> {
    this.#real++;
    const trace = await trainOnce(experiment, seed);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ seconds: secondsOf(experiment, trace.steps_completed), trained: resolve });
    this.#real--;
    await promise;
    return trace;
  }

  readonly #asked = new Set<string>();

  async train(trial: Trial): Promise<Trace> {
    const key = keyOf(trial);
    const trace = await this.#trainOnce(key, trial);
    if (!this.#asked.has(key)) this.asked += secondsOf(trial.experiment, trace.steps_completed);
    this.#asked.add(key);
    return trace;
  }

  #trainOnce(key: string, trial: Trial): Promise<Trace> {
    const known = this.#ended.get(key) ?? this.#train(trial);
    this.#ended.set(key, known);
    return known;
  }

  expect(trials: readonly Trial[]): void {
    this.#expected = trials;
  }

  /** What is expected, where a thread would idle. @returns whether there is something to wait for */
  #goAhead(): boolean {
    if (this.#running.length + this.#waiting.length >= this.#count) return false;
    const next = this.#expected.find((trial) => !this.#ended.has(keyOf(trial)));
    if (next !== undefined) this.#trainOnce(keyOf(next), next);
    return next !== undefined;
  }

  #begin(): void {
    while (this.#running.length < this.#count) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running.push({ until: this.now + next.seconds, trained: next.trained });
    }
  }

  /** Until the work has ended. */
  async pass(work: Promise<unknown>, ahead: boolean): Promise<void> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    for (;;) {
      do await setImmediate();
      while (this.#real > 0);
      if (ended) return;
      if (ahead && this.#goAhead()) continue;
      this.#begin();
      const next = this.#running.toSorted((a, b) => a.until - b.until)[0];
      if (next === undefined) continue;
      this.now = next.until;
      this.#running = this.#running.filter((one) => one !== next);
      next.trained();
    }
  }
}

async function measure(experiment: Experiment, count: number, ahead: boolean): Promise<string> {
  const threads = new Threads(count);
  const study = runStudy(experiment, {
    train: (trial) => threads.train(trial),
    expect: (trials) => threads.expect(trials),
    onProgress: () => {},
    isOutOfTime: () => false,
  });
  await threads.pass(study, ahead);
  const { budget, recommendation } = await study;
  const share = threads.asked / (count * threads.now);
  return `${count} threads${ahead ? ', ahead' : ''}: ${budget.trials} trials, ${threads.asked.toFixed(1)} s of work in ${threads.now.toFixed(1)} s, ${share.toFixed(3)} of each thread (${recommendation?.remedies.join(', ') ?? 'nothing'})`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string', default: '1,2,4' } },
});

function parsed(value: unknown): Experiment {
  const result = parseExperiment(value);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.experiment;
}

/** That of bench/scale/study.ts, with fewer steps: its waves are the same as long as its trials end alike. */
const scale = () =>
  faultsExperiment(1, {
    steps: 3000,
    diagnostics: { probe_every: 50 },
    remedies: { seeds: 5, max_trials: 60 },
  });

const experiments: readonly (readonly [string, unknown])[] =
  positionals.length === 0
    ? [['bench/scale/study.ts', scale()]]
    : positionals.map((path) => [basename(path), JSON.parse(readFileSync(path, 'utf8'))]);
for (const [name, value] of experiments)
  for (const count of values.threads.split(',').map(Number))
    for (const ahead of [false, true]) console.log(`${name}, ${await measure(parsed(value), count, ahead)}`);
