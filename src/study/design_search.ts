/**
 * @file Which function suits this network: expressions are made, foreseen by theory, trained by successive halving on paired
 * seeds, bred, and the best is held against fixed controls on seeds and data that it was not chosen by.
 */
import { Population } from '../design/index.ts';
import { type Experiment, planExperiment, reportedExperiment, shortened } from '../experiment/index.ts';
import { codeOf } from '../export/index.ts';
import { ArmRunner } from './arms.ts';
import { Budget } from './budget.ts';
import { byLoss, labelOf, mean, row, valuesOf } from './candidates.ts';
import type { StudyDependencies } from './dependencies.ts';
import {
  CONTROLS,
  type DesignSize,
  designSize,
  type Entrant,
  type Entry,
  enter,
  estimateDesignTrials,
  FINALISTS,
  isEntrant,
  MIDDLE,
  PARENTS,
  realized,
  SCREENING,
  SEMIFINALISTS,
  tailorFor,
} from './design_entrants.ts';
import { compare, concluded, spearman, told } from './design_report.ts';
import type { DesignOptions, DesignReport } from './design_schema.ts';
import type { SearchOptions, SearchReport } from './search_schema.ts';

/** One search: what has been tried, and the runner that trains it. */
class DesignSearch {
  readonly #experiment: Experiment;
  readonly #runner: ArmRunner;
  readonly #seeds: readonly number[];
  readonly screened: Entry[] = [];
  readonly generations: DesignReport['generations'] = [];
  readonly refused: { candidate: string; reason: string }[] = [];

  constructor(experiment: Experiment, runner: ArmRunner, seeds: readonly number[]) {
    this.#experiment = experiment;
    this.#runner = runner;
    this.#seeds = seeds;
  }

  /** Best first. */
  async round(
    name: string,
    entrants: readonly Entrant[],
    steps: number,
    seeds: readonly number[],
    round: number,
  ): Promise<Entry[]> {
    const entries = await Promise.all(
      entrants.map(async (candidate) => {
        const run = candidate.activation === null ? 'baseline' : `${name}/${labelOf(candidate)}`;
        const arm = await this.#runner.run(run, shortened(candidate.experiment, steps), seeds, steps === 1);
        return { candidate, arm, round };
      }),
    );
    return entries.toSorted(byLoss);
  }

  async evolve(size: DesignSize, population: Population): Promise<void> {
    for (let generation = 1; generation <= size.generations; generation++) {
      const ranked = this.screened.toSorted(byLoss);
      const parents = ranked
        .slice(0, Math.ceil(ranked.length * PARENTS))
        .flatMap(({ candidate }) => candidate.designed ?? []);
      const made = population.next(generation, size.population, parents);
      const entrants = made.functions.map((one) => enter(this.#experiment, one.formula, realized(one), one));
      for (const [i, entrant] of entrants.entries())
        if (!isEntrant(entrant))
          this.refused.push({ candidate: made.functions[i]?.formula ?? '', reason: entrant.reason });
      const entries = await this.round(
        `generation${generation}`,
        entrants.filter(isEntrant),
        SCREENING,
        this.#seeds.slice(0, 1),
        1,
      );
      this.screened.push(...entries);
      const best = this.screened.toSorted(byLoss)[0];
      const told =
        best === undefined ? null : { formula: best.candidate.name, value: mean(valuesOf(best.arm)) };
      const { repeated, rejected } = made;
      this.generations.push({
        generation,
        made: made.made,
        repeated,
        rejected,
        trained: entries.length,
        best: told,
      });
      this.#runner.best = told;
    }
  }

  /** The last round: the best functions, the controls and the experiment as it is, on all seeds and with all steps. */
  async final(controls: readonly Entrant[], asItIs: Entrant): Promise<Entry[]> {
    const first = this.screened
      .toSorted(byLoss)
      .slice(0, SEMIFINALISTS)
      .map(({ candidate }) => candidate);
    const seeds = this.#seeds.slice(0, Math.ceil((this.#seeds.length * 2) / 3));
    const middle = await this.round('middle', first, MIDDLE, seeds, 2);
    const finalists = middle.slice(0, FINALISTS).map(({ candidate }) => candidate);
    return this.round('final', [...finalists, ...controls, asItIs], 1, this.#seeds, 3);
  }
}

function roundsOf(
  experiment: Experiment,
  screened: number,
  finalists: number,
  seeds: number,
): SearchReport['rounds'] {
  const steps = (share: number) => planExperiment(shortened(experiment, share)).steps;
  return [
    { round: 1, candidates: screened, seeds: 1, steps: steps(SCREENING) },
    {
      ...{ round: 2, candidates: Math.min(SEMIFINALISTS, screened) },
      ...{ seeds: Math.ceil((seeds * 2) / 3), steps: steps(MIDDLE) },
    },
    { round: 3, candidates: finalists, seeds, steps: steps(1) },
  ];
}

/** The correlation of what theory foresaw with what training came to. */
const rankCorrelation = (screened: DesignSearch['screened']): ReturnType<typeof spearman> =>
  spearman(
    screened.map(({ candidate }) => candidate.designed?.foresight.score ?? 0),
    screened.map(({ arm }) => -mean(valuesOf(arm))),
  );

const layersWithParameters = (experiment: Experiment): number =>
  planExperiment(experiment).layers.filter(({ parameters }) => parameters > 0).length;

/** Deterministic in the experiment and the options. */
export async function runDesign(
  experiment: Experiment,
  options: SearchOptions & { readonly design: DesignOptions },
  dependencies: StudyDependencies,
): Promise<Omit<SearchReport, 'job_id'>> {
  const { design } = options;
  const size = designSize(experiment, design);
  const seeds = Array.from({ length: experiment.remedies.seeds }, (_, i) => experiment.seed + i);
  const budget = new Budget(experiment, seeds.length, Number.POSITIVE_INFINITY);
  const runner = new ArmRunner(dependencies, budget, estimateDesignTrials(experiment, design));
  const depth = Math.max(1, layersWithParameters(experiment) - 1);
  const search = new DesignSearch(experiment, runner, seeds);
  const population = new Population(design.seed, depth, tailorFor(depth));
  runner.enter('screening');
  await search.evolve(size, population);
  runner.enter('verification');
  const controls = CONTROLS.map(({ name, realize }) => enter(experiment, name, realize(depth), null)).filter(
    isEntrant,
  );
  const asItIs: Entrant = {
    ...{ name: 'as_it_is', designed: null, realized: null, experiment },
    ...{ activation: null, initializer: null, normalization: null },
  };
  const final = await search.final(controls, asItIs);
  const best = final.find(({ candidate }) => candidate.designed !== null)?.candidate;
  const control = final.find(({ candidate }) => controls.includes(candidate))?.candidate;
  runner.enter('recommendation');
  const { comparisons, data } =
    best === undefined || control === undefined
      ? { comparisons: [], data: null }
      : await compare(best, control, design.second_data, seeds, runner);
  runner.enter('report', runner.completed);
  const conclusion = concluded(best, comparisons);
  const winner = conclusion.beats_controls ? best : final[0]?.candidate;
  return {
    kind: 'search',
    experiment: reportedExperiment(experiment),
    options: { ...options, design: { ...design, ...size } },
    rounds: roundsOf(experiment, search.screened.length, final.length, seeds.length),
    ranking: final.map((entry, i) => row(experiment, entry, i + 1, null)),
    not_applicable: search.refused.filter(
      ({ reason }, i, all) => all.findIndex((other) => other.reason === reason) === i,
    ),
    best:
      winner === undefined || winner === asItIs
        ? null
        : { experiment: reportedExperiment(winner.experiment), snippets: codeOf(winner.experiment) },
    design: {
      depth,
      generations: search.generations,
      functions: final.flatMap(told),
      screened: search.screened.map(({ candidate, arm }) => ({
        formula: candidate.name,
        generation: candidate.designed?.generation ?? 0,
        score: candidate.designed?.foresight.score ?? 0,
        value: mean(valuesOf(arm)),
      })),
      rank_correlation: rankCorrelation(search.screened),
      comparisons,
      second_data: data,
      ...conclusion,
    },
  };
}
