/** @file From the layers of the request to the layers of the network: `repeat` expanded, every layer named, located and wired. */
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

class Placement {
  readonly problems: WiringProblem[] = [];

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
    const part = layerKind.resolve(config);
    const inputs = wiring.sourcesOf(config, path, part);
    const body = this.#body(config.layers ?? [], [...path, 'layers'], scopes);
    const source = { layer: name };
    wiring.name(local, source);
    wiring.follow(source);
    return {
      names,
      layer: { name, type: config.type, part, config, pointer: pointerOf(path), inputs, body },
    };
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
      const drafts = this.list(config.layers ?? [], place);
      for (const { layer, names } of drafts) wiring.name(names[1] as string, { layer: layer.name });
      all.push(...drafts.map(({ layer, names }) => ({ layer, names: names.slice(1) })));
      source = inner.last ?? undefined;
    }
    if (source !== undefined) wiring.follow(source);
    if (source !== undefined && config.name !== undefined) wiring.name(config.name, source);
    return all;
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
