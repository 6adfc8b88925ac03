/** @file An experiment as PyTorch and Keras code, made from the parts’ own names in these libraries. */

import { type Experiment, placedLayers, planExperiment, resolveLoss } from '../experiment/index.ts';
import {
  type BuiltLayer,
  type ClippingPart,
  clippingParts,
  featureAxis,
  type InitializerPart,
  initializerParts,
  type LayerCode,
  type OptimizerPart,
  optimizerParts,
  type PlacedLayer,
  resolvePart,
} from '../network/index.ts';
import { present } from '../util/assert.ts';

const empty: LayerCode = { pytorch: [], keras: [] };

const join = (codes: readonly LayerCode[]): LayerCode => ({
  pytorch: codes.flatMap(({ pytorch }) => pytorch),
  keras: codes.flatMap(({ keras }) => keras),
});

function featuresOf(shape: readonly number[]): number {
  return [1, ...shape][featureAxis([1, ...shape])] ?? 1;
}

function layerCode(layer: PlacedLayer, built: ReadonlyMap<string, BuiltLayer>): LayerCode {
  const { input_shape, output_shape } = present(built.get(layer.name), layer.name);
  return layer.part.code(layer.options, {
    features: featuresOf(output_shape),
    inputFeatures: featuresOf(input_shape),
    inputShape: input_shape,
    outputShape: output_shape,
    body: layer.body.length === 0 ? empty : join(layer.body.map((inner) => layerCode(inner, built))),
  });
}

/** Neighbouring equal lines as one, with a count: twelve copies of a layer are one line of code. */
function fold(lines: readonly string[], width: number): string[] {
  const folded: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const unit = lines.slice(i, i + width).join(', ');
    let count = 1;
    while (lines.slice(i + count * width, i + (count + 1) * width).join(', ') === unit && unit !== '')
      count++;
    if (count > 1 && lines.length >= i + count * width) {
      folded.push(`*[layer for _ in range(${count}) for layer in (${unit},)]`);
      i += count * width;
    } else {
      folded.push(present(lines[i]));
      i++;
    }
  }
  return folded;
}

const shortest = (lines: readonly string[]): string[] =>
  [1, 2, 3, 4]
    .map((width) => fold(lines, width))
    .reduce((best, next) => (next.length < best.length ? next : best));

const block = (lines: readonly string[]): string => lines.map((line) => `    ${line},`).join('\n');

/** PyTorch statements that initialize each linear layer's kernel, or bias. */
function initializers(experiment: Experiment, tensor: 'kernel' | 'bias'): string[] {
  const found = planExperiment(experiment).parameters.filter(({ name }) => name.endsWith(tensor));
  return found.map(({ initializer }) => {
    const { part, options } = resolvePart(
      initializerParts as unknown as readonly InitializerPart[],
      initializer,
    );
    return part.pytorch(options);
  });
}

/** One loop for each run of equal initializers, kernels in order of appearance; biases likewise. */
function torchInitialization(experiment: Experiment): string[] {
  const lines = ['linears = [module for module in model.modules() if isinstance(module, nn.Linear)]'];
  for (const [tensor, attribute] of [
    ['kernel', 'weight'],
    ['bias', 'bias'],
  ] as const) {
    const codes = initializers(experiment, tensor);
    for (let from = 0; from < codes.length; ) {
      let to = from + 1;
      while (to < codes.length && codes[to] === codes[from]) to++;
      const range = from === 0 && to === codes.length ? '' : `[${from}:${to}]`;
      lines.push(`for module in linears${range}:`, `    w = module.${attribute}`, `    ${codes[from]}`);
      from = to;
    }
  }
  return lines;
}

function helpers(lines: readonly string[]): string[] {
  const text = lines.join('\n');
  const expression = [
    'class Expression(nn.Module):',
    '    def __init__(self, f): super().__init__(); self.f = f',
    '    def forward(self, x): return self.f(x)',
    '',
  ];
  const residual = [
    'class Residual(nn.Module):',
    '    def __init__(self, body, projection=nn.Identity()):',
    '        super().__init__(); self.body, self.projection = body, projection',
    '    def forward(self, x): return self.projection(x) + self.body(x)',
    '',
  ];
  return [
    ...(text.includes('Expression(') ? expression : []),
    ...(text.includes('Residual(') ? residual : []),
  ];
}

function kerasHelpers(lines: readonly string[]): string[] {
  if (!lines.join('\n').includes('Residual(')) return [];
  return [
    'class Residual(keras.Layer):',
    '    def __init__(self, body, projection=None):',
    '        super().__init__(); self.body = keras.Sequential(body); self.projection = projection or layers.Identity()',
    '    def call(self, x, training=None): return self.projection(x) + self.body(x, training=training)',
    '',
  ];
}

/** The network and its training as code for both libraries. */
export function codeOf(experiment: Experiment): { pytorch: string; keras: string } {
  const built = new Map(planExperiment(experiment).layers.map((layer) => [layer.name, layer]));
  const lines = join(placedLayers(experiment).map((layer) => layerCode(layer, built)));
  const { training } = experiment;
  const optimizer = resolvePart(optimizerParts as unknown as readonly OptimizerPart[], training.optimizer);
  const loss = resolveLoss(experiment);
  const clipping =
    training.gradient_clipping === null
      ? null
      : resolvePart(clippingParts as unknown as readonly ClippingPart[], training.gradient_clipping);
  const { l1, l2 } = training.regularization;
  const penalty = [
    ...(l1 > 0
      ? [
          `loss = loss + ${l1} * sum(m.weight.abs().sum() for m in model.modules() if isinstance(m, nn.Linear))`,
        ]
      : []),
    ...(l2 > 0
      ? [
          `loss = loss + ${l2} * sum((m.weight ** 2).sum() for m in model.modules() if isinstance(m, nn.Linear))`,
        ]
      : []),
  ];
  const pytorch = [
    ...helpers(lines.pytorch),
    `model = nn.Sequential(\n${block(shortest(lines.pytorch))}\n)`,
    ...torchInitialization(experiment),
    `loss_function = ${loss.part.pytorch(loss.options)}`,
    `optimizer = ${optimizer.part.pytorch(optimizer.options)}`,
    ...(penalty.length > 0 ? ['# in the training loop, before loss.backward():', ...penalty] : []),
    ...(clipping === null
      ? []
      : ['# in the training loop, before optimizer.step():', clipping.part.pytorch(clipping.options)]),
  ];
  const clipArgument = clipping?.part.keras(clipping.options) ?? null;
  const regularizer =
    l1 > 0 || l2 > 0 ? `, kernel_regularizer=keras.regularizers.L1L2(l1=${l1}, l2=${l2})` : '';
  // The regularizer is an argument of every dense layer, as the penalty is over every kernel.
  const dense = lines.keras.map((line) =>
    line.replaceAll(/layers\.Dense\((\d+)/g, `layers.Dense($1${regularizer}`),
  );
  const kerasOptimizer = optimizer.part.keras(optimizer.options);
  const keras = [
    ...kerasHelpers(lines.keras),
    `model = keras.Sequential([\n${block(shortest(dense))}\n])`,
    `model.compile(\n    optimizer=${clipArgument === null ? kerasOptimizer : kerasOptimizer.replace(/\)$/, `, ${clipArgument})`)},\n    loss=${loss.part.keras(loss.options)},\n)`,
  ];
  return { pytorch: pytorch.join('\n'), keras: keras.join('\n') };
}
