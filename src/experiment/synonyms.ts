/** @file What people call a thing elsewhere → what it is called here. Used to suggest, never to understand. */
import {
  activationKind,
  initializerKind,
  layerKind,
  lossKind,
  optimizerKind,
  positionKind,
  scheduleKind,
} from '../network/index.ts';
import { shortName } from '../util/json.ts';
import { nearest } from '../util/nearest.ts';

/** "Leaky ReLU", "LeakyReLU" and "leaky_relu" are one name. */
const normal = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');

const bySynonym = new Map<string, string[]>();
const kinds = [
  layerKind,
  activationKind,
  lossKind,
  optimizerKind,
  initializerKind,
  scheduleKind,
  positionKind,
];
for (const kind of kinds) {
  for (const { type, names } of kind.synonyms) {
    for (const name of names) bySynonym.set(normal(name), [...(bySynonym.get(normal(name)) ?? []), type]);
  }
}

/** The one of the known names that is meant by another spelling or another library's name; null where none is. */
export function synonymOf(name: string, known: readonly string[]): string | null {
  const wanted = normal(name);
  const spelled = known.find((one) => normal(one) === wanted);
  if (spelled !== undefined) return spelled;
  return bySynonym.get(wanted)?.find((type) => known.includes(type)) ?? null;
}

const RATE = 'set it in "optimizer": { "type": "sgd", "learning_rate": 0.1 }';

/** Keys of other libraries and services, by their normal form: the key that is meant, or where it is set here. */
const keys: Readonly<Record<string, { readonly key?: string; readonly advice?: string }>> = {
  lr: { key: 'learning_rate', advice: RATE },
  eta: { key: 'learning_rate', advice: RATE },
  learningrate: { advice: RATE },
  momentum: { advice: 'set it in "optimizer": { "type": "sgd", "momentum": 0.9 }' },
  betas: { advice: 'set "beta_1" and "beta_2"' },
  name: { key: 'type' },
  alpha: { key: 'negative_slope' },
  slope: { key: 'negative_slope' },
  enabled: { key: 'verify' },
  experiment: { advice: 'post what stands in "experiment" by itself, without this key around it' },
  dropout: { advice: 'put a layer { "type": "dropout", "rate": 0.5 } behind this one' },
  batch: { key: 'batch_size' },
  minibatchsize: { key: 'batch_size' },
  numepochs: { key: 'epochs' },
  nepochs: { key: 'epochs' },
  iterations: { key: 'steps' },
  maxiter: { key: 'steps' },
  criterion: { key: 'loss' },
  lossfunction: { key: 'loss' },
  lossfn: { key: 'loss' },
  model: { key: 'network' },
  architecture: { key: 'network' },
  dataset: { key: 'data' },
  x: { key: 'inputs' },
  y: { key: 'targets' },
  labels: { key: 'targets' },
  outfeatures: { key: 'units' },
  neurons: { key: 'units' },
  hiddenunits: { key: 'units' },
  outchannels: { key: 'filters' },
  strides: { key: 'stride' },
  dilationrate: { key: 'dilation' },
  p: { key: 'rate' },
  eps: { key: 'epsilon' },
  numheads: { key: 'heads' },
  numclasses: { advice: 'the number of classes follows from the data and the last layer' },
  nonlinearity: { key: 'activation' },
  activationfunction: { key: 'activation' },
  usebatchnorm: { advice: 'put a layer { "type": "batch_norm" } where it belongs' },
  kernelregularizer: {
    advice: 'set "training": { "regularization": { "l1": 0, "l2": 0.01 } }, which is for all kernels',
  },
  weightregularizer: {
    advice: 'set "training": { "regularization": { "l1": 0, "l2": 0.01 } }, which is for all kernels',
  },
  l2regularization: { advice: 'set "training": { "regularization": { "l2": 0.01 } }' },
  weightdecay: {
    key: 'weight_decay',
    advice: 'set "training": { "regularization": { "l2": 0.01 } }, or use the optimizer adamw',
  },
  clipnorm: { advice: 'set "training": { "gradient_clipping": { "type": "norm", "max_norm": 1 } }' },
  globalclipnorm: {
    advice: 'set "training": { "gradient_clipping": { "type": "global_norm", "max_norm": 1 } }',
  },
  clipvalue: { advice: 'set "training": { "gradient_clipping": { "type": "value", "max_value": 0.5 } }' },
  inputshape: { advice: 'set "network": { "input": { "shape": […] } }' },
  inputdim: { advice: 'the size of an input follows from the layer before it, or from network.input.shape' },
  infeatures: {
    advice: 'the size of an input follows from the layer before it, or from network.input.shape',
  },
  inchannels: {
    advice: 'the size of an input follows from the layer before it, or from network.input.shape',
  },
  initializer: { key: 'kernel_initializer' },
  init: { key: 'kernel_initializer' },
  validationsplit: { key: 'validation_split', advice: 'set it in "data"' },
  randomstate: { key: 'seed' },
  randomseed: { key: 'seed' },
  schedule: { key: 'learning_rate_schedule' },
  scheduler: { key: 'learning_rate_schedule' },
  lrscheduler: { key: 'learning_rate_schedule' },
  classweight: { key: 'class_weights' },
  page: { key: 'cursor' },
  offset: { key: 'cursor' },
  skip: { key: 'cursor' },
  after: { key: 'cursor' },
  startingafter: { key: 'cursor' },
  pagetoken: { key: 'cursor' },
  perpage: { key: 'limit' },
  pagesize: { key: 'limit' },
  size: { key: 'limit' },
  count: { key: 'limit' },
  maxresults: { key: 'limit' },
  state: { key: 'status' },
  q: { key: 'text' },
  search: { key: 'text' },
};

/** What to do about a key that is not known, in a sentence. */
export function keyAdvice(key: string, known: readonly string[]): string {
  const advice = adviceOn(shortName(key), known);
  if (advice !== null) return advice;
  const guess = nearest(key, known);
  return guess === null ? `known keys here: ${known.join(', ')}` : `did you mean "${guess}"?`;
}

/** What another library's key is here; null where nothing is known of it. */
function adviceOn(key: string, known: readonly string[]): string | null {
  const spelled = known.find((one) => normal(one) === normal(key));
  if (spelled !== undefined) return `it is called "${spelled}" here`;
  const entry = keys[normal(key)];
  if (entry?.key !== undefined && known.includes(entry.key)) return `it is called "${entry.key}" here`;
  return entry?.advice ?? null;
}
