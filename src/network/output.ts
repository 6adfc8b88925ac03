/** @file Which layers give the prediction: the last one that computes, whatever only moves its numbers afterwards. */
import type { PlacedLayer } from './placement.ts';

/** What leaves every number what it is, but for its place (and, in training, for noise). */
const MOVING: ReadonlySet<string> = new Set([
  'flatten',
  'reshape',
  'permute',
  'repeat_vector',
  'masking',
  'dropout',
  'spatial_dropout1d',
  'spatial_dropout2d',
  'drop_path',
  'gaussian_noise',
]);

interface Rescaling {
  readonly scale?: unknown;
  readonly offset?: unknown;
}

const isAll = (given: unknown, value: number): boolean =>
  [given].flat().every((one) => one === undefined || one === value);

/** Whether a layer only moves numbers: it hides neither an activation before it nor an output behind it. */
function onlyMoves({ type, options }: Pick<PlacedLayer, 'type' | 'options'>): boolean {
  if (MOVING.has(type)) return true;
  if (type === 'activation') return (options as { activation: unknown }).activation === 'linear';
  const { scale, offset } = options as Rescaling;
  return type === 'rescaling' && isAll(scale, 1) && isAll(offset, 0);
}

/**
 * The layers that give the prediction, last first: the last that computes, and where that is an activation by itself, the one
 * whose outputs it is applied to.
 */
export function outputLayers(layers: readonly PlacedLayer[]): PlacedLayer[] {
  const computing = layers.filter((layer) => !onlyMoves(layer));
  const [last, before] = [computing.at(-1), computing.at(-2)];
  if (last === undefined) return layers.slice(-1);
  return last.type === 'activation' && before !== undefined ? [last, before] : [last];
}
