/** @file The PyTorch code of networks that are graphs, run by Debian's PyTorch: it gives the output's shape. */
import { expect, test } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';
import { hasTorch } from '../../python.ts';
import { runTorch } from '../../torch.ts';

const network = {
  inputs: { 'image.1': { shape: [2, 4, 4] }, meta: { shape: [3] } },
  layers: [
    { type: 'conv2d', filters: 3, kernel_size: 3, padding: 'same', activation: 'relu', inputs: ['image.1'] },
    {
      type: 'residual',
      layers: [
        { type: 'conv2d', filters: 3, kernel_size: 1, name: 'a' },
        { type: 'conv2d', filters: 3, kernel_size: 1, inputs: ['input'] },
        { type: 'multiply', inputs: ['a', 'conv2d_3', 'input'] },
      ],
    },
    { type: 'concatenate', inputs: ['residual_1', 'conv2d_1', 'image.1'] },
    { type: 'flatten' },
    { type: 'dense', units: 3, name: 'lambda' },
    { type: 'subtract', inputs: ['lambda', 'meta'] },
    { type: 'maximum', inputs: ['subtract_1', 'meta'] },
    { type: 'average', inputs: ['maximum_1', 'lambda', 'meta'] },
    { type: 'reshape', shape: [1, 1, 3] },
    { type: 'flatten' },
    { type: 'dense', units: 1 },
  ],
};

const wide = {
  inputs: { sequence: { shape: [4, 3] }, meta: { shape: [3] } },
  layers: [
    { type: 'add', inputs: ['sequence', 'meta'] },
    { type: 'multiply', inputs: ['meta', 'add_1'] },
    { type: 'flatten' },
    { type: 'dense', units: 1 },
  ],
};

const zeros = (shape: number[]): unknown =>
  shape.length === 0 ? 0.5 : Array.from({ length: shape[0] as number }, () => zeros(shape.slice(1)));

function experimentOf({ inputs, layers }: { inputs: Record<string, { shape: number[] }>; layers: object[] }) {
  const data = Object.entries(inputs).map(([name, { shape }]) => [name, zeros([2, ...shape])]);
  const parsed = parseExperiment({
    network: { inputs, layers },
    data: { type: 'inline', inputs: Object.fromEntries(data), targets: [0, 1], validation_split: 0 },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', steps: 1 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

test.each([
  ['an image and features', network],
  ['a sequence and features, which broadcast', wide],
])('%s', { skip: !hasTorch }, async (_what, given) => {
  const experiment = experimentOf(given);
  const { pytorch, keras } = codeOf(experiment);
  const drawn = Object.values(given.inputs).map(({ shape }) => `torch.randn(5, ${shape.join(', ')})`);
  const program = `import torch\nfrom torch import nn\n${pytorch}\nprint(list(model(${drawn.join(', ')}).shape))`;
  const { stdout, stderr } = await runTorch(program);
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe('[5, 1]');
  expect(keras).toContain('model = keras.Model([');
});
