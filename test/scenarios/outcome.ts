/** @file Runs a scenario's baseline as a study does, and says what came of it. */
import { type Check, diagnose, seriousFindings } from '../../src/diagnosis/index.ts';
import { baselineSeeds, parseExperiment } from '../../src/experiment/index.ts';
import { lossRatio, type Trace } from '../../src/statistics/index.ts';
import { referenceFacts, runRateTrials, runReference, type Trial } from '../../src/study/index.ts';
import { train } from '../../src/training/index.ts';
import { isLong } from '../long.ts';
import type { Config, Scenario } from './scenario.ts';

export interface Diagnosis {
  readonly checks: readonly Check[];
  /** Rules found as critical or warning. */
  readonly found: readonly string[];
  /** Final training loss (no penalty) over that of the best constant, largest of the seeds; ∞ where one diverged. */
  readonly loss_ratio: number;
}

const ratioOf = (trace: Trace): number =>
  trace.divergence !== null || !Number.isFinite(lossRatio(trace))
    ? Number.POSITIVE_INFINITY
    : lossRatio(trace);

export async function diagnoseExperiment(config: Config): Promise<Diagnosis> {
  const parsed = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const traces: Trace[] = [];
  for (const seed of baselineSeeds(experiment)) {
    const result = await train(experiment, seed);
    if (!result.ok) throw new Error(result.error.code);
    traces.push(result.value);
  }
  const plainly = async ({ experiment: one, seed }: Pick<Trial, 'experiment' | 'seed'>) => {
    const result = await train(one, seed);
    if (!result.ok) throw new Error(result.error.code);
    return result.value;
  };
  const run = await runReference(experiment, plainly);
  const reference = run === null ? null : referenceFacts(run);
  const held = traces.map((trace) => ({ ...trace, reference }));
  const rate_trials = await runRateTrials(experiment, held[0] as Trace, plainly);
  const checks = diagnose(
    experiment,
    held.map((trace) => ({ ...trace, rate_trials })),
  );
  return {
    checks,
    found: seriousFindings(checks).map(({ rule }) => rule),
    loss_ratio: Math.max(...traces.map(ratioOf)),
  };
}

/** One training of each in short, where a study has three. */
export const inShort = (config: Config): Config =>
  isLong
    ? config
    : {
        ...config,
        diagnostics: { ...(config.diagnostics as Config), seeds: 1 },
        remedies: { ...(config.remedies as Config), verify: false },
      };

export interface Outcome {
  readonly name: string;
  readonly half: Scenario['half'];
  readonly network: Scenario['network'];
  readonly expected: readonly string[];
  readonly found: readonly string[];
  /** Of a sick one: whether a rule that it must yield was found. */
  readonly recalled: boolean | null;
  /** Whether one of the layers that it must name was named; null where none has to be. */
  readonly located: boolean | null;
  /** Whether the expected finding is explained by no other, or by one that is expected too: it is told as the cause. */
  readonly is_cause: boolean | null;
  readonly loss_ratio: number;
  /** Verdict of the repaired twin, and its loss ratio. */
  readonly twin: { readonly found: readonly string[]; readonly loss_ratio: number } | null;
}

export async function runScenario({ name, half, network, experiment, sickness }: Scenario): Promise<Outcome> {
  const { checks, found, loss_ratio } = await diagnoseExperiment(experiment);
  const common = { name, half, network, found, loss_ratio };
  if (sickness === null) {
    return { ...common, expected: [], recalled: null, located: null, is_cause: null, twin: null };
  }
  const { rules, layers, twin } = sickness;
  const hits = seriousFindings(checks).filter(({ rule }) => rules.includes(rule));
  const repaired = await diagnoseExperiment(twin);
  return {
    ...common,
    expected: rules,
    recalled: hits.length > 0,
    located:
      layers === null || hits.length === 0
        ? null
        : hits.some((hit) => layers.some((layer) => hit.layers.includes(layer))),
    is_cause:
      hits.length === 0
        ? null
        : hits.some(({ caused_by }) => caused_by.every((cause) => rules.includes(cause))),
    twin: { found: repaired.found, loss_ratio: repaired.loss_ratio },
  };
}
