/** @file One service with one job of each kind, for all that looks at pages: made once. */
import type { Job } from '../../src/jobs/index.ts';
import { readExample, startTestService, type TestService, tinyExperiment } from '../http/service.ts';

/** What an HTML parser could mistake, what turns text around, and what is long. */
export const HOSTILE =
  '</script><img src=x onerror="alert(1)"><!--<script> \u2028\u2029 \u202Etxt.exe & "quotes"';

const unverified = { verify: false };
const dense = (units: number, activation = 'tanh') => ({ type: 'dense', units, activation });
const output = { type: 'dense', units: 2 };

/** Too slow a learner, for which there is a cure: sigmoid in six layers. */
const sick = {
  name: 'six sigmoid layers',
  network: {
    input: { shape: [2] },
    layers: [{ type: 'repeat', times: 6, layers: [dense(8, 'sigmoid')] }, output],
  },
  remedies: { seeds: 2, max_trials: 30 },
  metadata: { ticket: 'ML-42' },
};

const EXPERIMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  // A study that finds a cure; test/scenarios/examples.test.ts looks at the size of a longer one.
  study: {
    ...readExample('deep-sigmoid'),
    remedies: { ...(readExample('deep-sigmoid').remedies as object), max_trials: 20, min_duration_s: 5 },
  },
  sick: tinyExperiment(sick),
  healthy: tinyExperiment({ remedies: { seeds: 2, verify: false } }),
  hostile: tinyExperiment({
    name: `${HOSTILE}${'long '.repeat(20)}`.slice(0, 200),
    metadata: { '<b>key</b>': HOSTILE.slice(0, 100) },
    remedies: unverified,
  }),
  exploding: tinyExperiment({
    name: 'exploding',
    // A squared error of such weights is beyond what float32 holds, whatever they start from.
    network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1 }] },
    data: { type: 'sine', samples: 60 },
    training: {
      loss: 'mean_squared_error',
      optimizer: { type: 'sgd', learning_rate: 1e12 },
      batch_size: 16,
      steps: 30,
    },
    remedies: unverified,
  }),
  recurrent: tinyExperiment({
    name: 'recurrent',
    network: {
      input: { shape: [2] },
      layers: [{ type: 'reshape', shape: [2, 1] }, { type: 'lstm', units: 3 }, output],
    },
    remedies: unverified,
  }),
  merged: tinyExperiment({
    name: 'two ways that merge',
    network: {
      input: { shape: [2] },
      layers: [
        { ...dense(4), name: 'left', inputs: ['input'] },
        { ...dense(4, 'relu'), name: 'right', inputs: ['input'] },
        { type: 'concatenate', inputs: ['left', 'right'] },
        output,
      ],
    },
    remedies: unverified,
  }),
  dead: tinyExperiment({
    name: 'half of the units are dead',
    network: {
      input: { shape: [2] },
      layers: [
        { ...dense(16, 'relu'), bias_initializer: { type: 'constant', value: -6 } },
        { ...dense(16, 'relu'), bias_initializer: { type: 'constant', value: -100 } },
        output,
      ],
    },
    remedies: unverified,
  }),
  // bench/web looks at 10,000 steps of as many layers.
  deep: tinyExperiment({
    name: 'a hundred layers',
    network: { input: { shape: [2] }, layers: [{ type: 'repeat', times: 99, layers: [dense(4)] }, output] },
    diagnostics: { probe_every: 4 },
    remedies: unverified,
  }),
};

let started: TestService | null = null;
export const jobs = new Map<string, Job>();

export function service(): TestService {
  if (started === null) throw new Error('the service is not started');
  return started;
}
export const address = (): string => service().url;

export function idOf(name: string): string {
  const job = jobs.get(name);
  if (job === undefined) throw new Error(`no job "${name}"`);
  return job.id;
}

async function search(): Promise<Job> {
  const body = { experiment: tinyExperiment({ name: 'which one' }), activations: ['relu', 'tanh'] };
  const { id } = (await (await service().post('/v1/searches', body)).json()) as Job;
  for (;;) {
    const job = (await (await service().get(`/v1/jobs/${id}`, { prefer: 'wait=30' })).json()) as Job;
    if (job.status !== 'queued' && job.status !== 'running') return job;
  }
}

/** All at once: the service has two threads. */
export async function setUp(): Promise<void> {
  started = await startTestService({ MAX_BODY_BYTES: '10000000' });
  const made = Object.entries(EXPERIMENTS).map(async ([name, experiment]) => {
    jobs.set(name, await service().finish(experiment));
  });
  await Promise.all([...made, search().then((job) => jobs.set('search', job))]);
  for (const [name, { status, error }] of jobs)
    if (status !== 'succeeded') throw new Error(`${name}: ${status}, ${error?.detail}`);
}

export const tearDown = async (): Promise<void> => started?.close();
