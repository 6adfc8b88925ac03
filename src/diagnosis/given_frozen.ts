/** @file Frozen layers of a trace that was measured elsewhere: weights that were kept out of the training on purpose. */

interface GivenSeries {
  readonly layer: string | null;
  readonly tensor: string | null;
  readonly metric: string;
  readonly values: readonly (number | null)[];
}

interface Given {
  readonly layers: readonly { readonly name: string; readonly parameters: number }[];
  readonly series: readonly GivenSeries[];
  readonly unit_passes: readonly {
    readonly units: number;
    readonly dead_units: number | null;
  }[];
}

/** Smaller gradients may have become 0 by rounding. */
const UNDERFLOW = 1e-30;

const isUpdate = ({ tensor }: GivenSeries): boolean => tensor?.endsWith('.update') === true;
const isOfWeights = ({ tensor }: GivenSeries): boolean =>
  tensor !== null && !['output', 'output_gradient', 'state_gradient'].includes(tensor);
const isSize = ({ metric }: GivenSeries): boolean => metric === 'l2_norm' || metric === 'rms';
/** Of the weights themselves where that was recorded, else of the outputs. */
function gradientsOf(series: readonly GivenSeries[]): GivenSeries[] {
  const sizes = series.filter(isSize);
  const ofWeights = sizes.filter(({ tensor }) => tensor?.endsWith('.gradient') === true);
  return ofWeights.length > 0 ? ofWeights : sizes.filter(({ tensor }) => tensor === 'output_gradient');
}
/** A layer that gets so much less of the gradient than another may stand still by rounding: as in `vanishing_gradient`. */
const FAINT = 1e-3;

const largest = (series: readonly GivenSeries[]): number =>
  series.reduce((most, { values }) => values.reduce<number>((a, b) => Math.max(a, b ?? 0), most), 0);
const isAbove = (series: readonly GivenSeries[], limit: number): boolean =>
  series.some(({ values }) => values.some((value) => value !== null && value > limit));
/** null is NaN, which is no 0. */
const isZero = ({ values }: GivenSeries): boolean => values.every((value) => value === 0);

/** Whether something stops all gradients: outputs of 0, or a layer all of whose units are dead. */
const isBlocked = ({ series, unit_passes }: Given): boolean =>
  series.some(
    ({ tensor, metric, values }) =>
      tensor === 'output' && metric === 'rms' && values.some((rms) => rms === 0),
  ) || unit_passes.some(({ units, dead_units }) => dead_units === units);

/** Gradients that are 0 next to one that is close to underflow have underflowed themselves. */
function mayUnderflow({ series }: Given): boolean {
  return gradientsOf(series).some(({ values }) =>
    values.some((size) => size !== null && size > 0 && size < UNDERFLOW),
  );
}

/** Layers whose weights never move while those of others do, and which no fault keeps from moving. */
function frozenLayers(given: Given): Set<string> {
  const seriesOf = (name: string) => given.series.filter(({ layer }) => layer === name);
  const trained = given.layers.filter(({ parameters }) => parameters > 0).map(({ name }) => name);
  const moves = (name: string) => isAbove(seriesOf(name).filter(isUpdate), 0);
  if (!trained.some(moves)) return new Set();
  const isFaulty = isBlocked(given) || mayUnderflow(given);
  const usual = largest(trained.filter(moves).flatMap((name) => gradientsOf(seriesOf(name))));
  const isFrozen = (name: string): boolean => {
    const own = seriesOf(name);
    const updates = own.filter(isUpdate);
    const gradients = gradientsOf(own);
    // Nothing of it was recorded, as for weights without a gradient in PyTorch.
    if (updates.length === 0) return gradients.length === 0 && !isFaulty;
    if (!updates.every(isZero)) return false;
    const weights = own.filter((one) => one.tensor?.endsWith('kernel') === true && one.metric === 'l2_norm');
    // Weights of 0 that stay so are a fault of the start.
    if (weights.length > 0 && weights.every(isZero)) return false;
    const size = largest(gradients);
    // A gradient like those that move other layers, and no step along it.
    if (size > 0) return size > FAINT * usual && (gradients.some(isOfWeights) || !isFaulty);
    return !isFaulty;
  };
  return new Set(trained.filter(isFrozen));
}

/** With no parameters in frozen layers, and no series of them: so no rule expects these to move. */
export function withoutFrozen<T extends Given>(given: T): T {
  const frozen = frozenLayers(given);
  if (frozen.size === 0) return given;
  return {
    ...given,
    layers: given.layers.map((layer) => (frozen.has(layer.name) ? { ...layer, parameters: 0 } : layer)),
    series: given.series.filter((one) => !(isOfWeights(one) && one.layer !== null && frozen.has(one.layer))),
  };
}
