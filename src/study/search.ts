/**
 * @file Which activation suits this network: every candidate is trained on the same seeds and data order, by successive
 * halving (Jamieson & Talwalkar 2016, arXiv:1502.07943), and ranked by validation loss.
 */

import {
  type Experiment,
  parseExperiment,
  planExperiment,
  reportedExperiment,
  shortened,
} from '../experiment/index.ts';
import { codeOf } from '../export/index.ts';
import type { ActivationConfig } from '../network/index.ts';
import { changeActivation, fittingInitializer, insertNormalization } from '../remedies/index.ts';
import { copyOf } from '../util/json.ts';
import { ArmRunner } from './arms.ts';
import { Budget } from './budget.ts';
import { byLoss, type Candidate, labelOf, type Result, ROUNDS, row } from './candidates.ts';
import type { StudyDependencies } from './dependencies.ts';
import { estimateDesignTrials } from './design_entrants.ts';
import { runDesign } from './design_search.ts';
import { MIN_PROOF_SEEDS, type Proof, proofSeeds, prove } from './proof.ts';
import type { SearchOptions, SearchReport } from './search_schema.ts';

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

/** Why no activation could be tried on this network; null where one can. */
export function searchRefusal(experiment: Experiment): string | null {
  const changed = changeActivation(experiment, 'relu');
  return 'reason' in changed ? changed.reason : null;
}

/** Trials that a search may take: for the estimate. */
export function estimateSearchTrials(experiment: Experiment, options: SearchOptions): number {
  if (options.design !== undefined) return estimateDesignTrials(experiment, options.design);
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

/** Everything that was trained, best first, and the rounds. */
interface Race {
  readonly ranking: readonly Result[];
  readonly rounds: SearchReport['rounds'];
}

/** Round by round the better half goes on. @param asItIs is trained to the end, also where it is out of the race: the others are compared with it */
async function race(
  candidates: readonly Candidate[],
  asItIs: Candidate,
  all: readonly number[],
  runner: ArmRunner,
): Promise<Race> {
  let alive = [...candidates];
  const rounds: SearchReport['rounds'] = [];
  /** Candidates by the round that they went no further than, the last round first; best first within. */
  const order: Candidate[][] = [];
  const latest = new Map<Candidate, Result>();
  for (const [index, round] of ROUNDS.entries()) {
    const last = index === ROUNDS.length - 1;
    const seeds = all.slice(0, Math.ceil(all.length * round.seeds));
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
    const { steps } = planExperiment(shortened(asItIs.experiment, round.steps));
    rounds.push({ round: index + 1, candidates: runners.length, seeds: seeds.length, steps });
    alive = last ? [] : racing.slice(0, Math.ceil(racing.length / 2));
    order.unshift(racing.filter((candidate) => !alive.includes(candidate)));
    runner.enter(index === ROUNDS.length - 2 ? 'verification' : 'screening');
  }
  return { ranking: order.flat().map((candidate) => latest.get(candidate) as Result), rounds };
}

/** Deterministic in the experiment and the options. */
export async function runSearch(
  experiment: Experiment,
  options: SearchOptions,
  dependencies: StudyDependencies,
): Promise<Omit<SearchReport, 'job_id'>> {
  const { design } = options;
  if (design !== undefined) return runDesign(experiment, { ...options, design }, dependencies);
  const seeds = Array.from({ length: experiment.remedies.seeds }, (_, i) => experiment.seed + i);
  const trials = estimateSearchTrials(experiment, options);
  const budget = new Budget(experiment, seeds.length, Number.POSITIVE_INFINITY, trials);
  const runner = new ArmRunner(dependencies, budget, trials);
  const asItIs: Candidate = { activation: null, initializer: null, normalization: null, experiment };
  const applied = combine(options).map((one) => ({ one, result: apply(experiment, one) }));
  const candidates = [asItIs, ...applied.flatMap(({ result }) => ('reason' in result ? [] : [result]))];
  runner.enter('screening');
  const { ranking, rounds } = await race(candidates, asItIs, seeds, runner);
  const proofs = await proveBest(ranking, seeds, runner);
  const proven = ranking.find((result) => proofs.get(result)?.holds === true);
  // What is healthy on fresh seeds too; where nothing is, the best of what has not failed there.
  const best = proven ?? ranking.find((result) => proofs.get(result)?.failed !== true);
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
