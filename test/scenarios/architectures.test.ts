/** @file The networks of examples/architectures: each trains, is drawn by theory or told why not, and has code that runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inputsOf, parseExperiment } from '../../src/experiment/index.ts';
import { codeOf } from '../../src/export/index.ts';
import { predict } from '../../src/preflight/index.ts';
import { train } from '../../src/training/index.ts';
import { hasTorch } from '../python.ts';
import { runTorch } from '../torch.ts';

const folder = new URL('../../examples/architectures/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

function parse(file: string) {
  const parsed = parseExperiment(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
  if (!parsed.ok) throw new Error(`${file}: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}

it.each(files)('%s trains: the loss of its training split falls by a tenth at least', async (file) => {
  const { experiment } = parse(file);
  const trained = await train(experiment, 0);
  if (!trained.ok) throw new Error(trained.error.code);
  const { initial, final, divergence } = trained.value;
  expect(divergence).toBeNull();
  expect(final.loss).toBeLessThan(0.9 * initial.loss);
});

it.each(files)('%s has a forecast for every layer, or the reason why not', (file) => {
  const { experiment, plan } = parse(file);
  const { layers } = predict(experiment, plan);
  expect(layers.map(({ layer }) => layer)).toEqual(plan.layers.map(({ name }) => name));
  for (const { predicted_gradient_rms, reason } of layers)
    expect(predicted_gradient_rms === null).toBe(reason !== null);
});

it('all have PyTorch code that gives their output shape', { skip: !hasTorch }, async () => {
  const programs = files.map((file) => {
    const { experiment, plan } = parse(file);
    const inputs = inputsOf(experiment).map(({ shape, dtype }) => {
      const sizes = [3, ...shape].join(', ');
      return dtype === 'token' ? `torch.randint(4, (${sizes},))` : `torch.randn(${sizes})`;
    });
    // Recurrent modules of PyTorch have a second bias.
    const recurrent = /RNN|LSTM|GRU/.test(codeOf(experiment).pytorch);
    const check = `shape = list(model(${inputs.join(', ')}).shape)
count = sum(w.numel() for w in model.parameters())
assert shape == [3, ${plan.output_shape.join(', ')}], ("${file}", shape)
assert count ${recurrent ? '>=' : '=='} ${plan.parameter_count}, ("${file}", count)`;
    return `${codeOf(experiment).pytorch}\n${check}\n`;
  });
  const input = `import torch\nfrom torch import nn\n${programs.join('\n')}print("done")`;
  const { stdout, stderr } = await runTorch(input);
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe('done');
});
