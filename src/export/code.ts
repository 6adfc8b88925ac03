/** @file An experiment as PyTorch and Keras code, made from the parts’ own names in these libraries. */

import {
  type Experiment,
  inputsOf,
  type Plan,
  placedLayers,
  planExperiment,
  resolveLoss,
} from '../experiment/index.ts';
import {
  BODY_INPUT,
  type BuiltLayer,
  clippingKind,
  initializerKind,
  type LayerCode,
  type Loss,
  optimizerKind,
  type Parameter,
  type PlacedLayer,
} from '../network/index.ts';
import { present } from '../util/assert.ts';
import { type CodedLayer, isChain, kerasFunction, kerasModel, torchModule } from './code_graph.ts';
import {
  auxiliaryWeights,
  hasPenalty,
  isLossMasked,
  isWeighted,
  kerasLoss,
  weightedLoss,
} from './code_loss.ts';
import { kerasHelpers } from './keras_helpers.ts';
import { kerasTraining } from './keras_training.ts';
import { contextOf, emptyCode } from './layer_code.ts';
import { torchFunctionsOf, torchHelpers } from './torch_helpers.ts';
import { torchInitialization } from './torch_initialization.ts';
import { torchTraining } from './torch_training.ts';

const join = (codes: readonly LayerCode[]): LayerCode => ({
  pytorch: codes.flatMap(({ pytorch }) => pytorch),
  keras: codes.flatMap(({ keras }) => keras),
});

/** Code of layers, and of the classes and functions that it needs: bodies that are no chain. */
class Coder {
  readonly classes: string[] = [];
  readonly functions: string[] = [];
  readonly #built: ReadonlyMap<string, BuiltLayer>;

  readonly #biases: ReadonlyMap<string, Parameter>;

  constructor({ layers, parameters }: Pick<Plan, 'layers' | 'parameters'>) {
    const biases = parameters.filter(({ tensor }) => /(?<!recurrent_)bias$/.test(tensor));
    this.#biases = new Map(biases.map((bias) => [bias.layer, bias]));
    this.#built = new Map(layers.map((layer) => [layer.name, layer]));
  }

  layer(layer: PlacedLayer): LayerCode {
    const body = layer.body.length === 0 ? emptyCode : this.#body(layer);
    const code = layer.part.code(contextOf(this.#builtOf(layer), body));
    return { ...code, keras: this.#withBias(layer, code.keras) };
  }

  readonly #builtOf = ({ name }: PlacedLayer): BuiltLayer => present(this.#built.get(name), name);

  /** Keras takes the size of a bias for its fans; here they are those of the kernel. */
  #withBias({ name }: PlacedLayer, lines: readonly string[]): readonly string[] {
    const bias = this.#biases.get(name);
    if (bias === undefined) return lines;
    const initializer = initializerKind.resolve(bias.initializer);
    const [given, meant] = [initializer.keras, initializer.kerasVector(bias)].map(
      (expression) => `bias_initializer=${expression}`,
    );
    return lines.map((line) => line.replaceAll(given as string, meant as string));
  }

  all = (layers: readonly PlacedLayer[]): CodedLayer[] =>
    layers.map((layer) => {
      const { input_shapes: inputShapes, output_shape: outputShape } = this.#builtOf(layer);
      const code = layer.weights === layer.name ? this.layer(layer) : emptyCode;
      return { layer, code, shapes: { inputShapes, outputShape } };
    });

  #isMasked = (layers: readonly PlacedLayer[]): boolean =>
    layers.some((layer) => {
      const { mask, masked_inputs } = this.#builtOf(layer);
      return mask !== null || masked_inputs.includes(true) || this.#isMasked(layer.body);
    });

  #body(layer: PlacedLayer): LayerCode {
    const { name, body } = layer;
    const layers = this.all(body);
    const first = this.#builtOf(present(body[0]));
    const shape = first.input_shape;
    // The sum takes part in the masks; what is applied to single time steps does not.
    const isTaken = layer.type === 'residual' && this.#builtOf(layer).masked_inputs[0] === true;
    const isPlain = isChain(body, 1) && !isTaken && !this.#isMasked(body);
    if (isPlain) return join(layers.map(({ code }) => code));
    const own = `body_of_${name.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
    const input = { name: BODY_INPUT, shape, dtype: 'float32' } as const;
    this.classes.push(torchModule(own, [input], layers, isTaken ? 'taken' : null));
    this.functions.push(kerasFunction(own, [input], layers));
    return { pytorch: [`${own}()`], keras: [`${own}()`] };
  }
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

/** Scales and biases have one axis; tables are not kernels. */
const TORCH_KERNELS =
  'kernels = [w for m in model.modules() if not isinstance(m, nn.Embedding)\n' +
  '           for n, w in m.named_parameters(recurse=False) if n.startswith("weight") and w.dim() > 1]';

/** The penalty is over every kernel: the regularizer is an argument of every layer that has one. */
function regularized(line: string, { l1, l2 }: Experiment['training']['regularization']): string {
  if (l1 === 0 && l2 === 0) return line;
  const regularizer = `keras.regularizers.L1L2(l1=${l1}, l2=${l2})`;
  return line.replaceAll(
    /(?:layers\.(Dense|Conv\dD|SimpleRNN|LSTM|GRU|MultiHeadAttention)|ScoredAttention)\((\d+(?:, \d+){0,2})/g,
    (call, type = '') =>
      `${call}, kernel_regularizer=${regularizer}${/RNN|LSTM|GRU/.test(type) ? `, recurrent_regularizer=${regularizer}` : ''}`,
  );
}

/** PyTorch has the classes of a sequence before the time. */
const torchLoss = ({ target, pytorch }: Loss, axes: number): string =>
  target === 'classes' && axes > 1 ? `lambda p, t: (${pytorch})(p.transpose(1, -1), t)` : pytorch;

const imported = (code: string, imports: Readonly<Record<string, string>>): string[] =>
  Object.entries(imports)
    .filter(([name]) => new RegExp(`(?<![\\w.])${name}\\.`).test(code))
    .map(([, line]) => line);

const TORCH_IMPORTS = { math: 'import math', torch: 'import torch', nn: 'from torch import nn' };
const KERAS_IMPORTS = {
  math: 'import math',
  np: 'import numpy as np',
  keras: 'import keras',
  layers: 'from keras import layers',
};

/** The code, behind the imports that it needs. */
const complete = (lines: readonly string[], imports: Readonly<Record<string, string>>): string => {
  const code = lines.join('\n');
  return [...imported(code, imports), code].join('\n');
};

/** One loss, or that of each output with what it weighs. */
const kerasLosses = (loss: string, others: readonly number[]): string =>
  others.length === 0
    ? `loss=${loss}`
    : `loss=[${loss}] * ${others.length + 1},\n    loss_weights=[1, ${others.join(', ')}]`;

/** The network and its training as code for both libraries. */
export function codeOf(experiment: Experiment): { pytorch: string; keras: string } {
  const placed = placedLayers(experiment);
  const inputs = inputsOf(experiment);
  const { layers, output_shape } = planExperiment(experiment);
  const coder = new Coder(planExperiment(experiment));
  const coded = coder.all(placed);
  const lines = join(coded.map(({ code }) => code));
  const isMasked = layers.some(({ mask, masked_inputs }) => mask !== null || masked_inputs.includes(true));
  const chain = isChain(placed, inputs.length);
  const { training } = experiment;
  const optimizer = optimizerKind.resolve(training.optimizer);
  const loss = resolveLoss(experiment);
  const clipping =
    training.gradient_clipping === null ? null : clippingKind.resolve(training.gradient_clipping);
  const { l1, l2 } = training.regularization;
  const penalty = [
    ...(l1 > 0 ? [`${l1} * sum(w.abs().sum() for w in kernels)`] : []),
    ...(l2 > 0 ? [`${l2} * sum((w ** 2).sum() for w in kernels)`] : []),
    ...(hasPenalty(experiment) ? ['sum(m.added for m in model.modules() if isinstance(m, Penalty))'] : []),
  ];
  const trained = torchTraining(experiment);
  const torch = [...lines.pytorch, ...coder.classes].join('\n');
  const pytorch = [
    ...torchHelpers(torch),
    ...coder.classes,
    ...(chain && !isMasked
      ? [`model = nn.Sequential(\n${block(shortest(lines.pytorch))}\n)`]
      : [torchModule('Network', inputs, coded, 'kept'), 'model = Network()']),
    ...torchInitialization(experiment, torch),
    ...(isWeighted(experiment) || isLossMasked(experiment)
      ? weightedLoss(experiment, (code) => torchLoss({ ...loss, pytorch: code }, output_shape.length))
      : [`loss_function = ${torchLoss(loss, output_shape.length)}`]),
    `optimizer = ${optimizer.pytorch}`,
    ...(l1 > 0 || l2 > 0 ? [TORCH_KERNELS] : []),
    ...(auxiliaryWeights(experiment).length > 0
      ? [
          'auxiliary = lambda target: sum(m.weight * loss_function(m.kept, target) for m in model.modules() if isinstance(m, AuxiliaryLoss))',
        ]
      : []),
    ...(penalty.length > 0 ? [`penalty = lambda: ${penalty.join(' + ')}`] : []),
    ...torchFunctionsOf(trained.join('\n')),
    ...trained,
  ];
  const clipArgument = clipping?.keras ?? null;
  const withPenalty = (line: string) => regularized(line, training.regularization);
  const kerasOptimizer = optimizer.keras;
  const weighed = kerasLoss(experiment);
  const keras = [
    ...kerasHelpers([...lines.keras, ...coder.functions].join('\n')),
    ...coder.functions.map(withPenalty),
    chain
      ? `model = keras.Sequential([\n${block(shortest(lines.keras.map(withPenalty)))}\n])`
      : withPenalty(kerasModel(inputs, coded)),
    ...weighed.lines,
    `model.compile(\n    optimizer=${clipArgument === null ? kerasOptimizer : kerasOptimizer.replace(/\)$/, `, ${clipArgument})`)},\n    ${kerasLosses(weighed.loss, auxiliaryWeights(experiment))},\n)`,
    ...kerasTraining(experiment),
  ];
  return { pytorch: complete(pytorch, TORCH_IMPORTS), keras: complete(keras, KERAS_IMPORTS) };
}
