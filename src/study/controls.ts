/** @file Control arms: changes that should not help. What they do is what chance can do. */
import type { Experiment } from '../experiment/index.ts';
import { optimizerKind } from '../network/index.ts';
import { type Arm, applyRemedy, type Patch, patchBetween, remedies } from '../remedies/index.ts';
import { createRandom } from '../util/random.ts';
import type { ArmRunner, ExpectedArm } from './arms.ts';
import type { Budget } from './budget.ts';
import { isTaken } from './rate_trials.ts';

export interface Control {
  readonly control: string;
  readonly title: string;
  readonly experiment: Experiment;
  readonly seeds: readonly number[];
  readonly patch: Patch;
}

/** Far from the seeds of the study and of the recommendation's proof. */
const RESEED_OFFSET = 1_000_003;

/** In arms: a control may not use up the budget. */
const MAX_COST = 1.5;
/** All of them together take at most so much of the trials that are left: where few are, those are for the remedies. */
const SHARE_OF_TRIALS = 1 / 4;

/** A tenth more learning rate: a change as small as noise. */
const LEARNING_RATE_FACTOR = 1.1;

const reseeded = (experiment: Experiment, seeds: readonly number[]): Control => ({
  control: 'control_reseed',
  title: 'The same experiment with other seeds (unpaired)',
  experiment,
  seeds: seeds.map((seed) => seed + RESEED_OFFSET),
  patch: [],
});

const asExpected = ({ control: name, experiment, seeds }: Control): ExpectedArm => ({
  ...{ name, experiment, seeds },
});

/** Before anything was found. */
export const expectedControls = (experiment: Experiment, seeds: readonly number[]): ExpectedArm[] =>
  experiment.remedies.verify ? [asExpected(reseeded(experiment, seeds))] : [];

/** A remedy that treats none of the findings, drawn by the seed; null where every applicable one treats some. */
function randomPatch(
  experiment: Experiment,
  rules: readonly string[],
  seeds: readonly number[],
  budget: Budget,
): Control | null {
  const others = remedies
    .filter(({ treats }) => !treats.some((rule) => rules.includes(rule)))
    .flatMap((remedy) => {
      const applied = applyRemedy(remedy, experiment);
      if ('reason' in applied) return [];
      return budget.costOf(applied.experiment, seeds.length) > MAX_COST ? [] : [applied];
    });
  const drawn = others[createRandom(seeds[0] ?? 0, 'control').integer(Math.max(1, others.length))];
  if (drawn === undefined) return null;
  return {
    control: 'control_random_patch',
    title: `A random patch that treats something else: ${drawn.remedy.remedy}`,
    experiment: drawn.experiment,
    seeds,
    patch: drawn.patch,
  };
}

/** The first of them, as many as their share of the trials allows. */
function affordable(controls: readonly Control[], { trialsLeft }: Budget): Control[] {
  let trials = 0;
  return controls.filter(({ seeds }) => {
    trials += seeds.length;
    return trials <= SHARE_OF_TRIALS * trialsLeft;
  });
}

/** @param rules the serious findings */
export function createControls(
  experiment: Experiment,
  seeds: readonly number[],
  rules: readonly string[],
  budget: Budget,
): Control[] {
  const optimizer = optimizerKind.spellOut(experiment.training.optimizer);
  const learning_rate = Number((optimizer.learning_rate * LEARNING_RATE_FACTOR).toPrecision(6));
  const faster: Experiment = {
    ...experiment,
    training: { ...experiment.training, optimizer: { ...optimizer, learning_rate } },
  };
  const random = randomPatch(experiment, rules, seeds, budget);
  const controls: Control[] = [
    reseeded(experiment, seeds),
    ...(isTaken(faster)
      ? [
          {
            control: 'control_learning_rate',
            title: 'Learning rate × 1.1',
            experiment: faster,
            seeds,
            patch: patchBetween(experiment, faster),
          },
        ]
      : []),
    ...(random === null ? [] : [random]),
  ];
  return affordable(controls, budget);
}

export interface ControlArm {
  readonly control: Control;
  readonly arm: Arm;
}

/**
 * The control arms of a study. Each costs as much as the baseline, so that the first is trained when something is to be compared, and
 * the others once something is proven: what beats chance as one control shows it is then held against all.
 */
export class Controls {
  readonly #waiting: Control[];
  readonly #runner: ArmRunner;
  #run: readonly ControlArm[] = [];

  constructor(planned: readonly Control[], runner: ArmRunner) {
    this.#waiting = [...planned];
    this.#runner = runner;
    this.#expect();
  }

  /** Whatever is found, they are trained in the end. */
  #expect(): void {
    this.#runner.expect('control', this.#waiting.map(asExpected));
  }

  get run(): readonly ControlArm[] {
    return this.#run;
  }

  get arms(): readonly Arm[] {
    return this.#run.map(({ arm }) => arm);
  }

  /** @returns whether one was trained */
  trainFirst(): Promise<boolean> {
    return this.#train(this.#waiting.splice(0, 1));
  }

  /** Those that the budget allows. @returns whether one was trained */
  trainOthers(): Promise<boolean> {
    return this.#train(this.#waiting.splice(0));
  }

  async #train(controls: readonly Control[]): Promise<boolean> {
    const runner = this.#runner;
    const train = async (control: Control): Promise<ControlArm> => ({
      control,
      arm: await runner.run(control.control, control.experiment, control.seeds),
    });
    // One after the other: what one takes of the budget, the next cannot.
    const training = Promise.all(
      controls.flatMap((control) =>
        runner.affords(control.experiment, control.seeds.length) ? [train(control)] : [],
      ),
    );
    this.#expect();
    const trained = await training;
    this.#run = [...this.#run, ...trained];
    return trained.length > 0;
  }
}
