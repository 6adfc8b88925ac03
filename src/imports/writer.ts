/** @file Writes a network layer by layer: names, wires, follows shapes with the service's own layers, and keeps weights. */
import { GraphBuilder, GraphShapeError } from '../graph/index.ts';
import {
  buildNetwork,
  type LayerConfig,
  layerKind,
  layerSchema,
  placeNetwork,
  referenceOf,
} from '../network/index.ts';
import { nearest } from '../util/nearest.ts';
import type { NamedTensor } from '../util/safetensors.ts';
import { type ImportedNetwork, Misfit, ModelUnreadable, type NetworkInputs, Unsupported } from './model.ts';
import { Names } from './names.ts';
import { Sharing } from './sharing.ts';
import { sizeOf } from './tensors.ts';

/** A layer's output, or an input of the network. */
export interface Value {
  readonly source: string;
  /** Without the batch, as it is here. */
  readonly shape: readonly number[];
  /** Where its axes are elsewhere in the model: `last` is [height, width, channels] there, [channels, height, width] here. */
  readonly channels: 'same' | 'last';
}

/** Numbers of one output for one sample. */
const MAX_ELEMENTS = 1e8;
const MAX_LAYERS = 1000;

const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

interface Issue {
  readonly code?: string;
  readonly path?: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

/** What the layer's schema has against its options, in a line. */
function complaint(type: string, issues: readonly Issue[]): string {
  const texts = issues.map(({ code, keys, path = [], message }) =>
    code === 'unrecognized_keys'
      ? `${type} of this service has no ${(keys ?? []).join(', ')}`
      : `${[...path].join('.')}: ${message}`,
  );
  return texts.slice(0, 3).join('; ');
}

/** A layer that says what it takes. */
type Wired = LayerConfig & { readonly name: string; readonly inputs: readonly string[] };

/** The layer whose weights it uses. */
const lenderOf = (layer: LayerConfig): string[] => {
  const name = layer[referenceOf(layer.type) ?? ''];
  return typeof name === 'string' ? [name] : [];
};

export class NetworkWriter {
  readonly #names: Names;
  readonly #layers: Wired[] = [];
  readonly #inputs = new Map<string, { shape: readonly number[]; dtype: NetworkInputs['dtype'] }>();
  readonly weights = new Map<string, NamedTensor>();
  /** How many inputs the network has, which decides what a single one is called. */
  readonly #several: boolean;

  readonly #sharing: Sharing;

  /**
   * @param names those that are taken, of all layers of the network
   * @param sharing what is known of weights in several places of this list
   */
  constructor(inputs: number, names = new Names(), sharing = new Sharing(false)) {
    this.#several = inputs > 1;
    this.#names = names;
    this.#sharing = sharing;
  }

  /** Names in the file of the layers that have weights of their own. */
  get lenders(): ReadonlySet<string> {
    return this.#sharing.origins;
  }

  /** What `write` adds has, at each call with this key, the weights of the first. */
  once<T>(key: string, write: () => T): T {
    return this.#sharing.once(key, write);
  }

  input(name: string, shape: readonly number[], channels: Value['channels']): Value {
    if (shape.length === 0 || shape.length > 4)
      throw new Misfit(
        `the input has ${shape.length} axes without the batch; this service takes 1 to 4`,
        'reshape the samples to vectors, sequences, images or sequences of images before',
      );
    const source = this.#several ? this.#names.take(name) : 'input';
    const here = channels === 'last' ? [shape[2] as number, shape[0] as number, shape[1] as number] : shape;
    this.#inputs.set(source, { shape: here, dtype: 'float32' });
    return { source, shape: here, channels };
  }

  /** An embedding looks it up. */
  takesTokens({ source }: Value): void {
    const input = this.#inputs.get(source);
    if (input !== undefined) input.dtype = 'token';
  }

  /**
   * Adds a layer on these inputs.
   * @param options as in a request, without type, name and inputs
   * @param weights of its parameters and running averages, by their names within the layer
   * @throws Unsupported, Misfit
   */
  add(
    type: string,
    options: Readonly<Record<string, unknown>>,
    inputs: readonly Value[],
    more: {
      readonly name: string;
      readonly channels?: Value['channels'];
      readonly weights?: Readonly<Record<string, NamedTensor>> | null;
    },
  ): Value {
    if (!(layerKind.types as readonly string[]).includes(type))
      throw new Unsupported(`this service has no layer ${type}`, nearest(type, layerKind.types));
    if (this.#layers.length >= MAX_LAYERS)
      throw new Unsupported(`the model has more than ${MAX_LAYERS} layers`);
    const sources = inputs.map(({ source }) => source);
    const parsed = layerSchema.safeParse({ type, ...options });
    if (!parsed.success) throw new Unsupported(complaint(type, parsed.error.issues as readonly Issue[]));
    const shapes = this.#build(parsed.data, inputs);
    const name = this.#write(type, options, sources, more, shapes);
    return { source: name, shape: shapes.output, channels: more.channels ?? 'same' };
  }

  /** With the weights of another layer, where they are the same. @returns its name */
  #write(
    type: string,
    options: Readonly<Record<string, unknown>>,
    inputs: readonly string[],
    given: { readonly name: string; readonly weights?: Readonly<Record<string, NamedTensor>> | null },
    shapes: Shapes,
  ): string {
    const weights = given.weights ?? null;
    const candidate = { type, options, shapes: shapes.parameters, weights, origin: given.name };
    const shared = this.#sharing.of(candidate);
    const table = shared === null ? this.#sharing.tableOf(candidate) : null;
    const name = this.#names.take(given.name);
    const own = { type, name, inputs, ...options, ...(table !== null && { tied_to: table }) };
    this.#layers.push((shared === null ? own : { type: 'shared', name, inputs, layer: shared }) as Wired);
    if (table === null) this.#sharing.note(candidate, name, shared !== null);
    const kept = shared === null ? Object.entries(weights ?? {}) : [];
    for (const [local, tensor] of kept)
      if (table === null || local !== 'kernel') this.#keep(name, local, tensor, shapes);
    return name;
  }

  /**
   * Adds a layer that holds others, with one input.
   * @param shape of what the layers inside take
   * @param write adds them, and gives what the last of them gives
   */
  addBody(
    type: string,
    input: Value,
    shape: readonly number[],
    name: string,
    write: (body: NetworkWriter, x: Value) => Value,
  ): Value {
    const body = new NetworkWriter(1, this.#names);
    const output = write(body, { source: 'input', shape, channels: 'same' });
    const result = this.add(type, { layers: body.#needed(output) }, [input], { name });
    const last = this.#layers.at(-1);
    // Of a layer that is called again, the weights of the first call are here already.
    if (last?.type !== 'shared') for (const [full, tensor] of body.weights) this.weights.set(full, tensor);
    return result;
  }

  #keep(name: string, local: string, tensor: NamedTensor, { parameters }: Shapes): void {
    const wanted = parameters.get(local);
    if (wanted === undefined)
      throw new Misfit(`the file has weights for ${name}/${local}, which ${name} does not have`);
    if (wanted.length !== tensor.shape.length || wanted.some((size, axis) => size !== tensor.shape[axis]))
      throw new Misfit(
        `the weights of ${name}/${local} are ${shapeText(tensor.shape)}, but the layer needs ${shapeText(wanted)}`,
      );
    this.weights.set(`${name}/${local}`, tensor);
  }

  /** Of the layer by itself: no values are computed. */
  #build(layer: LayerConfig, inputs: readonly Value[]): Shapes {
    const g = new GraphBuilder();
    const names = inputs.map((_, i) => `x${i + 1}`);
    const config = Object.fromEntries(
      names.map((name, i) => [name, { shape: inputs[i]?.shape ?? [], dtype: 'float32' as const }]),
    );
    const { layers, problems } = placeNetwork({
      inputs: config,
      layers: [{ ...layer, name: 'it', inputs: names }],
    });
    if (problems[0] !== undefined) throw new Misfit(problems[0].message, problems[0].fix);
    try {
      const tensors = new Map(
        names.map((name, i) => [name, g.input(name, [1, ...(inputs[i]?.shape ?? [])])]),
      );
      const { output, parameters, running } = buildNetwork(g, layers, tensors, 'training');
      const shape = output.shape.slice(1);
      if (sizeOf(shape) > MAX_ELEMENTS) throw new Misfit(`its output ${shapeText(shape)} is too large`);
      const all = [...parameters, ...running].map(
        (parameter) => [parameter.name.slice('it/'.length), parameter.shape] as const,
      );
      return { output: shape, parameters: new Map(all) };
    } catch (error) {
      if (error instanceof GraphShapeError)
        throw new Misfit(error.message.replace('layer "it": ', ''), error.fix ?? null);
      if (error instanceof RangeError) throw new Misfit('it is too large');
      throw error;
    }
  }

  #forget(layers: readonly Wired[]): void {
    const gone = new Set(layers.map(({ name }) => name));
    for (const full of this.weights.keys())
      if (gone.has(full.slice(0, full.indexOf('/')))) this.weights.delete(full);
  }

  /** The layers that the output needs. An input that is the layer before goes without saying. */
  #needed({ source }: Value): LayerConfig[] {
    const wanted = new Set([source]);
    const kept: Wired[] = [];
    for (const layer of this.#layers.toReversed()) {
      if (!wanted.has(layer.name)) continue;
      kept.unshift(layer);
      for (const name of [...layer.inputs, ...lenderOf(layer)]) wanted.add(name);
    }
    this.#forget(this.#layers.filter(({ name }) => !wanted.has(name)));
    for (const name of this.#inputs.keys()) if (this.#several && !wanted.has(name)) this.#inputs.delete(name);
    return kept.map((layer, i) => {
      const before = i === 0 ? (this.#several ? null : 'input') : kept[i - 1]?.name;
      const { inputs, ...rest } = layer;
      return inputs.length === 1 && inputs[0] === before ? rest : layer;
    });
  }

  /**
   * The network that ends in this output.
   * @throws ModelUnreadable where nothing was written
   */
  finish(output: Value): ImportedNetwork {
    const layers = this.#needed(output);
    if (layers.length === 0) throw new ModelUnreadable('the model has no layers');
    const inputs = Object.fromEntries(this.#inputs);
    return this.#several ? { inputs, layers } : { input: Object.values(inputs)[0] as NetworkInputs, layers };
  }
}

interface Shapes {
  readonly output: readonly number[];
  /** By their names within the layer. */
  readonly parameters: ReadonlyMap<string, readonly number[]>;
}
