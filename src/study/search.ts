/**
 * @file Which activation suits this network: every candidate is trained on the same seeds and data order, by successive
 * halving (Jamieson & Talwalkar 2016, arXiv:1502.07943), and ranked by validation loss.
 */

import { seriousFindings } from '../diagnosis/index.ts';
import { type Experiment, parseExperiment, planExperiment, reportedExperiment } from '../experiment/index.ts';
import { codeOf } from '../export/index.ts';
import type { ActivationConfig } from '../network/index.ts';
import {
  type Arm,
  changeActivation,
  fittingInitializer,
  insertNormalization,
  interval,
  patchBetween,
} from '../remedies/index.ts';
import { copyOf } from '../util/json.ts';
import { ArmRunner } from './arms.ts';
import { Budget } from './budget.ts';
import type { StudyDependencies } from './dependencies.ts';
import { MIN_PROOF_SEEDS, type Proof, proofSeeds, prove } from './proof.ts';
import type { SearchOptions, SearchReport } from './search_schema.ts';

interface Candidate {
  /** Null for the experiment as it is. */
  readonly activation: ActivationConfig | null;
  readonly initializer: string | null;
  readonly normalization: SearchOptions['normalizations'][number] | null;
  readonly experiment: Experiment;
}

/** Share of the steps and of the seeds; the best half goes on to the next. */
const ROUNDS = [
  { steps: 1 / 4, seeds: 1 / 3 },
  { steps: 1 / 2, seeds: 2 / 3 },
  { steps: 1, seeds: 1 },
] as const;

const labelOf = ({ activation, initializer, normalization }: Omit<Candidate, 'experiment'>): string => {
  const name = typeof activation === 'string' ? activation : JSON.stringify(activation);
  return activation === null ? 'as_it_is' : [name, initializer, normalization].join(' ');
};

type Combination = Omit<Candidate, 'experiment'> & { readonly activation: ActivationConfig };

function combine({ activations, initializers, normalizations }: SearchOptions): Combination[] {
  return activations.flatMap((activation) =>
    initializers.flatMap((initializer) =>
      normalizations.map((normalization) => ({ activation, initializer, normalization })),
    ),
  );
}

function apply(experiment: Experiment, one: Combination): Candidate | { reason: string } {
  const { activation, initializer, normalization } = one;
  const fitting = initializer === 'fitting' ? fittingInitializer(activation) : initializer;
  const changed = changeActivation(
    experiment,
    activation,
    fitting === 'as_it_is' || fitting === null ? undefined : fitting,
  );
  if ('reason' in changed) return changed;
  const normalized =
    normalization === 'none' || normalization === null
      ? changed
      : insertNormalization(changed.experiment, {
          type: normalization,
          epsilon: 1e-3,
          ...(normalization === 'batch_norm' ? { momentum: 0.9 } : {}),
        });
  if ('reason' in normalized) return normalized;
  const parsed = parseExperiment(copyOf(normalized.experiment));
  if (!parsed.ok) return { reason: parsed.error.map(({ message }) => message).join('; ') };
  return { ...one, experiment: parsed.value.experiment };
}

/** Trials that a search may take: for the estimate. */
export function estimateSearchTrials(experiment: Experiment, options: SearchOptions): number {
  const seeds = experiment.remedies.seeds;
  let candidates = combine(options).length + 1;
  let trials = 0;
  for (const [index, round] of ROUNDS.entries()) {
    // What the others are compared with runs in every round, also where it is out of the race.
    const runners = index === 0 ? candidates : candidates + 1;
    trials += runners * Math.ceil(seeds * round.seeds);
    candidates = Math.ceil(candidates / 2);
  }
  return trials + proofSeeds(seeds);
}

interface Result {
  readonly candidate: Candidate;
  readonly arm: Arm;
  readonly round: number;
}

type Metric = SearchReport['ranking'][number]['metric'];

const metricOf = ({ traces }: Arm): Metric =>
  traces.every(({ final }) => final.validation_loss !== null) ? 'validation_loss' : 'final_loss';

/** Without penalty; ∞ where the training diverged. */
function valuesOf(arm: Arm): number[] {
  const metric = metricOf(arm);
  return arm.traces.map(({ final, divergence }) => {
    const loss = metric === 'validation_loss' ? final.validation_data_loss : final.data_loss;
    const bad = divergence !== null || loss === null || Number.isNaN(loss);
    return bad ? Number.POSITIVE_INFINITY : loss;
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const byLoss = (a: Result, b: Result): number => {
  const [x, y] = [mean(valuesOf(a.arm)), mean(valuesOf(b.arm))];
  return x === y ? 0 : x - y;
};

/** First hidden layer over last, of the probed steps; null where fewer than two were measured. */
function gradientRatio({ traces }: Arm): number | null {
  const ratios = traces.flatMap((trace) => {
    const hidden = trace.layers.filter((layer) => layer.parameters > 0 && !layer.is_output);
    const series = (name: string | undefined) =>
      trace.series.find((s) => s.layer === name && s.tensor === 'output_gradient' && s.metric === 'rms');
    const [first, last] = [series(hidden[0]?.name), series(hidden.at(-1)?.name)];
    if (first === undefined || last === undefined || hidden.length < 2) return [];
    return [...first.values].map((value, i) => value / (last.values[i] as number)).filter(Number.isFinite);
  });
  return ratios.length === 0 ? null : mean(ratios);
}

function shortened(experiment: Experiment, share: number): Experiment {
  if (share === 1) return experiment;
  const { epochs: _epochs, ...training } = experiment.training;
  const steps = Math.max(1, Math.round(planExperiment(experiment).steps * share));
  return { ...experiment, training: { ...training, steps } };
}

/** Healthy is what is so on seeds that chose nothing as well: null where nobody has tried. */
function verdictOf(arm: Arm | null, proof: Proof | null): 'healthy' | 'unhealthy' | null {
  if (arm === null || arm.verdict === 'unhealthy') return arm?.verdict ?? null;
  return proof === null ? null : proof.holds ? 'healthy' : 'unhealthy';
}

/** Proves the candidates of the last round that are healthy, best first, until one holds. */
async function proveBest(
  ranking: readonly Result[],
  seeds: readonly number[],
  runner: ArmRunner,
): Promise<Map<Result, Proof>> {
  const proofs = new Map<Result, Proof>();
  const from = (seeds.at(-1) ?? 0) + 1;
  for (const result of ranking) {
    const { candidate, arm, round } = result;
    if (round < ROUNDS.length || arm.verdict !== 'healthy' || proofs.size >= MAX_PROOFS) continue;
    if (!runner.affords(candidate.experiment, MIN_PROOF_SEEDS)) break;
    const first = from + proofs.size * proofSeeds(seeds.length);
    const proof = await prove(`proof/${labelOf(candidate)}`, candidate.experiment, seeds, first, runner);
    proofs.set(result, proof);
    if (proof.holds) break;
  }
  return proofs;
}

/** After so many that did not hold, nothing is called healthy. */
const MAX_PROOFS = 4;

function row(
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

/** Deterministic in the experiment and the options. */
export async function runSearch(
  experiment: Experiment,
  options: SearchOptions,
  dependencies: StudyDependencies,
): Promise<Omit<SearchReport, 'job_id'>> {
  const all = Array.from({ length: experiment.remedies.seeds }, (_, i) => experiment.seed + i);
  const runner = new ArmRunner(
    dependencies,
    new Budget(experiment, all.length, Number.POSITIVE_INFINITY, estimateSearchTrials(experiment, options)),
    estimateSearchTrials(experiment, options),
  );
  const asItIs: Candidate = { activation: null, initializer: null, normalization: null, experiment };
  const applied = combine(options).map((one) => ({ one, result: apply(experiment, one) }));
  let alive: Candidate[] = [asItIs, ...applied.flatMap(({ result }) => ('reason' in result ? [] : [result]))];
  const rounds: SearchReport['rounds'] = [];
  /** Candidates by the round that they went no further than, the last round first; best first within. */
  const order: Candidate[][] = [];
  const latest = new Map<Candidate, Result>();
  runner.enter('screening');
  for (const [index, round] of ROUNDS.entries()) {
    const last = index === ROUNDS.length - 1;
    const seeds = all.slice(0, Math.ceil(all.length * round.seeds));
    // What the others are compared with is trained to the end, also where it is out of the race.
    const runners = alive.includes(asItIs) ? alive : [...alive, asItIs];
    const results = await Promise.all(
      runners.map(async (candidate) => {
        const name = last && candidate === asItIs ? 'baseline' : `round${index + 1}/${labelOf(candidate)}`;
        const arm = await runner.run(name, shortened(candidate.experiment, round.steps), seeds, last);
        return { candidate, arm, round: index + 1 };
      }),
    );
    for (const result of results) latest.set(result.candidate, result);
    const racing = results
      .filter(({ candidate }) => alive.includes(candidate))
      .toSorted(byLoss)
      .map(({ candidate }) => candidate);
    const steps = planExperiment(shortened(experiment, round.steps)).steps;
    rounds.push({ round: index + 1, candidates: runners.length, seeds: seeds.length, steps });
    alive = last ? [] : racing.slice(0, Math.ceil(racing.length / 2));
    order.unshift(racing.filter((candidate) => !alive.includes(candidate)));
    runner.enter(index === ROUNDS.length - 2 ? 'verification' : 'screening');
  }
  const ranking = order.flat().map((candidate) => latest.get(candidate) as Result);
  const proofs = await proveBest(ranking, all, runner);
  const proven = ranking.find((result) => proofs.get(result)?.holds === true);
  // What is healthy on fresh seeds too; where nothing is, the best that there was.
  const best = proven ?? ranking[0];
  runner.enter('report', runner.completed);
  return {
    kind: 'search',
    experiment: reportedExperiment(experiment),
    options,
    rounds,
    ranking: ranking.map((result, i) => row(experiment, result, i + 1, proofs.get(result) ?? null)),
    not_applicable: applied.flatMap(({ one, result }) =>
      'reason' in result ? [{ candidate: labelOf(one), reason: result.reason }] : [],
    ),
    best:
      best === undefined || best.candidate === asItIs
        ? null
        : {
            experiment: reportedExperiment(best.candidate.experiment),
            snippets: codeOf(best.candidate.experiment),
          },
  };
}
