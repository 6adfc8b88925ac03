/** @file What a layer does to a signal and to the gradient that comes back. */
import type { Activation } from '../activations/activation.ts';
import { applyElementwise } from './elementwise.ts';
import {
  alongValues,
  type Covariance,
  combined,
  type Gradient,
  product,
  type Signal,
  sum,
} from './signal.ts';
import type { WeightMoments } from './weights.ts';

/** Told what the gradient is at every place that the backward pass comes by. */
export interface Visitor {
  /** At the layer's output. */
  output(layer: string, covariance: Covariance): void;
  /**
   * At the layer's preactivation, whose kernel gradient is Σ_a δ_a x_aᵀ: in mean square Σ_ab E δ_aδ_b E x_ax_b.
   * @param inputs moments of x
   */
  kernel(layer: string, covariance: Covariance, inputs: Float64Array): void;
}

export type Backward = (gradient: Gradient, visitor: Visitor) => Gradient;

/** A layer as an affine map with random weights, then an activation. */
export interface Transfer {
  readonly preactivation: Signal;
  /** From the gradient at the preactivation to that at the input. */
  readonly backward: Backward;
  readonly activation: Activation | null;
}

/** Why the theory ends at a layer. */
export interface NotReached {
  readonly reason: string;
}

export const isNotReached = (value: object): value is NotReached => 'reason' in value;

/** The layer's name, and what is known of its parameters. */
export interface Surroundings {
  readonly layer: string;
  /** Moments of a parameter; null where it has none or they are not known. */
  moments(tensor: string): WeightMoments | null;
}

/** The layer's affine part; of layers without one the identity. */
export const identity = (input: Signal, shape: readonly number[] = input.shape): Transfer => ({
  preactivation: { ...input, shape },
  backward: (gradient) => gradient,
  activation: null,
});

/** The activation after the affine map: gradient and slope are taken as independent (Schoenholz et al. 2017). */
export function activate({
  preactivation,
  activation,
  backward,
}: Transfer): { output: Signal; backward: Backward } | NotReached {
  if (activation === null || activation.name === 'linear') return { output: preactivation, backward };
  const result = applyElementwise(activation, preactivation);
  if (result === null)
    return { reason: `${activation.name} mixes the units: there is no theory of it inside a network` };
  const { output, slopes, growth, alongSlopes } = result;
  const back = ({ covariance, radial }: Gradient): Gradient => {
    const inward = radial.map((value, a) => value * (growth[a] as number));
    const own = product(covariance, slopes);
    if (radial.every((value) => value === 0)) return { covariance: own, radial: inward };
    // What goes along φ arrives as φ φ′; its part along x is `inward`, the rest is random to the layer before.
    const arriving = alongValues(
      radial.map((value, a) => value * (alongSlopes[a] as number)),
      output,
    );
    const kept = alongValues(inward, preactivation);
    return { covariance: combined(sum(own, arriving), kept, -1), radial: inward };
  };
  return { output, backward: (gradient, visitor) => backward(back(gradient), visitor) };
}
