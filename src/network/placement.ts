/** @file From the layers of the request to the layers of the network: `repeat` expanded, every layer named and located. */
import { pointerOf } from '../util/json.ts';
import { type LayerConfig, type LayerType, layerKind } from './layers/index.ts';
import type { Layer } from './layers/layer.ts';

export interface PlacedLayer {
  readonly name: string;
  readonly type: LayerType;
  /** What it is, its options included. */
  readonly part: Layer;
  /** JSON Pointer into the request. */
  readonly pointer: string;
  readonly body: readonly PlacedLayer[];
}

/** How many layers the expansion would give; computed without expanding, so that nested repeats cannot exhaust memory. */
export function countLayers(layers: readonly LayerConfig[]): number {
  return layers.reduce((sum, layer) => {
    const inside = layer.layers === undefined ? 0 : countLayers(layer.layers);
    return sum + (layer.type === 'repeat' ? (layer.times as number) * inside : 1 + inside);
  }, 0);
}

/**
 * Names default to `<type>_<n>`, n counting that type in order of appearance; a named layer inside `repeat` becomes
 * `<name>_1`, `<name>_2`, …; layers inside `residual` are named as if it were not there.
 */
export function placeLayers(layers: readonly LayerConfig[], path: readonly PropertyKey[]): PlacedLayer[] {
  const ofType = new Map<string, number>();
  const ofName = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return `${key}_${next}`;
  };
  const place = (
    configs: readonly LayerConfig[],
    at: readonly PropertyKey[],
    repeated: boolean,
  ): PlacedLayer[] =>
    configs.flatMap((config, index) => {
      const here = [...at, index];
      const inside = [...here, 'layers'];
      if (config.type === 'repeat') {
        return Array.from({ length: config.times as number }, () =>
          place(config.layers ?? [], inside, true),
        ).flat();
      }
      const numbered = count(ofType, config.type);
      const given =
        config.name === undefined ? numbered : repeated ? count(ofName, config.name) : config.name;
      return {
        name: given,
        type: config.type,
        part: layerKind.resolve(config),
        pointer: pointerOf(here),
        body: config.layers === undefined ? [] : place(config.layers, inside, repeated),
      };
    });
  return place(layers, path, false);
}

/** Every layer in order of appearance, composites before what they hold. */
export const flattenLayers = (layers: readonly PlacedLayer[]): PlacedLayer[] =>
  layers.flatMap((layer) => [layer, ...flattenLayers(layer.body)]);
