/** @file The candidates of a search: an experiment with another activation, what its trainings gave, and its row in the ranking. */
import { seriousFindings } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import type { ActivationConfig } from '../network/index.ts';
import { type Arm, interval, patchBetween } from '../remedies/index.ts';
import { findSeries } from '../statistics/index.ts';
import type { Proof } from './proof.ts';
import type { SearchOptions, SearchReport } from './search_schema.ts';

export interface Candidate {
  /** Null for the experiment as it is. */
  readonly activation: ActivationConfig | null;
  readonly initializer: string | null;
  readonly normalization: SearchOptions['normalizations'][number] | null;
  readonly experiment: Experiment;
}

/** Share of the steps and of the seeds; the best half goes on to the next. */
export const ROUNDS = [
  { steps: 1 / 4, seeds: 1 / 3 },
  { steps: 1 / 2, seeds: 2 / 3 },
  { steps: 1, seeds: 1 },
] as const;

export const labelOf = ({
  activation,
  initializer,
  normalization,
}: Omit<Candidate, 'experiment'>): string => {
  const name = typeof activation === 'string' ? activation : JSON.stringify(activation);
  return activation === null ? 'as_it_is' : [name, initializer, normalization].join(' ');
};

export interface Result {
  readonly candidate: Candidate;
  readonly arm: Arm;
  readonly round: number;
}

type Metric = SearchReport['ranking'][number]['metric'];

export const metricOf = ({ traces }: Arm): Metric =>
  traces.every(({ final }) => final.validation_loss !== null) ? 'validation_loss' : 'final_loss';

/** Without penalty; ∞ where the training diverged. */
export function valuesOf(arm: Arm): number[] {
  const metric = metricOf(arm);
  return arm.traces.map(({ final, divergence }) => {
    const loss = metric === 'validation_loss' ? final.validation_data_loss : final.data_loss;
    const bad = divergence !== null || loss === null || Number.isNaN(loss);
    return bad ? Number.POSITIVE_INFINITY : loss;
  });
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export const byLoss = (a: Result, b: Result): number => {
  const [x, y] = [mean(valuesOf(a.arm)), mean(valuesOf(b.arm))];
  return x === y ? 0 : x - y;
};

/** First hidden layer over last, of the probed steps; null where fewer than two were measured. */
function gradientRatio({ traces }: Arm): number | null {
  const ratios = traces.flatMap((trace) => {
    const hidden = trace.layers.filter((layer) => layer.parameters > 0 && !layer.is_output);
    const series = (name = '') => findSeries(trace, name, 'output_gradient', 'rms');
    const [first, last] = [series(hidden[0]?.name), series(hidden.at(-1)?.name)];
    if (first === undefined || last === undefined || hidden.length < 2) return [];
    return [...first.values].map((value, i) => value / (last.values[i] as number)).filter(Number.isFinite);
  });
  return ratios.length === 0 ? null : mean(ratios);
}

/** The row of what a search comes to: what is proven, else the best of what has not failed its proof. */
export const bestRow = ({
  ranking,
}: Pick<SearchReport, 'ranking'>): SearchReport['ranking'][number] | undefined =>
  ranking.find(({ proof }) => proof?.holds === true) ??
  ranking.find(({ proof, verdict }) => proof === null || verdict !== 'unhealthy');

/** Healthy is what is so on seeds that chose nothing as well: null where nobody has tried, or not to the end. */
function verdictOf(arm: Arm | null, proof: Proof | null): 'healthy' | 'unhealthy' | null {
  if (arm === null || arm.verdict === 'unhealthy') return arm?.verdict ?? null;
  if (proof === null || proof.failed) return proof === null ? null : 'unhealthy';
  return proof.holds ? 'healthy' : null;
}

export function row(
  experiment: Experiment,
  { candidate, arm, round }: Result,
  rank: number,
  proof: Proof | null,
): SearchReport['ranking'][number] {
  const values = valuesOf(arm);
  const { activation, initializer, normalization } = candidate;
  const complete = round === ROUNDS.length;
  return {
    ...{ rank, activation, initializer, normalization, round },
    seeds: arm.traces.map(({ seed }) => seed),
    metric: metricOf(arm),
    values,
    mean: mean(values),
    confidence_interval: interval(values),
    verdict: verdictOf(complete ? arm : null, proof),
    findings: complete ? seriousFindings(arm.checks).map(({ rule }) => rule) : [],
    proof: proof === null ? null : { seeds: proof.arm.traces.map(({ seed }) => seed), holds: proof.holds },
    gradient_ratio: gradientRatio(arm),
    patch: patchBetween(experiment, candidate.experiment),
  };
}
