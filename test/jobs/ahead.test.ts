/** @file Trials that are trained ahead: only where a thread would idle, once, ended with the study; the report stays as it is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import type { TrialRequest, TrialResult } from '../../src/jobs/pool.ts';
import type { Threads } from '../../src/jobs/trainer.ts';
import { type NamedTrial, Trials, type TrialsOptions } from '../../src/jobs/trials.ts';
import { killAll, startServerProcess } from '../faults/server_process.ts';
import { report, experiment as sick, submit } from '../faults/workload.ts';
import { tinyExperiment } from '../http/service.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-ahead-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const parsed = parseExperiment(tinyExperiment());
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const { experiment } = parsed.value;
const trial = (seed: number): NamedTrial => ({
  ...{ run: `baseline/${seed}`, experiment, seed, keepWeights: false, key: String(seed), seconds: 1 },
});

/** As many threads, on which every training lasts until it is told to end. */
class Hand implements Threads {
  readonly #count: number;
  readonly begun: number[] = [];
  readonly #running = new Map<number, { readonly task: TrialRequest; end(result: TrialResult): void }>();

  constructor(count: number) {
    this.#count = count;
  }

  get idle(): number {
    return this.#count - this.#running.size;
  }

  async run(task: TrialRequest, _work: unknown, signal: AbortSignal): Promise<TrialResult> {
    const { seed } = task;
    this.begun.push(seed);
    const { promise, resolve } = Promise.withResolvers<TrialResult>();
    this.#running.set(seed, { task, end: resolve });
    signal.addEventListener('abort', () =>
      resolve({ ok: false, error: { code: 'canceled', detail: 'cancelled' } }),
    );
    return promise.finally(() => this.#running.delete(seed));
  }

  /** @param fails the training, not only ends */
  end(seed: number, fails = false): void {
    const bytes = Uint8Array.of(seed);
    const value = {
      ...{ part: { form: 'whole' as const, bytes }, outcome: 'completed' as const, encoded: bytes },
      ...{ seconds: 1, preparation: 0, steps: 1 },
    };
    const result: TrialResult = fails
      ? { ok: false, error: { code: 'failed', detail: 'on purpose' } }
      : { ok: true, value };
    this.#running.get(seed)?.end(result);
  }

  isEnded(seed: number): boolean {
    return !this.#running.has(seed);
  }
}

function trialsOn(threads: Threads) {
  const stored: string[] = [];
  const nothing = { inc() {}, observe() {} };
  const span = { setAttributes: () => span, end() {} };
  const options = {
    attempts: {
      storedTrial: async () => null,
      storeTrial: async (_job: object, key: string) => stored.push(key),
    },
    ...{ threads, shared: null, logger: pino({ level: 'silent' }), span: () => span },
    snapshots: { of: () => undefined },
    metrics: { trials: nothing, steps: nothing },
    telemetry: { start: () => span },
    losses: { follow: () => ({ ring: { buffer: new SharedArrayBuffer(8) }, end() {} }) },
    signal: new AbortController().signal,
  } as unknown as TrialsOptions;
  return { trials: new Trials({ id: 'job', owner: 'alice', attempt: 1 } as never, options), stored };
}

/** So long that whatever is to begin has begun. */
const SETTLED_MS = 200;

it('begins what is expected where a thread idles while the study waits, and not before', async () => {
  const threads = new Hand(3);
  const { trials } = trialsOn(threads);
  trials.expect([trial(1), trial(2), trial(3)]);
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([]);
  const asked = trials.train(trial(0));
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([0, 1, 2]);
  threads.end(1);
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([0, 1, 2, 3]);
  threads.end(0);
  await asked;
  // Nothing is trained twice, whether it has ended or not.
  expect(await trials.train(trial(1))).toEqual({ form: 'whole', bytes: Uint8Array.of(1) });
  const second = trials.train(trial(2));
  await sleep(SETTLED_MS);
  threads.end(2);
  expect(await second).toEqual({ form: 'whole', bytes: Uint8Array.of(2) });
  expect(threads.begun).toEqual([0, 1, 2, 3]);
  await trials.end();
});

it('lets the trials of a wave go first, and begins nothing while all threads are at work', async () => {
  const threads = new Hand(2);
  const { trials } = trialsOn(threads);
  trials.expect([trial(7)]);
  const wave = [0, 1, 2].map((seed) => trials.train(trial(seed)));
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([0, 1, 2]);
  threads.end(0);
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([0, 1, 2]);
  threads.end(1);
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([0, 1, 2, 7]);
  threads.end(2);
  await Promise.all(wave);
  await trials.end();
});

it('ends what nobody asks for with the study, and trains again what failed ahead', async () => {
  const threads = new Hand(3);
  const { trials, stored } = trialsOn(threads);
  trials.expect([trial(1), trial(2)]);
  const asked = trials.train(trial(0));
  await sleep(SETTLED_MS);
  threads.end(1, true);
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([0, 1, 2]);
  const again = trials.train(trial(1));
  await sleep(SETTLED_MS);
  expect(threads.begun).toEqual([0, 1, 2, 1]);
  threads.end(1);
  threads.end(0);
  await Promise.all([asked, again]);
  await trials.end();
  expect(threads.isEnded(2)).toBe(true);
  expect(stored.toSorted()).toEqual(['0', '1']);
});

it('makes the same report on four threads as on one', async () => {
  const settings = { LOG_LEVEL: 'debug' };
  const body = sick(7, { steps: 60, remedies: { seeds: 3, max_trials: 24 } });
  const [one, four] = await Promise.all(
    ['1', '4'].map((WORKER_THREADS) =>
      startServerProcess({
        settings: { ...settings, WORKER_THREADS, DATA_DIR: join(folder, WORKER_THREADS) },
      }),
    ),
  );
  if (one === undefined || four === undefined) throw new Error('no service');
  const told = await Promise.all([one, four].map(async ({ url }) => report(url, await submit(url, body))));
  expect(told[1]).toEqual(told[0]);
  const ahead = ({ log }: typeof one) => log.filter(({ msg }) => msg === 'trained ahead').length;
  expect(ahead(one)).toBe(0);
  expect(ahead(four)).toBeGreaterThan(2);
  const keys = four.log.flatMap(({ msg, key }) => (msg === 'trial trained' ? [key] : []));
  expect(new Set(keys).size).toBe(keys.length);
});
