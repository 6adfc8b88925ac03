/** @file From the layers of the request to the layers of the network: `repeat` expanded, every layer named, located and wired. */
import { present } from '../util/assert.ts';
import { pointerOf } from '../util/json.ts';
import { type LayerConfig, type LayerType, layerKind } from './layers/index.ts';
import type { Layer } from './layers/layer.ts';
import { NameScope } from './name_scope.ts';
import { type Source, sourceKey, Wiring, type WiringProblem } from './wiring.ts';

export interface PlacedLayer {
  readonly name: string;
  readonly type: LayerType;
  /** What it is, its options included. */
  readonly part: Layer;
  /** As the request gives it, defaults filled in. */
  readonly config: LayerConfig;
  /** JSON Pointer into the request. */
  readonly pointer: string;
  /** Layers above it in its own list, or inputs of that list. */
  readonly inputs: readonly Source[];
  readonly body: readonly PlacedLayer[];
  /** The layer whose parameters it has: itself, unless it is that layer once more. */
  readonly weights: string;
  /** The layer of which it uses a parameter in another way; null where it has all of its own. */
  readonly borrows: string | null;
}

export interface PlacedNetwork {
  readonly layers: readonly PlacedLayer[];
  /** What is wrong with the wiring; the layers are whole only where this is empty. */
  readonly problems: readonly WiringProblem[];
}

export interface InputConfig {
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'token';
}

export interface NetworkInput extends InputConfig {
  readonly name: string;
  /** JSON Pointer into the request. */
  readonly pointer: string;
}

export interface NetworkConfig {
  readonly input?: InputConfig | undefined;
  readonly inputs?: Readonly<Record<string, InputConfig>> | undefined;
  readonly layers: readonly LayerConfig[];
}

/** The inputs of a network, in the order of the request; the only one of `input` has that name. */
export function networkInputs({ input, inputs }: NetworkConfig): NetworkInput[] {
  if (input !== undefined) return [{ ...input, name: 'input', pointer: '/network/input' }];
  return Object.entries(inputs ?? {}).map(([name, config]) => ({
    ...config,
    name,
    pointer: `/network/inputs/${name}`,
  }));
}

/** The one input of the layers inside another layer, by which they may name it. */
export const BODY_INPUT = 'input';

/** How many layers the expansion would give; computed without expanding, so that nested repeats cannot exhaust memory. */
export function countLayers(layers: readonly LayerConfig[]): number {
  return layers.reduce((sum, layer) => {
    const inside = layer.layers === undefined ? 0 : countLayers(layer.layers);
    return sum + (layer.type === 'repeat' ? (layer.times as number) * inside : 1 + inside);
  }, 0);
}

/** A layer on its way into the network. */
interface Draft {
  readonly layer: PlacedLayer;
  /** In every scope that it stands in, the innermost first; the last is its name. */
  readonly names: readonly string[];
}

interface Place {
  readonly path: readonly PropertyKey[];
  /** The innermost first. */
  readonly scopes: readonly NameScope[];
  readonly wiring: Wiring;
}

/** More layers than this are refused before anything is built. */
export const MAX_LAYERS = 2000;

/** The layer once more. @returns with the weights of the other, also of the layers inside */
const sharing = (layer: PlacedLayer, other: PlacedLayer): PlacedLayer => ({
  ...layer,
  weights: other.weights,
  borrows: other.borrows,
  body: layer.body.map((inner, i) => sharing(inner, present(other.body[i]))),
});

/** The layers inside a layer that is applied once more, under names of their own. */
function bodyAgain(body: readonly PlacedLayer[], outer: string, pointer: string): PlacedLayer[] {
  const names = new Map(body.map(({ name }) => [name, `${outer}.${name}`]));
  const renamed = (name: string) => names.get(name) ?? name;
  return body.map((layer) => ({
    ...layer,
    name: renamed(layer.name),
    pointer,
    inputs: layer.inputs.map((source) => ('layer' in source ? { layer: renamed(source.layer) } : source)),
    body: bodyAgain(layer.body, outer, pointer),
  }));
}

class Placement {
  readonly problems: WiringProblem[] = [];
  readonly #placed = new Map<string, PlacedLayer>();
  #count = 0;

  list(configs: readonly LayerConfig[], { path, scopes, wiring }: Place): Draft[] {
    const drafts = configs.flatMap((config, index) => {
      const place = { path: [...path, index], scopes, wiring };
      return config.type === 'repeat' ? this.#copies(config, place) : [this.#layer(config, place)];
    });
    this.problems.push(...wiring.finish());
    return drafts;
  }

  #layer(config: LayerConfig, { path, scopes, wiring }: Place): Draft {
    // A layer counts before those inside it.
    const names = scopes.map((scope, depth) => scope.nameOf(config, depth > 0));
    const [local, name] = [names[0] as string, names.at(-1) as string];
    const own = layerKind.resolve(config);
    const other = this.#referenced(config, own, path, wiring);
    const again = config.type === 'shared' ? other : null;
    const part = again?.part ?? own;
    const inputs = wiring.sourcesOf(config, path, part);
    const pointer = pointerOf(path);
    const layer: PlacedLayer =
      again === null
        ? {
            ...{ name, type: config.type, part, config, pointer, inputs },
            body: this.#body(config.layers ?? [], [...path, 'layers'], scopes),
            weights: name,
            borrows: other?.weights ?? null,
          }
        : { ...again, name, pointer, inputs, body: this.#again(again.body, name, pointer) };
    const source = { layer: name };
    wiring.name(local, source);
    wiring.follow(source);
    this.#placed.set(name, layer);
    return { names, layer };
  }

  /** The layer that this one names because of its weights. */
  #referenced(
    config: LayerConfig,
    { reference }: Layer,
    path: readonly PropertyKey[],
    wiring: Wiring,
  ): PlacedLayer | null {
    const name = reference === undefined ? null : config[reference];
    if (typeof name !== 'string') return null;
    const found = wiring.layerNamed(name, [...path, reference as string]);
    return found === null ? null : (this.#placed.get(found) ?? null);
  }

  /** What a layer holds that is applied once more: each such layer may hold others of the kind, so that they multiply. */
  #again(body: readonly PlacedLayer[], name: string, pointer: string): PlacedLayer[] {
    this.#count += flattenLayers(body).length;
    if (this.#count <= MAX_LAYERS) return bodyAgain(body, name, pointer);
    this.problems.push({
      pointer,
      message: `the network has more than ${MAX_LAYERS} layers, those that are applied again among them`,
      fix: 'apply fewer layers again',
    });
    return [];
  }

  #body(
    configs: readonly LayerConfig[],
    path: readonly PropertyKey[],
    scopes: readonly NameScope[],
  ): PlacedLayer[] {
    if (configs.length === 0) return [];
    const input = { input: BODY_INPUT };
    const wiring = new Wiring(new Map([[BODY_INPUT, input]]));
    return this.whole(this.list(configs, { path, scopes, wiring }), []);
  }

  /** Each copy takes what the one before it gives. From outside, the name of a `repeat` is its last layer. */
  #copies(config: LayerConfig, { path, scopes, wiring }: Place): Draft[] {
    let source = wiring.sourcesOf(config, path, layerKind.resolve(config))[0];
    const all: Draft[] = [];
    for (let copy = 0; copy < (config.times as number) && source !== undefined; copy++) {
      const inner = new Wiring(new Map([[BODY_INPUT, source]]));
      const place = { path: [...path, 'layers'], scopes: [new NameScope(), ...scopes], wiring: inner };
      const placed = this.list(config.layers ?? [], place);
      const drafts = config.shared === true && copy > 0 ? this.#sharing(placed, all) : placed;
      for (const { layer, names } of drafts) wiring.name(names[1] as string, { layer: layer.name });
      all.push(...drafts.map(({ layer, names }) => ({ layer, names: names.slice(1) })));
      source = inner.last ?? undefined;
    }
    if (source !== undefined) wiring.follow(source);
    if (source !== undefined && config.name !== undefined) wiring.name(config.name, source);
    return all;
  }

  /** A copy with the weights of the first one, whose drafts stand at the front of all. */
  #sharing(copy: readonly Draft[], all: readonly Draft[]): Draft[] {
    return copy.map((draft, i) => {
      const layer = sharing(draft.layer, present(all[i]).layer);
      this.#placed.set(layer.name, layer);
      return { ...draft, layer };
    });
  }

  /** All layers of a list, those of a `repeat` among them: whatever they and the inputs give has to be used. */
  whole(drafts: readonly Draft[], inputs: readonly NetworkInput[]): PlacedLayer[] {
    const layers = drafts.map(({ layer }) => layer);
    // Where a name leads nowhere, what was meant by it is only unused for that reason.
    if (this.problems.length > 0) return layers;
    const used = new Set(layers.flatMap((layer) => layer.inputs.map(sourceKey)));
    const unused = layers.slice(0, -1).filter(({ name }) => !used.has(sourceKey({ layer: name })));
    this.problems.push(
      ...unused.map(({ name, pointer }) => ({
        pointer,
        message: `no layer uses the output of "${name}"`,
        fix: `remove it, or name it in the "inputs" of a layer below it`,
      })),
      ...inputs
        .filter(({ name }) => !used.has(sourceKey({ input: name })))
        .map(({ name, pointer }) => ({
          pointer,
          message: `no layer uses the input "${name}"`,
          fix: 'remove it, or name it in the "inputs" of a layer',
        })),
    );
    return layers;
  }
}

/** One problem once: the copies of a repeated layer have the same. */
function distinct(problems: readonly WiringProblem[]): WiringProblem[] {
  const known = new Map(problems.map((problem) => [`${problem.pointer} ${problem.message}`, problem]));
  return [...known.values()];
}

/**
 * Names default to `<type>_<n>`, n counting that type in order of appearance; a named layer inside `repeat` becomes
 * `<name>_1`, `<name>_2`, …; layers inside `residual` are named as if it were not there. What a layer names as its inputs
 * are layers of its own list by the names that they have in it: inside a `repeat` those of the body, counted in it.
 */
export function placeNetwork(network: NetworkConfig): PlacedNetwork {
  const inputs = networkInputs(network);
  const placement = new Placement();
  const wiring = new Wiring(new Map(inputs.map(({ name }) => [name, { input: name }])));
  const place = { path: ['network', 'layers'], scopes: [new NameScope()], wiring };
  const layers = placement.whole(placement.list(network.layers, place), inputs);
  return { layers, problems: distinct(placement.problems) };
}

/** Every layer in order of appearance, composites before what they hold. */
export const flattenLayers = (layers: readonly PlacedLayer[]): PlacedLayer[] =>
  layers.flatMap((layer) => [layer, ...flattenLayers(layer.body)]);
