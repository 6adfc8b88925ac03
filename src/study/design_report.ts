/** @file What a design search answers: the best functions, what theory was worth, and whether any beats the controls. */
import type { Experiment } from '../experiment/index.ts';
import { type ActivationConfig, resolveActivation } from '../network/index.ts';
import { type Arm, interval } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import { labelOf, mean, metricOf, valuesOf } from './candidates.ts';
import { type Entrant, type Entry, FRESH_SEEDS } from './design_entrants.ts';
import type { DesignOptions, DesignReport } from './design_schema.ts';
import { onSecondData } from './second_data.ts';

export const spearman = (a: readonly number[], b: readonly number[]): number | null => {
  if (a.length < 3) return null;
  const ranks = (values: readonly number[]) => {
    const sorted = values.toSorted((x, y) => x - y);
    return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
  };
  const [x, y] = [ranks(a), ranks(b)];
  const [mx, my] = [mean(x), mean(y)];
  const product = (u: readonly number[], mu: number, v: readonly number[], mv: number) =>
    u.reduce((sum, value, i) => sum + (value - mu) * ((v[i] as number) - mv), 0);
  const scale = Math.sqrt(product(x, mx, x, mx) * product(y, my, y, my));
  return scale === 0 ? null : product(x, mx, y, my) / scale;
};

type Comparison = DesignReport['comparisons'][number];

function compared(data: string, control: string, mine: Arm, theirs: Arm): Comparison {
  const [function_values, control_values] = [valuesOf(mine), valuesOf(theirs)];
  const differences = function_values.map((value, i) =>
    value === control_values[i] ? 0 : value - (control_values[i] as number),
  );
  const confidence_interval = interval(differences);
  const upper = confidence_interval[1];
  return {
    ...{ data, control, function_values, control_values, confidence_interval },
    seeds: mine.traces.map(({ seed }) => seed),
    metric: metricOf(mine),
    mean_difference: mean(differences),
    better: typeof upper === 'number' && upper < 0,
  };
}

/** On seeds that chose nothing, of the search's own data and of second ones. */
export async function compare(
  best: Entrant,
  control: Entrant,
  second: DesignOptions['second_data'],
  seeds: readonly number[],
  runner: ArmRunner,
): Promise<{ comparisons: Comparison[]; data: Experiment['data'] | null }> {
  const from = (seeds.at(-1) ?? 0) + 1;
  const fresh = Array.from({ length: FRESH_SEEDS }, (_, i) => from + i);
  const arms = (name: string, mine: Experiment, theirs: Experiment) =>
    Promise.all([
      runner.run(`${name}/${labelOf(best)}`, mine, fresh, name === 'proof'),
      runner.run(`${name}/${labelOf(control)}`, theirs, fresh),
    ]);
  const own = compared(
    best.experiment.data.type,
    control.name,
    ...(await arms('proof', best.experiment, control.experiment)),
  );
  const [mine, theirs] = [onSecondData(best.experiment, second), onSecondData(control.experiment, second)];
  if (mine === null || theirs === null) return { comparisons: [own], data: null };
  const other = compared(mine.data.type, control.name, ...(await arms('second_data', mine, theirs)));
  return { comparisons: [own, other], data: mine.data };
}

/** E φ′(z)² of z ~ N(0, 1) by the trapezoid rule; the curve on −6 … 6. */
function curveOf(activation: ActivationConfig) {
  const inputs = Array.from({ length: 121 }, (_, i) => (i - 60) / 10);
  const { values, derivatives } = resolveActivation(activation).evaluate(inputs);
  const weights = inputs.map((z) => Math.exp((-z * z) / 2) / (10 * Math.sqrt(2 * Math.PI)));
  const gain = derivatives.reduce((sum, slope, i) => sum + slope * slope * (weights[i] as number), 0);
  return { gain, curve: { inputs, values, derivatives } };
}

export function told({ candidate, arm }: Entry): DesignReport['functions'][number][] {
  const { designed, realized: one } = candidate;
  if (designed === null || one === null) return [];
  const activation = resolveActivation(one.activation);
  const { formula, generation, foresight, tailored } = designed;
  return [
    {
      ...{ formula, generation, foresight, tailored: tailored !== null },
      activation: one.activation,
      kernel_initializer: one.initializer,
      ...curveOf(one.activation),
      values: valuesOf(arm),
      mean: mean(valuesOf(arm)),
      code: { pytorch: activation.pytorch(1), keras: activation.keras },
    },
  ];
}

export function concluded(
  best: Entrant | undefined,
  comparisons: readonly Comparison[],
): { beats_controls: boolean; conclusion: string } {
  if (best === undefined || comparisons.length === 0)
    return { beats_controls: false, conclusion: 'No function could be tried on this network.' };
  const beats = comparisons.every(({ better }) => better);
  const control = comparisons[0]?.control ?? '';
  const on = comparisons.map(({ data }) => data).join(' and ');
  const alone =
    comparisons.length === 1 ? ' No second data set fits this network: name one as design.second_data.' : '';
  return {
    beats_controls: beats,
    conclusion:
      (beats
        ? `${best.name} has a lower loss than ${control}, the best control, on fresh seeds of ${on}; the 95 % interval excludes 0.`
        : `None does better than the controls: ${best.name}, the best function, is not reliably better than ${control} on fresh seeds of ${on}.`) +
      alone,
  };
}
