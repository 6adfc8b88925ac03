/** @file PyTorch statements that initialize a network as the experiment says: PyTorch's modules take no initializers. */
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { familyOf, initializerKind, type Parameter } from '../network/index.ts';
import { present } from '../util/assert.ts';

/** Modules that hold a tensor, the tensor's name there, and the parameters here that it stands for. */
interface Place {
  readonly variable: string;
  readonly modules: string;
  readonly attribute: string;
  readonly holds: (parameter: Placed) => boolean;
}

type Placed = Pick<
  Parameter,
  'name' | 'layer' | 'tensor' | 'initializer' | 'ones' | 'shape' | 'fanIn' | 'fanOut'
>;

const isInstance = (types: string, more = '') =>
  `[m for m in model.modules() if isinstance(m, ${types})${more}]`;
const products = isInstance(
  '(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d)',
);
const recurrent = isInstance('nn.RNNBase');

/**
 * @param loops names of the recurrent layers
 * @param borrowing those whose kernel is that of another layer
 */
const places = (loops: ReadonlySet<string>, borrowing: ReadonlySet<string>): readonly Place[] => {
  const isBorrowing = ({ name }: Placed) => borrowing.has(layerOf(name));
  const inLoop = ({ name }: Placed) => loops.has(layerOf(name));
  const ends = (suffix: string) => (parameter: Placed) =>
    !inLoop(parameter) && !isBorrowing(parameter) && parameter.tensor.endsWith(suffix);
  const loop = (tensor: string) => (parameter: Placed) =>
    inLoop(parameter) && parameter.tensor.replace(/^(forward|backward)\//, '') === tensor;
  return [
    { variable: 'products', modules: products, attribute: 'weight', holds: ends('kernel') },
    {
      variable: 'biased',
      modules: '[m for m in products if m.bias is not None]',
      attribute: 'bias',
      holds: ends('bias'),
    },
    {
      variable: 'tied',
      modules: isInstance('TiedLinear', ' and m.bias is not None'),
      attribute: 'bias',
      holds: (parameter) => isBorrowing(parameter) && parameter.tensor === 'bias',
    },
    { variable: 'recurrent', modules: recurrent, attribute: 'weight_ih_l0', holds: loop('kernel') },
    { variable: 'recurrent', modules: recurrent, attribute: 'weight_hh_l0', holds: loop('recurrent_kernel') },
    {
      variable: 'recurrent_biased',
      modules: '[m for m in recurrent if m.bias]',
      attribute: 'bias_ih_l0',
      holds: loop('bias'),
    },
    {
      variable: 'recurrent_resetting_after',
      modules:
        '[m for m in recurrent if m.bias and m.mode == "GRU" and not getattr(m, "reset_first", False)]',
      attribute: 'bias_hh_l0',
      holds: loop('recurrent_bias'),
    },
    {
      variable: 'tables',
      // Sinusoids are a table that is not trained, and stays as it is.
      modules: isInstance('(nn.Embedding, PositionalEmbedding)', ' and next(m.parameters()).requires_grad'),
      attribute: 'table',
      holds: ends('table'),
    },
  ];
};

/** Statements for one parameter `w`, among them those that PyTorch needs beside the initializer. */
function statements(parameter: Placed, attribute: string, hasOwnRecurrentBias: boolean): string {
  const { initializer, ones } = parameter;
  return [
    initializerKind.resolve(initializer).pytorch(parameter),
    ...(ones === undefined ? [] : [`w.data[${ones[0]}:${ones[1]}] = 1`]),
    // PyTorch adds two biases, where only one is meant; the second stays 0.
    ...(attribute === 'bias_ih_l0' && !hasOwnRecurrentBias
      ? ['nn.init.zeros_(module.bias_hh_l0).requires_grad_(False)']
      : []),
  ].join('\n    ');
}

/** One loop for each run of equal initializers, parameters in order of appearance. */
function loops({ variable, attribute, holds }: Place, parameters: readonly Placed[]): string[] {
  const second = new Set(
    parameters
      .filter(({ tensor }) => tensor.endsWith('recurrent_bias'))
      .map(({ name }) => name.replace(/recurrent_bias$/, 'bias')),
  );
  const codes = parameters
    .filter(holds)
    .map((parameter) => statements(parameter, attribute, second.has(parameter.name)));
  const lines: string[] = [];
  for (let from = 0; from < codes.length; ) {
    let to = from + 1;
    while (to < codes.length && codes[to] === codes[from]) to++;
    const range = from === 0 && to === codes.length ? '' : `[${from}:${to}]`;
    const weight =
      attribute === 'table'
        ? 'module.weight if isinstance(module, nn.Embedding) else module.table'
        : `module.${attribute}`;
    lines.push(`for module in ${variable}${range}:`, `    w = ${weight}`, `    ${codes[from]}`);
    from = to;
  }
  return lines;
}

/**
 * Follows the model's definition.
 * @param code the model's, which tells the modules that are there
 */
export function torchInitialization(experiment: Experiment, code: string): string[] {
  const { parameters, layers } = planExperiment(experiment);
  const inLoops = new Set(
    layers.filter(({ type }) => familyOf(type) === 'recurrent').map(({ name }) => name),
  );
  const borrowing = new Set(layers.flatMap(({ name, borrows }) => (borrows === null ? [] : [name])));
  const found = places(inLoops, borrowing);
  const defined = new Set<string>();
  const lines = found.flatMap((place) => {
    const own = loops(place, parameters);
    if (own.length === 0) return [];
    const isNew = !defined.has(place.variable);
    defined.add(place.variable);
    // A class that the model does not use is not defined.
    const modules = code.includes('PositionalEmbedding(')
      ? place.modules
      : place.modules.replace('(nn.Embedding, PositionalEmbedding)', 'nn.Embedding');
    return [...(isNew ? [`${place.variable} = ${modules}`] : []), ...own];
  });
  const kernels = parameters.filter(
    ({ name, tensor }) => tensor.endsWith('kernel') && !inLoops.has(layerOf(name)),
  );
  const scaled = kernels.flatMap((parameter, i) => (isScaled(parameter) ? [`products[${i}]`] : []));
  return scaled.length === 0 ? lines : [...lines, `scaled = [${scaled.join(', ')}]`];
}

const layerOf = (name: string): string => name.slice(0, name.indexOf('/'));

const isScaled = ({ tensor, initializer }: Placed): boolean =>
  tensor === 'kernel' && initializerKind.resolve(initializer).unitVariance;

/** Whether kernels are scaled on the first batch of the training. */
export const isScaledOnData = (experiment: Experiment): boolean => {
  const { parameters, layers } = planExperiment(experiment);
  const types = new Map(layers.map(({ name, type }) => [name, type]));
  return parameters.some(
    (parameter) => isScaled(parameter) && familyOf(present(types.get(parameter.layer))) !== 'recurrent',
  );
};
