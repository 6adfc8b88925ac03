/** @file A Keras model as a list of calls: Sequential and Functional, of Keras 2, Keras 3 and TensorFlow.js. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { ModelUnreadable } from '../model.ts';
import { isObject, type Json, Options, serialized } from './config.ts';
import { asKeras2, isOfKeras1 } from './keras1.ts';

export interface KerasLayer {
  readonly class: string;
  readonly name: string;
  readonly config: Json;
  /** The options, with checks. */
  readonly options: Options;
  readonly pointer: string;
  /** In the order of Keras' `weights`; null where the file has none. */
  readonly weights: readonly NamedTensor[] | null;
  /** Where the weights of its layers are, in a model within the model. */
  readonly within: Weights | null;
  /** How it is called, where the file says that. */
  readonly call?: CallArguments;
  /** Which outputs of this call others take: 0 its output, then its states. */
  readonly outputs?: ReadonlySet<number>;
}

/** Of one call. */
export interface CallArguments {
  /** The keyword of every input, or null where it stands by its place. */
  readonly names: readonly (string | null)[];
  /** Arguments by keyword, tensors among them. */
  readonly keywords: Json;
  /** A number in place of one of two tensors: x + 3, 1 − x. */
  readonly constant: Constant | null;
}

export interface Constant {
  readonly value: number;
  /** It stands before the tensor. */
  readonly isFirst: boolean;
}

/** A layer called on outputs of others. */
export interface Call {
  readonly layer: KerasLayer;
  /** Which of the calls of a shared layer. */
  readonly node: number;
  readonly inputs: readonly Reference[];
  readonly arguments?: CallArguments;
}

/** An output of a call. */
export interface Reference {
  readonly layer: string;
  readonly node: number;
  /** Which of its outputs. */
  readonly index: number;
}

export interface KerasModel {
  readonly calls: readonly Call[];
  /** Names of the layers that are inputs, in the order of the model's arguments. */
  readonly inputs: readonly string[];
  readonly outputs: readonly Reference[];
}

/** Twice what a network here can have; what is visited one within the other stays within the stack. */
const MAX_LAYERS = 2000;

export const modelClasses: ReadonlySet<string> = new Set(['Sequential', 'Functional', 'Model']);

function layersOf(config: unknown): { layers: readonly unknown[]; at: string } {
  // Keras before 2.2 has the list itself.
  if (Array.isArray(config)) return { layers: config, at: '/config' };
  if (isObject(config) && Array.isArray(config.layers))
    return { layers: config.layers, at: '/config/layers' };
  throw new ModelUnreadable('the model has no "layers": a subclassed model does not say what it is made of');
}

/** What gives each layer its weights: those of the layer at this place of its model. */
export interface Weights {
  of(layer: {
    readonly class: string;
    readonly name: string;
    readonly index: number;
  }): readonly NamedTensor[] | null;
  /** Those of a model within the model. */
  within(layer: { readonly class: string; readonly name: string; readonly index: number }): Weights | null;
}

function layerOf(value: unknown, index: number, pointer: string, weights: Weights | null): KerasLayer {
  if (!isObject(value) || typeof value.class_name !== 'string')
    throw new ModelUnreadable(`${pointer} is no layer: it has no class_name`);
  const written = { class: value.class_name, config: isObject(value.config) ? value.config : {} };
  if (weights !== null && isOfKeras1(written))
    throw new ModelUnreadable(
      'the weights are those of Keras 1, which had another order; load the model with Keras 2 and save it again, or send to_json()',
    );
  const { class: type, config } = isOfKeras1(written) ? asKeras2(written) : written;
  const given = typeof value.name === 'string' ? value.name : config.name;
  const name = typeof given === 'string' ? given : `${type}_${index + 1}`;
  const isWrapped = modelClasses.has(type);
  const whole = isWrapped
    ? { ...config, ...(Array.isArray(value.config) && { layers: value.config }) }
    : config;
  return {
    class: type,
    name,
    config: whole,
    options: new Options(whole, `${type} "${name}"`),
    pointer,
    weights: isWrapped ? null : (weights?.of({ class: type, name, index }) ?? null),
    within: isWrapped ? (weights?.within({ class: type, name, index }) ?? null) : null,
  };
}

/** ["name", node, index, …] */
const isHistory = (value: unknown): value is [string, number, number] =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  Number.isSafeInteger(value[1]) &&
  Number.isSafeInteger(value[2]);

/** What Keras 2 writes where the first argument is no tensor: ["_CONSTANT_VALUE", −1, 1.0, { y: … }]. */
const isConstant = (value: unknown): value is [string, number, unknown] =>
  Array.isArray(value) && value[0] === '_CONSTANT_VALUE' && value[1] === -1;

const toReference = ([layer, node, index]: readonly [string, number, number]): Reference => ({
  layer,
  node,
  index,
});

const MAX_NESTING = 32;

/** Every tensor of the arguments of a call, in their order. */
function referencesIn(value: unknown, depth = 0): Reference[] {
  if (depth > MAX_NESTING) throw new ModelUnreadable('the arguments of a call are nested too deeply');
  if (isConstant(value)) return referencesIn(value.slice(3), depth + 1);
  if (isHistory(value)) {
    // Keras 2: further arguments, which may be tensors too, in a fourth place.
    const [, , , kwargs] = value as readonly unknown[];
    return [
      toReference(value),
      ...(isObject(kwargs) ? Object.values(kwargs).flatMap((item) => referencesIn(item, depth + 1)) : []),
    ];
  }
  if (Array.isArray(value)) return value.flatMap((item) => referencesIn(item, depth + 1));
  if (!isObject(value)) return [];
  if (value.class_name === '__keras_tensor__') {
    const history = isObject(value.config) ? value.config.keras_history : undefined;
    if (!isHistory(history)) throw new ModelUnreadable('a tensor of the model has no keras_history');
    return [toReference(history)];
  }
  return Object.values(value).flatMap((item) => referencesIn(item, depth + 1));
}

const FIRST = ['x', 'x1'];
const SECOND = ['y', 'x2'];

function constantOf(placed: readonly unknown[], keywords: Json): Constant | null {
  const [first, second] = placed.flatMap((part) =>
    Array.isArray(part) && !isHistory(part) && !isConstant(part) ? (part as unknown[]) : [part],
  );
  const given = [
    [isConstant(first) ? first[2] : first, true],
    [second, false],
    ...FIRST.map((name) => [keywords[name], true] as const),
    ...SECOND.map((name) => [keywords[name], false] as const),
  ] as const;
  const found = given.find(([value]) => typeof value === 'number');
  return found === undefined ? null : { value: found[0] as number, isFirst: found[1] };
}

/** `{ args, kwargs }` in Keras 3; in Keras 2 the keywords stand behind every tensor, the same ones. */
function argumentsOf(call: unknown): { inputs: Reference[]; arguments: CallArguments } {
  const parts: readonly unknown[] = isObject(call) ? [call.args] : Array.isArray(call) ? call : [];
  const behind = parts.find((part) => isHistory(part) || isConstant(part)) as readonly unknown[] | undefined;
  const given = isObject(call) ? call.kwargs : behind?.[3];
  const keywords = isObject(given) ? given : {};
  const placed = referencesIn(
    parts.map((part) => (isHistory(part) || isConstant(part) ? part.slice(0, 3) : part)),
  );
  const named = Object.entries(keywords).flatMap(([name, value]) =>
    referencesIn(value).map((reference) => ({ name, reference })),
  );
  return {
    inputs: [...placed, ...named.map(({ reference }) => reference)],
    arguments: {
      names: [...placed.map(() => null), ...named.map(({ name }) => name)],
      keywords,
      constant: constantOf(parts, keywords),
    },
  };
}

function callsOf(layer: KerasLayer, value: Json): Call[] {
  const nodes = Array.isArray(value.inbound_nodes) ? value.inbound_nodes : [];
  if (nodes.length === 0) return [{ layer, node: 0, inputs: [] }];
  // A single call may stand without its list: [["x", 0, 0, {…}]].
  const calls = nodes.every((node) => isHistory(node) || isConstant(node)) ? [nodes] : nodes;
  return calls.map((call, node) => ({ layer, node, ...argumentsOf(call) }));
}

/** One tensor, or a list or a dictionary of them. */
const referencesOf = (value: unknown, what: string): Reference[] => {
  const found = referencesIn(value);
  if (found.length === 0) throw new ModelUnreadable(`the model does not say what its ${what} are`);
  return found;
};

/** @param value `{ class_name, config }`; @param pointer of it */
export function readModel(value: Json, pointer: string, weights: Weights | null): KerasModel {
  const { layers, at } = layersOf(value.config);
  if (layers.length > MAX_LAYERS) throw new ModelUnreadable(`the model has more than ${MAX_LAYERS} layers`);
  const config = isObject(value.config) ? value.config : {};
  const read = layers.map((layer, index) => layerOf(layer, index, `${pointer}${at}/${index}`, weights));
  if (read.length === 0) throw new ModelUnreadable('the model has no layers');
  if (value.class_name === 'Sequential' || config.input_layers === undefined)
    return sequential(read, config, value);
  const calls = read.flatMap((layer, index) => callsOf(layer, layers[index] as Json));
  return countedFromZero({
    calls,
    inputs: referencesOf(config.input_layers, 'inputs').map(({ layer }) => layer),
    outputs: referencesOf(config.output_layers, 'outputs'),
  });
}

/**
 * Keras 2 may count the calls of a model within the model from 1: that which made it is number 0, and not in the file. Then the last
 * one has a number that is not there.
 */
function countedFromZero(model: KerasModel): KerasModel {
  const { calls, outputs } = model;
  const counts = new Map<string, number>();
  for (const { layer } of calls)
    if (modelClasses.has(layer.class)) counts.set(layer.name, (counts.get(layer.name) ?? 0) + 1);
  const all = [...outputs, ...calls.flatMap(({ inputs }) => inputs)];
  const shifted = new Set(
    all.filter(({ layer, node }) => node === counts.get(layer)).map(({ layer }) => layer),
  );
  const counted = (reference: Reference): Reference =>
    shifted.has(reference.layer) ? { ...reference, node: reference.node - 1 } : reference;
  return {
    ...model,
    calls: calls.map((call) => ({ ...call, inputs: call.inputs.map(counted) })),
    outputs: outputs.map(counted),
  };
}

/** One after another; where no InputLayer begins, the shape is somewhere else. */
function sequential(read: readonly KerasLayer[], config: Json, value: Json): KerasModel {
  const [first] = read as readonly [KerasLayer];
  const layers = first.class === 'InputLayer' ? read : [impliedInput(first, config, value), ...read];
  const calls = layers.map((layer, index): Call => {
    const before = layers[index - 1];
    return {
      layer,
      node: 0,
      inputs: before === undefined ? [] : [{ layer: before.name, node: 0, index: 0 }],
    };
  });
  const last = layers.at(-1) as KerasLayer;
  return {
    calls,
    inputs: [(layers[0] as KerasLayer).name],
    outputs: [{ layer: last.name, node: 0, index: 0 }],
  };
}

function impliedInput(first: KerasLayer, config: Json, value: Json): KerasLayer {
  const build = isObject(value.build_config) ? value.build_config.input_shape : undefined;
  const ownBuild = isObject(first.config.build_config) ? first.config.build_config.input_shape : undefined;
  const shape =
    first.config.batch_input_shape ??
    first.config.batch_shape ??
    config.build_input_shape ??
    build ??
    ownBuild ??
    inputOf(first);
  const name = `${first.name}_input`;
  const own = { batch_shape: shape };
  return {
    class: 'InputLayer',
    name,
    config: own,
    options: new Options(own, `InputLayer "${name}"`),
    pointer: first.pointer,
    weights: null,
    within: null,
  };
}

/** The shape of a model or wrapper that stands first is that of what is in it. */
function inputOf({ config }: KerasLayer): unknown {
  const inner = Array.isArray(config.layers) ? config.layers[0] : undefined;
  const own = isObject(inner) && isObject(inner.config) ? inner.config : undefined;
  const [dimension, length] = [config.input_dim, config.input_length];
  return (
    own?.batch_input_shape ??
    own?.batch_shape ??
    (length !== undefined && dimension !== undefined ? [null, length] : undefined)
  );
}

/** The layer inside a wrapper. */
export function innerLayer(layer: KerasLayer, key = 'layer'): KerasLayer {
  const inner = serialized(layer.config[key]);
  if (inner === null) throw new ModelUnreadable(`${layer.class} "${layer.name}" wraps no ${key}`);
  const { name } = inner.config;
  return {
    class: inner.class,
    name: typeof name === 'string' ? name : layer.name,
    config: inner.config,
    options: new Options(inner.config, `${inner.class} in ${layer.class} "${layer.name}"`),
    pointer: `${layer.pointer}/config/${key}`,
    weights: layer.weights,
    within: layer.within,
  };
}
