/** @file Which layers give the prediction: the last one that computes, whatever only moves its numbers afterwards. */
import type { PlacedLayer } from './placement.ts';

/**
 * The layers that give the prediction, last first: the last that computes, and where that is an activation by itself, the one
 * whose outputs it is applied to.
 */
export function outputLayers(layers: readonly PlacedLayer[]): PlacedLayer[] {
  const computing = layers.filter(({ part }) => !part.inert);
  const [last, before] = [computing.at(-1), computing.at(-2)];
  if (last === undefined) return layers.slice(-1);
  return last.type === 'activation' && before !== undefined ? [last, before] : [last];
}
