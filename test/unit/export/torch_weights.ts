/** @file Runs the `train` of generated PyTorch code from given weights: places them in the modules as the generated code names these. */
import { type Experiment, planExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';
import { familyOf } from '../../../src/network/index.ts';
import type { NamedTensor } from '../../../src/util/safetensors.ts';
import { runTorch } from '../../torch.ts';

/** Kernels of units in columns, gates in the order z, r, h of a GRU. */
const RUN = `
import json, sys
import numpy, torch
from torch import nn
def reordered(w, mode):
    if mode != "GRU": return w
    z, r, h = w.chunk(3)
    return torch.cat([r, z, h])
def fill(model, tensors):
    lists = {}
    inside = lambda types: [m for m in model.modules() if isinstance(m, types)]
    products = inside((nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d))
    loops = inside(nn.RNNBase)
    tables = [m for m in model.modules() if isinstance(m, nn.Embedding) or type(m).__name__ == "PositionalEmbedding" and m.table.requires_grad]
    places = {
        "kernel": iter(products), "bias": iter([m for m in products if m.bias is not None]), "table": iter(tables),
        "loop kernel": iter(loops), "loop recurrent_kernel": iter(loops), "loop bias": iter([m for m in loops if m.bias]),
        "loop recurrent_bias": iter([m for m in loops if m.bias and not getattr(m, "reset_first", False)]),
    }
    for place, shape, data in tensors:
        value = torch.tensor(data, dtype=torch.float32).reshape(shape)
        module = next(places[place])
        if place == "table":
            w = module.weight if isinstance(module, nn.Embedding) else module.table
        elif place == "kernel":
            w, value = module.weight, value.T if isinstance(module, nn.Linear) else value
        elif place == "bias":
            w = module.bias
        else:
            name = {"kernel": "weight_ih_l0", "recurrent_kernel": "weight_hh_l0", "bias": "bias_ih_l0", "recurrent_bias": "bias_hh_l0"}
            w = getattr(module, name[place[5:]])
            value = reordered(value.T if value.dim() > 1 else value, module.mode)
        assert w.shape == value.shape, (place, w.shape, value.shape)
        w.data = value.clone()
results = {}
for name, (code, tensors, arrays) in json.load(sys.stdin).items():
    try:
        scope = {}
        exec(code, scope)
        fill(scope["model"], tensors)
        results[name] = scope["train"](*[numpy.array(array) for array in arrays])
    except Exception as error:
        results[name] = f"{type(error).__name__}: {error}"
print(json.dumps(results))
`;

/** Where a parameter stands in the modules; null where PyTorch starts it with the same number. */
function placeOf(tensor: string, isLoop: boolean): string | null {
  const own = tensor.replace(/^(forward|backward)\//, '');
  if (isLoop) return `loop ${own}`;
  if (own.endsWith('kernel')) return 'kernel';
  if (own.endsWith('bias')) return 'bias';
  return own === 'table' ? 'table' : null;
}

export interface TorchRun {
  readonly experiment: Experiment;
  readonly weights: ReadonlyMap<string, NamedTensor>;
  readonly arrays: readonly unknown[];
}

/** The losses of each step, or the error of Python; by the names of the runs. */
export async function trainInTorch(
  runs: Readonly<Record<string, TorchRun>>,
): Promise<Record<string, number[] | string>> {
  const given = Object.entries(runs).map(([name, { experiment, weights, arrays }]) => {
    const { parameters, layers } = planExperiment(experiment);
    const loops = new Set(layers.filter(({ type }) => familyOf(type) === 'recurrent').map((one) => one.name));
    const tensors = parameters.flatMap(({ name: full, layer, tensor }) => {
      const place = placeOf(tensor, loops.has(layer));
      const value = weights.get(full);
      return place === null || value === undefined ? [] : [[place, value.shape, [...value.data]]];
    });
    return [name, [codeOf(experiment).pytorch, tensors, arrays]];
  });
  const { stdout, stderr } = await runTorch(RUN, JSON.stringify(Object.fromEntries(given)));
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}
