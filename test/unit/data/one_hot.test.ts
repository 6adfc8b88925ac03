/** @file Built-in classes under losses of values: one-hot rows, the same training as with such rows given, and the same in PyTorch. */
import { expect, it } from 'vitest';
import { loadData } from '../../../src/data/index.ts';
import { inputsOf, parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';
import { train } from '../../../src/training/index.ts';
import { hasTorch } from '../../python.ts';
import { runTorch } from '../../torch.ts';

const body = (data: Record<string, unknown>, units: number, loss: string) => ({
  network: {
    input: { shape: [4] },
    layers: [{ type: 'dense', units, kernel_initializer: 'zeros', name: 'last' }],
  },
  data: { validation_split: 0, shuffle: false, ...data },
  training: { loss, optimizer: { type: 'sgd', learning_rate: 0.01 }, batch_size: 150, steps: 5 },
});

function experimentOf(data: Record<string, unknown>, units = 3, loss = 'mean_squared_error') {
  const parsed = parseExperiment(body(data, units, loss));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

async function lossesOf(experiment: ReturnType<typeof experimentOf>): Promise<number[]> {
  const trained = await train(experiment, 0);
  if (!trained.ok) throw new Error(trained.error.code);
  return [...trained.value.losses];
}

it.each(['mean_squared_error', 'mean_absolute_error', 'huber', 'log_cosh'])(
  'iris under %s is trained as with one-hot rows',
  async (loss) => {
    const iris = experimentOf({ type: 'iris' }, 3, loss);
    const stored = loadData(iris.data, 0, inputsOf(iris)).training;
    const rows = <T>(count: number, of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i));
    const inline = {
      type: 'inline',
      inputs: rows(stored.count, (i) => [0, 1, 2, 3].map((j) => stored.inputs.at(i, j))),
      targets: rows(stored.count, (i) => rows(3, (k) => (stored.targets[i] === k ? 1 : 0))),
    };
    expect(await lossesOf(iris)).toEqual(await lossesOf(experimentOf(inline, 3, loss)));
  },
);

it('needs a unit for each class, and says so', () => {
  const parsed = parseExperiment(body({ type: 'iris' }, 1, 'mean_squared_error'));
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  expect(JSON.stringify(parsed.error)).toContain('units\\": 3');
});

it('two classes stay the numbers 0 and 1 of one unit', async () => {
  const two = { ...body({ type: 'moons', samples: 50 }, 1, 'mean_squared_error') };
  const parsed = parseExperiment({ ...two, network: { ...two.network, input: { shape: [2] } } });
  expect(parsed.ok).toBe(true);
});

const RUN = `
import json, sys
import numpy, torch
given = json.load(sys.stdin)
scope = {}
exec(given["code"], scope)
for w in scope["model"].parameters(): w.data = torch.zeros_like(w)
print(json.dumps(scope["train"](numpy.array(given["inputs"]), numpy.array(given["targets"]))))
`;

it.skipIf(!hasTorch)('the PyTorch code takes the class indices and has the same losses', async () => {
  const iris = experimentOf({ type: 'iris' });
  const { inputs, targets, count } = loadData(iris.data, 0, inputsOf(iris)).training;
  const input = JSON.stringify({
    code: codeOf(iris).pytorch,
    inputs: Array.from({ length: count }, (_, i) => [0, 1, 2, 3].map((j) => inputs.at(i, j))),
    targets: [...targets],
  });
  const { stdout, stderr } = await runTorch(RUN, input);
  expect(stderr).toBe('');
  const own = JSON.parse(stdout) as number[];
  for (const [i, loss] of (await lossesOf(iris)).entries()) expect(own[i]).toBeCloseTo(loss, 5);
  expect(codeOf(iris).keras).toContain('np.eye(3)');
});
