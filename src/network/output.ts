/** @file Which layers give the prediction: the last one that computes, whatever only moves its numbers afterwards. */
import type { PlacedLayer } from './placement.ts';

/** The layer of the list whose numbers another takes; undefined where it takes the list's own, or merges several. */
function before({ inputs, part }: PlacedLayer, layers: readonly PlacedLayer[]): PlacedLayer | undefined {
  const [source, ...others] = inputs;
  // Of several, one that computes nothing passes on the first.
  if (source === undefined || (others.length > 0 && !part.inert) || !('layer' in source)) return undefined;
  return layers.find(({ name }) => name === source.layer);
}

/** The layers in which the outputs of the network end, in their order: its last one, or what that puts side by side. */
export function outputEnds(layers: readonly PlacedLayer[]): PlacedLayer[] {
  const last = layers.at(-1);
  if (last?.type !== 'outputs') return layers.slice(-1);
  return last.inputs.flatMap((source) =>
    'layer' in source ? layers.filter(({ name }) => name === source.layer) : [],
  );
}

/**
 * The layers that give the prediction, or the output that ends in `end`, last first: the last that computes, and where that is an
 * activation by itself, the one whose outputs it is applied to. Of several outputs those of one after those of the other.
 */
export function outputLayers(layers: readonly PlacedLayer[], end?: PlacedLayer): PlacedLayer[] {
  if (end === undefined) return outputEnds(layers).flatMap((one) => outputLayers(layers, one));
  let last: PlacedLayer | undefined = end;
  while (last?.part.inert) last = before(last, layers);
  if (last === undefined) return [end];
  let activated = last.type === 'activation' ? before(last, layers) : undefined;
  while (activated?.part.inert) activated = before(activated, layers);
  return activated === undefined ? [last] : [last, activated];
}
