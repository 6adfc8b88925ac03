/**
 * @file The end of a network: its last preactivation, drawn as normal numbers with the predicted moments, through the last
 * activations into the loss and back. Each draw stands for one random network; what the theory says of its gradient is
 * exact in the loss, its targets and the activations of the output.
 */
import type { Activation, Loss } from '../../network/index.ts';
import type { Covariance, Signal } from '../../network/propagation/index.ts';

/** Lower triangle of a positive semi-definite matrix; directions without variance are left out. */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  const rest = (i: number, j: number) => {
    let value = matrix[i * n + j] as number;
    for (let k = 0; k < j; k++) value -= (lower[i * n + k] as number) * (lower[j * n + k] as number);
    return value;
  };
  for (let j = 0; j < n; j++) {
    const square = rest(j, j);
    if (!(square > 1e-12 * (matrix[j * n + j] as number))) continue;
    const pivot = Math.sqrt(square);
    lower[j * n + j] = pivot;
    for (let i = j + 1; i < n; i++) lower[i * n + j] = rest(i, j) / pivot;
  }
  return lower;
}

export interface HeadLayer {
  readonly layer: string;
  /** Null where it hands its input on. */
  readonly activation: Activation | null;
}

export interface Targets {
  readonly loss: Loss;
  /** The targets of the batch, [batch][outputs]: one-hot for classes. */
  readonly rows: readonly (readonly number[])[];
  /** What the slope of each output is multiplied by: 1/batch, or the class weight's share; [batch][outputs]. */
  readonly shares: readonly (readonly number[])[];
}

/** Values of one sample after each head layer. */
function forward(layers: readonly HeadLayer[], values: readonly number[]) {
  const stages: { values: number[]; derivatives: number[] }[] = [];
  let here = [...values];
  for (const { activation } of layers) {
    const stage =
      activation === null ? { values: here, derivatives: here.map(() => 1) } : activation.evaluate(here);
    stages.push(stage);
    here = stage.values;
  }
  return { stages, output: here };
}

/** ∂/∂z of an activation, applied to the gradient at its output. */
function backThroughActivation(
  activation: Activation | null,
  { values, derivatives }: { values: number[]; derivatives: number[] },
  gradient: readonly number[],
): number[] {
  if (activation === null || activation.curve !== null)
    return gradient.map((value, j) => value * (derivatives[j] as number));
  // Softmax: pⱼ (gⱼ − Σ p g).
  const mean = gradient.reduce((total, value, j) => total + value * (values[j] as number), 0);
  return gradient.map((value, j) => (values[j] as number) * (value - mean));
}

export interface Draw {
  /** Gradient at the last preactivation: E δ_aδ_b over its units, for the samples of the signal. */
  readonly covariance: Covariance;
  /** Derivative of the loss by E x_a² there, Σ E δ_a x_a / 2 Var(x_a) (Stein); counted in `covariance` as well. */
  readonly radial: Float64Array;
  /** Mean square, over samples and units, of values and gradients after each head layer. */
  readonly layers: readonly { readonly output: number; readonly gradient: number }[];
  /** |Σ δ_a|² − Σ |δ_a|² over the whole batch, by units: the pairs of different samples. */
  readonly pairs: number;
}

const square = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value * value, 0);

function slopes({ loss, rows, shares }: Targets, output: readonly number[], sample: number): number[] {
  const slope = loss.slope(output, rows[sample] as readonly number[]);
  return slope.map((value, j) => value * (shares[sample]?.[j] as number));
}

/** One sample through the head and back. */
function through(layers: readonly HeadLayer[], values: readonly number[], targets: Targets, sample: number) {
  const { stages, output } = forward(layers, values);
  const gradients: number[][] = [];
  let gradient = slopes(targets, output, sample);
  for (let i = layers.length - 1; i >= 0; i--) {
    gradients.unshift(gradient);
    gradient = backThroughActivation(
      (layers[i] as HeadLayer).activation,
      stages[i] as { values: number[]; derivatives: number[] },
      gradient,
    );
  }
  return { stages, gradients, gradient };
}

/** Preactivations of one random network: [samples][units]. */
function drawValues(signal: Signal, lower: Float64Array, normal: () => number): number[][] {
  const { samples, mean } = signal;
  const units = signal.shape[0] ?? 1;
  const rows = Array.from({ length: samples }, (_, a) => new Array<number>(units).fill(mean[a] as number));
  const noise = new Float64Array(samples);
  for (let j = 0; j < units; j++) {
    for (let a = 0; a < samples; a++) noise[a] = normal();
    for (let a = 0; a < samples; a++) {
      const row = rows[a] as number[];
      let value = row[j] as number;
      for (let k = 0; k <= a; k++) value += (lower[a * samples + k] as number) * (noise[k] as number);
      row[j] = value;
    }
  }
  return rows;
}

/**
 * Σ δ over the batch. Samples that are not in the signal stand at the mean output, and the signal's samples say what that
 * leaves out.
 */
function batchSum(
  layers: readonly HeadLayer[],
  values: readonly (readonly number[])[],
  gradients: readonly (readonly number[])[],
  targets: Targets,
): number[] {
  const [samples, batch] = [values.length, targets.rows.length];
  const units = values[0]?.length ?? 0;
  const total = new Array<number>(units).fill(0);
  const add = (gradient: readonly number[], factor: number) => {
    for (let j = 0; j < units; j++) total[j] = (total[j] as number) + factor * (gradient[j] as number);
  };
  for (const gradient of gradients) add(gradient, batch / samples);
  if (batch === samples) return total;
  const middle = total.map((_, j) => values.reduce((mean, row) => mean + (row[j] as number) / samples, 0));
  for (let a = 0; a < batch; a++) {
    const { gradient } = through(layers, middle, targets, a);
    add(gradient, a < samples ? 1 - batch / samples : 1);
  }
  return total;
}

/** @param lower of the covariance of the signal, by `cholesky` */
export function drawHead(
  layers: readonly HeadLayer[],
  signal: Signal,
  lower: Float64Array,
  targets: Targets,
  normal: () => number,
): Draw {
  const { samples } = signal;
  const units = signal.shape[0] ?? 1;
  const values = drawValues(signal, lower, normal);
  const results = values.map((row, a) => through(layers, row, targets, a));
  const covariance = new Float64Array(samples * samples);
  for (let a = 0; a < samples; a++) {
    for (let b = 0; b < samples; b++) {
      const [p, q] = [results[a]?.gradient as number[], results[b]?.gradient as number[]];
      let total = 0;
      for (let j = 0; j < units; j++) total += (p[j] as number) * (q[j] as number);
      covariance[a * samples + b] = total / units;
    }
  }
  const radial = Float64Array.from(values, (row, a) => {
    const mean = signal.mean[a] as number;
    const variance = (signal.gram[a * samples + a] as number) - mean * mean;
    const along = row.reduce(
      (total, value, j) => total + (value - mean) * (results[a]?.gradient[j] as number),
      0,
    );
    return variance > 0 ? along / (2 * variance) : 0;
  });
  const gradients = results.map(({ gradient }) => gradient);
  const whole = square(batchSum(layers, values, gradients, targets)) / units;
  let own = 0;
  for (let a = 0; a < samples; a++) own += covariance[a * samples + a] as number;
  const count = samples * units;
  return {
    covariance,
    radial,
    layers: layers.map((_, i) => ({
      output: results.reduce((total, { stages }) => total + square(stages[i]?.values ?? []), 0) / count,
      gradient: results.reduce((total, result) => total + square(result.gradients[i] ?? []), 0) / count,
    })),
    pairs: whole - (own * targets.rows.length) / samples,
  };
}
