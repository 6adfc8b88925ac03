/** @file Diagnoses of networks with several outputs: what learns is healthy, what is sick is told by its cause. */
import { expect, test } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { runStudy } from '../../src/study/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { trainOnce } from '../scenarios/trained.ts';

const random = createRandom(1, 'outputs');
const uniform = () => 2 * random.uniform() - 1;
const inputs = Array.from({ length: 300 }, () => Array.from({ length: 6 }, uniform));
/** A class of three, and two values. */
const targets = inputs.map(([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]) => {
  const sum = a + b * c;
  return [sum < -0.3 ? 0 : sum < 0.3 ? 1 : 2, Math.sin(2 * d) + e, f * a];
});

function twoHeads(activation: string, depth: number, optimizer: object): Experiment {
  const parsed = parseExperiment({
    network: {
      input: { shape: [6] },
      layers: [
        { type: 'repeat', times: depth, layers: [{ type: 'dense', units: 32, activation }] },
        { type: 'activation', activation: 'linear', name: 'trunk' },
        { type: 'dense', units: 3, name: 'kind', inputs: ['trunk'] },
        { type: 'dense', units: 2, name: 'place', inputs: ['trunk'] },
        { type: 'outputs', inputs: ['kind', 'place'] },
      ],
    },
    data: { type: 'inline', inputs, targets, validation_split: 0.2 },
    training: {
      loss: {
        type: 'joint',
        outputs: [{ loss: 'softmax_cross_entropy' }, { loss: 'mean_squared_error', weight: 0.5 }],
      },
      ...{ optimizer, batch_size: 32, steps: 400 },
    },
    remedies: { verify: false },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const diagnosed = (experiment: Experiment) =>
  runStudy(experiment, {
    train: (trial) => trainOnce(trial.experiment, trial.seed),
    onProgress: () => {},
    isOutOfTime: () => false,
  });

test.each([
  ['relu', 2],
  ['tanh', 3],
])('%s, %i layers below two outputs: healthy', async (activation, depth) => {
  const { verdict, root_cause } = await diagnosed(
    twoHeads(activation, depth, { type: 'adam', learning_rate: 0.003 }),
  );
  expect({ verdict, root_cause }).toEqual({ verdict: 'healthy', root_cause: null });
});

test.each([
  ['ten sigmoid layers', 'sigmoid', 10, { type: 'sgd', learning_rate: 0.05 }, 'vanishing_gradient'],
  ['Adam at a rate of 1', 'relu', 3, { type: 'adam', learning_rate: 1 }, 'update_ratio'],
])('%s below two outputs', async (_name, activation, depth, optimizer, cause) => {
  const { verdict, root_cause, remedies } = await diagnosed(twoHeads(activation, depth, optimizer));
  expect({ verdict, root_cause }).toEqual({ verdict: 'unhealthy', root_cause: cause });
  expect(remedies.length).toBeGreaterThan(0);
});
