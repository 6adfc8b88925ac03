/**
 * @file Keeps the wiring of a network whose layers are changed: what was inserted behind a layer stands between it and whoever
 * names it, what was inserted before one takes its inputs, and names that count (dense_3) are counted again.
 */
import type { Experiment } from '../experiment/index.ts';
import { BODY_INPUT, type LayerConfig, listNames, type NamedPlace, referenceOf } from '../network/index.ts';
import { present } from '../util/assert.ts';
import type { Change } from './remedy.ts';

/** Where a layer stood that an edit changes or copies. Spreads keep it, JSON does not see it. */
const ORIGIN = Symbol('origin');

type Marked = LayerConfig & { readonly [ORIGIN]?: string };

const originOf = (layer: LayerConfig): string | undefined => (layer as Marked)[ORIGIN];

const insertedBefore = new WeakSet<LayerConfig>();

/** A new layer that takes what the next one took; others take what the one before gives. */
export function beforeNext(layer: LayerConfig): LayerConfig {
  const copy = { ...layer };
  insertedBefore.add(copy);
  return copy;
}

const mark = (layers: readonly LayerConfig[], path = ''): Marked[] =>
  layers.map((layer, i) => ({
    ...layer,
    ...(layer.layers === undefined ? {} : { layers: mark(layer.layers, `${path}/${i}`) }),
    [ORIGIN]: `${path}/${i}`,
  }));

/** The layer that it names because of its weights. */
function namedBy(layer: LayerConfig): string | null {
  const option = referenceOf(layer.type);
  const name = option === undefined ? null : layer[option];
  return typeof name === 'string' ? name : null;
}

const isWired = (layers: readonly LayerConfig[]): boolean =>
  layers.some(
    (layer) => layer.inputs !== undefined || namedBy(layer) !== null || isWired(layer.layers ?? []),
  );

const holds = (layer: LayerConfig, origin: string): boolean =>
  originOf(layer) === origin || (layer.layers ?? []).some((inner) => holds(inner, origin));

/** A layer of the network as it was, with the copies of the repeats that it stands in. */
type Target = Pick<NamedPlace, 'path' | 'copies'>;

class Rewiring {
  /** Layers whose weights are used elsewhere, and that are gone, or no longer alone what is used there. */
  readonly parted: string[] = [];
  readonly #before: ReadonlyMap<string, readonly NamedPlace[]>;
  readonly #after: ReadonlyMap<string, readonly NamedPlace[]>;
  readonly #original: readonly LayerConfig[];

  constructor(original: readonly LayerConfig[], edited: readonly LayerConfig[]) {
    this.#original = original;
    this.#before = listNames(original);
    this.#after = listNames(edited);
  }

  #layerAt(path: string): LayerConfig {
    const [, first, ...rest] = path.split('/').map(Number);
    const start = present(this.#original[first as number]);
    return rest.reduce<LayerConfig>((layer, index) => present(layer.layers?.[index]), start);
  }

  /** What a layer took, as names of its own list; where it named nothing the layer before it. */
  #namesTaken(path: string): readonly string[] {
    const given = this.#layerAt(path).inputs;
    if (given !== undefined) return given;
    const [list, index] = [listOf(path), Number(path.slice(path.lastIndexOf('/') + 1))];
    if (index === 0) return [BODY_INPUT];
    const before = `${list}/${index - 1}`;
    return [present(this.#placesOf(list).findLast((place) => isWithin(place.path, before))).name];
  }

  readonly #placesOf = (list: string) => this.#before.get(list) ?? [];

  /** Where in the edited list what a target gave is given now; null where nothing is left of it. */
  #end(layers: readonly LayerConfig[], list: string, origin: string): string | null {
    const exact = layers.findIndex((layer) => originOf(layer) === origin);
    const index = exact === -1 ? layers.findIndex((layer) => holds(layer, origin)) : exact;
    const layer = layers[index];
    if (layer === undefined) return null;
    if (exact === -1 && layer.type === 'repeat')
      return this.#end(layer.layers ?? [], `${list}/${index}`, origin);
    let last = index;
    while (isInsertedBehind(layers[last + 1])) last++;
    return `${list}/${last}`;
  }

  /** The name that stands in the edited list for a name of the original list. */
  #renamed(name: string, from: string, layers: readonly LayerConfig[], list: string): string {
    const target: Target | undefined = this.#placesOf(from).find((place) => place.name === name);
    if (target === undefined) return name;
    const end = this.#end(layers, list, target.path);
    if (end === null) {
      const [taken] = this.#namesTaken(target.path);
      return taken === undefined ? name : this.#renamed(taken, from, layers, list);
    }
    const places = (this.#after.get(list) ?? []).filter(({ path }) => isWithin(path, end));
    const same = places.filter(({ copies }) => target.copies.every((copy, i) => copies[i] === copy));
    return present(same.at(-1) ?? places.at(-1)).name;
  }

  /** Where a layer stands now; null where it is gone, or where it has to be `whole` and something was put before or behind it. */
  #place(layers: readonly LayerConfig[], list: string, origin: string, whole: boolean): string | null {
    const index = layers.findIndex((layer) => originOf(layer) === origin);
    if (index === -1) {
      const outer = layers.findIndex((layer) => layer.type === 'repeat' && holds(layer, origin));
      return outer === -1
        ? null
        : this.#place(layers[outer]?.layers ?? [], `${list}/${outer}`, origin, whole);
    }
    const before = layers[index - 1];
    const isParted =
      isInsertedBehind(layers[index + 1]) || (before !== undefined && insertedBefore.has(before));
    return whole && isParted ? null : `${list}/${index}`;
  }

  /** What the layer names because of its weights, as it is called now. */
  #reference(layer: LayerConfig, layers: readonly LayerConfig[], list: string): Record<string, string> {
    const origin = originOf(layer);
    const name = origin === undefined ? null : namedBy(this.#layerAt(origin));
    const option = referenceOf(layer.type);
    if (origin === undefined || name === null || option === undefined) return {};
    const target = this.#placesOf(listOf(origin)).find((place) => place.name === name);
    const at = target && this.#place(layers, list, target.path, layer.type === 'shared');
    const now = (this.#after.get(list) ?? []).find(
      ({ path, copies }) => path === at && target?.copies.every((copy, i) => copies[i] === copy),
    );
    if (now === undefined) this.parted.push(name);
    return { [option]: now?.name ?? name };
  }

  list(layers: readonly LayerConfig[], list = ''): LayerConfig[] {
    return layers.map((layer, index) => {
      const { inputs: _inputs, ...rest } = layer;
      const origin = this.#ownerOfInputs(layers, index);
      const given = origin === undefined ? undefined : this.#layerAt(origin).inputs;
      const inputs = given?.map((name) => this.#renamed(name, listOf(origin as string), layers, list));
      const inside =
        layer.layers === undefined ? {} : { layers: this.list(layer.layers, `${list}/${index}`) };
      const reference = this.#reference(layer, layers, list);
      return { ...rest, ...reference, ...inside, ...(inputs === undefined ? {} : { inputs }) };
    });
  }

  /** The original layer whose inputs the layer at this place of a list takes now. */
  #ownerOfInputs(layers: readonly LayerConfig[], index: number): string | undefined {
    const layer = layers[index] as LayerConfig;
    // What stands behind a layer that was put before it takes that one's output.
    const before = layers[index - 1];
    if (before !== undefined && insertedBefore.has(before)) return undefined;
    let first = insertedBefore.has(layer) ? layers[index + 1] : layer;
    // A layer that was put around others takes what the first of them took.
    while (first !== undefined && originOf(first) === undefined) first = first.layers?.[0];
    const origin = first === undefined ? undefined : originOf(first);
    if (origin === undefined) return undefined;
    const isWrapped = index === 0 && layer === first && this.#wrapped.has(layer);
    return isWrapped ? undefined : origin;
  }

  readonly #wrapped = new WeakSet<LayerConfig>();

  /** The first layers of what was put around others: their inputs go to it. */
  wrap(layers: readonly LayerConfig[]): this {
    for (const layer of layers) {
      const [first] = layer.layers ?? [];
      if (first !== undefined && originOf(layer) === undefined) this.#wrapped.add(first);
      this.wrap(layer.layers ?? []);
    }
    return this;
  }
}

const listOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}/`);
const isInsertedBehind = (layer: LayerConfig | undefined): boolean =>
  layer !== undefined &&
  originOf(layer) === undefined &&
  layer.layers === undefined &&
  !insertedBefore.has(layer);

/** The change, after which every layer still takes what it took. */
export function keepWiring(experiment: Experiment, change: (experiment: Experiment) => Change): Change {
  const { layers } = experiment.network;
  if (!isWired(layers) || layers.some((layer) => originOf(layer) !== undefined)) return change(experiment);
  const result = change({ ...experiment, network: { ...experiment.network, layers: mark(layers) } });
  if ('reason' in result) return result;
  const { network } = result.experiment;
  const rewiring = new Rewiring(layers, network.layers).wrap(network.layers);
  const edited = rewiring.list(network.layers);
  const [parted] = rewiring.parted;
  if (parted !== undefined)
    return {
      reason: `the weights of "${parted}" are used in several places, and it would change only one of them`,
    };
  return { experiment: { ...result.experiment, network: { ...network, layers: edited } } };
}
