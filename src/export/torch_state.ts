/** @file Weights as the state dict of the PyTorch model that the generated code makes: its names, shapes and orders. */
import { type Experiment, inputsOf, placedLayers } from '../experiment/index.ts';
import { GraphBuilder } from '../graph/index.ts';
import { BODY_INPUT, type BuiltLayer, buildNetwork, type PlacedLayer } from '../network/index.ts';
import { present } from '../util/assert.ts';
import { fail, ok, type Result } from '../util/result.ts';
import type { NamedTensor } from '../util/safetensors.ts';
import { transpose } from '../util/transpose.ts';
import { isChain, PythonNames, sequenceOf } from './code_graph.ts';
import { contextOf, emptyCode } from './layer_code.ts';
import { fields, type Leaf, leavesOf, marked } from './torch_modules.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** [in, out] → [out, in] */
const swapped = (kernel: NamedTensor): NamedTensor => transpose(kernel, [1, 0]);

const reshaped = ({ data }: NamedTensor, shape: readonly number[]): NamedTensor => ({ shape, data });

/** [filters, in/groups, …] → [in, filters/groups, …] */
function inputsFirst(kernel: NamedTensor, groups: number): NamedTensor {
  const [filters = 1, inner = 1, ...window] = kernel.shape;
  const apart = reshaped(kernel, [groups, filters / groups, inner, ...window]);
  const order = [0, 2, 1, ...window.map((_, axis) => axis + 3)];
  return reshaped(transpose(apart, order), [groups * inner, filters / groups, ...window]);
}

/** Equal blocks of the first axis in another order. */
function reordered({ shape, data }: NamedTensor, order: readonly number[]): NamedTensor {
  const block = data.length / order.length;
  const out = new Float32Array(data.length);
  for (const [to, from] of order.entries())
    out.set(data.subarray(from * block, (from + 1) * block), to * block);
  return { shape, data: out };
}

/** The tensors of a layer by local name; what was taken is gone. */
class Tensors {
  readonly #left: Map<string, NamedTensor>;

  constructor(own: ReadonlyMap<string, NamedTensor>) {
    this.#left = new Map(own);
  }

  get names(): string[] {
    return [...this.#left.keys()];
  }

  /** The first that is left with this name, whatever stands before it, within `scope`. */
  take(name: string, scope = ''): NamedTensor | null {
    const found = this.names.find((own) => own.startsWith(scope) && own.endsWith(name));
    if (found === undefined) return null;
    const tensor = present(this.#left.get(found));
    this.#left.delete(found);
    return tensor;
  }
}

type State = Readonly<Record<string, NamedTensor | null>>;

const has = ({ module }: Leaf, argument: string): boolean => module.arguments.includes(argument);

const numbersIn = (text = ''): number[] => (text.match(/\d+/g) ?? []).map(Number);

const named = ({ module }: Leaf, name: string): number | null => {
  const given = module.arguments.find((argument) => argument.startsWith(`${name}=`));
  return given === undefined ? null : Number(given.slice(name.length + 1));
};

const swappedOrNone = (kernel: NamedTensor | null) => (kernel === null ? null : swapped(kernel));

const linear = (leaf: Leaf, tensors: Tensors): State => ({
  weight: swappedOrNone(tensors.take('kernel')),
  bias: has(leaf, 'bias=False') ? null : tensors.take('bias'),
});

const convolution = (leaf: Leaf, tensors: Tensors): State => ({
  weight: tensors.take('kernel'),
  bias: has(leaf, 'bias=False') ? null : tensors.take('bias'),
});

function transposedConvolution(leaf: Leaf, tensors: Tensors): State {
  const { weight, ...rest } = convolution(leaf, tensors);
  return { ...rest, weight: weight == null ? null : inputsFirst(weight, named(leaf, 'groups') ?? 1) };
}

const normalization = (_leaf: Leaf, tensors: Tensors): State => ({
  weight: tensors.take('gamma'),
  bias: tensors.take('beta'),
  running_mean: tensors.take('moving_mean'),
  running_var: tensors.take('moving_variance'),
});

/** Scales of every element, where here there is one for each channel. */
function spread(scale: NamedTensor | null, shape: readonly number[]): NamedTensor | null {
  if (scale === null || scale.data.length === sizeOf(shape)) return scale;
  const block = sizeOf(shape) / scale.data.length;
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    present(scale.data[Math.floor(i / block)]),
  );
  return { shape, data };
}

/** @param order of the gates: the place here of each of theirs */
const recurrent =
  (order: readonly number[]) =>
  (leaf: Leaf, tensors: Tensors): State => {
    const scope = leaf.path.includes('ahead.')
      ? 'forward/'
      : leaf.path.includes('behind.')
        ? 'backward/'
        : '';
    const rows = (tensor: NamedTensor | null) => (tensor === null ? null : reordered(tensor, order));
    const recurrentKernel = tensors.take('recurrent_kernel', scope);
    const kernel = tensors.take('kernel', scope);
    // Theirs have two biases, which they add; here the second is often not there.
    const second = tensors.take('recurrent_bias', scope);
    const bias = tensors.take('bias', scope);
    const zeros = bias === null ? null : { shape: bias.shape, data: new Float32Array(bias.data.length) };
    return {
      // Its name ends as that of the other does.
      'gate.weight': tensors.take('recurrent_activation/slope', scope),
      'act.weight': tensors.take('slope', scope),
      weight_ih_l0: rows(swappedOrNone(kernel)),
      weight_hh_l0: rows(swappedOrNone(recurrentKernel)),
      bias_ih_l0: rows(bias),
      bias_hh_l0: rows(second ?? zeros),
    };
  };

const attention = (_leaf: Leaf, tensors: Tensors): State => ({
  'positions.weight': tensors.take('relative_bias/table'),
  ...Object.fromEntries(
    ['query', 'key', 'value', 'output'].flatMap((part) => [
      [`${part}.weight`, swappedOrNone(tensors.take(`${part}/kernel`))],
      [`${part}.bias`, tensors.take(`${part}/bias`)],
    ]),
  ),
});

/** sin and cos of t / 10000^((i − i mod 2) / features) at even and odd i: Vaswani et al. 2017, section 3.5. */
function sinusoids(time: number, features: number): NamedTensor {
  const data = Float32Array.from({ length: time * features }, (_, at) => {
    const i = at % features;
    const angle = Math.floor(at / features) / 10_000 ** ((i - (i % 2)) / features);
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return { shape: [time, features], data };
}

function positions({ module }: Leaf, tensors: Tensors): State {
  const [time = 1, features = 1] = module.arguments.map(Number);
  return { table: tensors.take('table') ?? sinusoids(time, features) };
}

/** By the mode of PyTorch's recurrent modules: here a GRU has z, r, h; there r, z, n. */
const gateOrders = { RNN: [0], LSTM: [0, 1, 2, 3], GRU: [1, 0, 2] } as const;

/** `StepByStep("GRU", …)` has the parameters of PyTorch's module of this mode. */
function stepByStep(leaf: Leaf, tensors: Tensors): State {
  const mode = (JSON.parse(leaf.module.arguments[0] ?? '""') as string).replace(/_.*/, '');
  return recurrent(gateOrders[mode as keyof typeof gateOrders])(leaf, tensors);
}

type StateOf = (leaf: Leaf, tensors: Tensors) => State;

/** By module: its tensors, of those of the layer. */
const states: Readonly<Record<string, StateOf>> = {
  'nn.Linear': linear,
  'nn.Conv1d': convolution,
  'nn.Conv2d': convolution,
  'nn.Conv3d': convolution,
  'nn.ConvTranspose1d': transposedConvolution,
  'nn.ConvTranspose2d': transposedConvolution,
  'nn.BatchNorm1d': normalization,
  'nn.BatchNorm2d': normalization,
  'nn.BatchNorm3d': normalization,
  'nn.LayerNorm': normalization,
  'nn.GroupNorm': normalization,
  'nn.RMSNorm': ({ module }, tensors) => ({
    weight: spread(tensors.take('gamma'), numbersIn(module.arguments[0])),
  }),
  'nn.PReLU': (_leaf, tensors) => ({ weight: tensors.take('slope') }),
  'nn.Embedding': (_leaf, tensors) => ({ weight: tensors.take('table') }),
  TiedLinear: (leaf, tensors) => ({ bias: has(leaf, 'bias=False') ? null : tensors.take('bias') }),
  'nn.RNN': recurrent(gateOrders.RNN),
  'nn.LSTM': recurrent(gateOrders.LSTM),
  'nn.GRU': recurrent(gateOrders.GRU),
  StepByStep: stepByStep,
  MaskedBatchNorm: normalization,
  SelfAttention: attention,
  MultiHeadAttention: attention,
  ClassToken: (_leaf, tensors) => ({ token: tensors.take('token') }),
  LayerScale({ module }, tensors) {
    const gamma = tensors.take('gamma');
    return { gamma: gamma === null ? null : reshaped(gamma, numbersIn(module.arguments[0])) };
  },
  PositionalEmbedding: positions,
};

/** Modules without tensors: activations, dropout, pooling, shapes. */
const WITHOUT_TENSORS = new RegExp(
  '^nn\\.(Identity|Flatten|Unflatten|Upsample|(Constant|Reflection|Replication)Pad\\dd|Dropout\\dd|Dropout|(Adaptive)?(Avg|Max)Pool\\dd|' +
    '[A-Za-z]*ReLU6?|[CS]?ELU|GELU|SiLU|Mish|Tanh|Sigmoid|Softmax|Softplus|Softsign|Hard[a-z]+)$|' +
    '^(Add|AuxiliaryLoss|Outputs|Average|Subtract|Multiply|Maximum|Dot|Concatenate|Expression|GaussianNoise|Masking|MaskedMean|MaskedMax|DropPath|Padded|Transpose)$',
);

const noTensors: StateOf = () => ({});

const stateOf = (type: string): StateOf | null =>
  states[type] ?? (WITHOUT_TENSORS.test(type) ? noTensors : null);

/** Bodies and networks that are no chain, or in which masks are handed on, are classes with the layers as attributes. */
class ModelText {
  readonly #built: ReadonlyMap<string, BuiltLayer>;

  constructor(built: readonly BuiltLayer[]) {
    this.#built = new Map(built.map((layer) => [layer.name, layer]));
  }

  readonly #builtOf = ({ name }: PlacedLayer): BuiltLayer => present(this.#built.get(name), name);

  /** The model as one call, every module with the layer that it belongs to. */
  of(layers: readonly PlacedLayer[], inputs: readonly string[]): string {
    if (!isChain(layers, inputs.length) || this.#isMasked(layers)) return this.#fields(layers, inputs);
    return `nn.Sequential(${layers.flatMap(this.#lines).join(', ')})`;
  }

  #isMasked = (layers: readonly PlacedLayer[]): boolean =>
    layers.some((layer) => {
      const { mask, masked_inputs } = this.#builtOf(layer);
      return mask !== null || masked_inputs.includes(true) || this.#isMasked(layer.body);
    });

  #body(layer: PlacedLayer): readonly string[] {
    const { body } = layer;
    const isTaken = layer.type === 'residual' && this.#builtOf(layer).masked_inputs[0] === true;
    const isPlain = isChain(body, 1) && !isTaken && !this.#isMasked(body);
    return isPlain ? body.flatMap(this.#lines) : [this.#fields(body, [BODY_INPUT])];
  }

  readonly #lines = (layer: PlacedLayer): string[] => {
    const code = layer.body.length === 0 ? emptyCode : { ...emptyCode, pytorch: this.#body(layer) };
    const { pytorch } = layer.part.code(contextOf(this.#builtOf(layer), code));
    return pytorch.map((line) => marked(layer.name, line));
  };

  #fields(layers: readonly PlacedLayer[], inputs: readonly string[]): string {
    const names = new PythonNames();
    for (const input of inputs) names.of(input);
    const named = layers.map((layer) => [layer, names.of(layer.name)] as const);
    return fields(
      named.flatMap(([layer, name]) =>
        layer.weights === layer.name ? [[name, sequenceOf(this.#lines(layer))] as const] : [],
      ),
    );
  }
}

/**
 * What `model.load_state_dict` takes, `model` being that of the generated code.
 * @param weights every parameter and running average, by name
 * @returns or the names of weights that the generated model has no place for, and of classes whose tensors are not known here
 */
export function torchState(
  experiment: Pick<Experiment, 'network'>,
  weights: ReadonlyMap<string, NamedTensor>,
): Result<Map<string, NamedTensor>, readonly string[]> {
  const placed = placedLayers(experiment);
  const inputs = inputsOf(experiment);
  const g = new GraphBuilder();
  const tensors = new Map(inputs.map(({ name, shape }) => [name, g.input(name, [1, ...shape])]));
  const { layers } = buildNetwork(g, placed, tensors, 'inference');
  const byLayer = new Map(
    layers.map(({ name }) => {
      const own = [...weights].filter(([key]) => key.startsWith(`${name}/`));
      return [name, new Tensors(new Map(own.map(([key, value]) => [key.slice(name.length + 1), value])))];
    }),
  );
  const state = new Map<string, NamedTensor>();
  const unknown: string[] = [];
  const text = new ModelText(layers).of(
    placed,
    inputs.map(({ name }) => name),
  );
  for (const leaf of leavesOf(text)) {
    const stateOfLeaf = stateOf(leaf.module.type);
    if (stateOfLeaf === null) unknown.push(`modules of the class ${leaf.module.type} (${leaf.layer})`);
    const found = stateOfLeaf?.(leaf, present(byLayer.get(leaf.layer))) ?? {};
    for (const [key, tensor] of Object.entries(found))
      if (tensor !== null) state.set(leaf.path + key, tensor);
  }
  const left = [...byLayer].flatMap(([layer, own]) => own.names.map((name) => `${layer}/${name}`));
  return left.length + unknown.length > 0 ? fail([...unknown, ...left]) : ok(state);
}
