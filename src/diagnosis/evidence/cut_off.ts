/** @file Layers that no gradient is meant to reach. */
import { type Experiment, planExperiment } from '../../experiment/index.ts';

const STOP = 'stop_gradient';

export interface CutOff {
  /** Layers all of whose ways to a loss lead through a stop of the gradient. */
  readonly layers: ReadonlySet<string>;
  /** The stops. */
  readonly stops: readonly string[];
}

/** By the wiring alone: a layer is reached backwards from the output, or from a loss of its own, by ways without a stop. */
export function cutOff(experiment: Experiment): CutOff {
  const { layers } = planExperiment(experiment);
  const stops = layers.filter(({ type }) => type === STOP).map(({ name }) => name);
  if (stops.length === 0) return { layers: new Set(), stops };
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const reached = new Set<string>();
  const waiting = layers.filter((layer, i) => i === layers.length - 1 || layer.type === 'auxiliary_loss');
  for (let layer = waiting.pop(); layer !== undefined; layer = waiting.pop()) {
    if (reached.has(layer.name)) continue;
    reached.add(layer.name).add(layer.weights);
    if (layer.type !== STOP) waiting.push(...layer.inputs.flatMap((name) => byName.get(name) ?? []));
  }
  return { layers: new Set(layers.flatMap(({ name }) => (reached.has(name) ? [] : [name]))), stops };
}
