/** @file Which layers give the prediction: the last one that computes, whatever only moves its numbers afterwards. */
import type { PlacedLayer } from './placement.ts';

/** The layer of the list whose numbers another takes; undefined where it takes the list's own, or merges several. */
function before({ inputs, part }: PlacedLayer, layers: readonly PlacedLayer[]): PlacedLayer | undefined {
  const [source, ...others] = inputs;
  // Of several, one that computes nothing passes on the first.
  if (source === undefined || (others.length > 0 && !part.inert) || !('layer' in source)) return undefined;
  return layers.find(({ name }) => name === source.layer);
}

/**
 * The layers that give the prediction, last first: the last that computes, and where that is an activation by itself, the one
 * whose outputs it is applied to.
 */
export function outputLayers(layers: readonly PlacedLayer[]): PlacedLayer[] {
  let last = layers.at(-1);
  while (last?.part.inert) last = before(last, layers);
  if (last === undefined) return layers.slice(-1);
  let activated = last.type === 'activation' ? before(last, layers) : undefined;
  while (activated?.part.inert) activated = before(activated, layers);
  return activated === undefined ? [last] : [last, activated];
}
