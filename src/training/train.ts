/** @file Trains one experiment with one seed and leaves its Trace. Touches no clock, no database, no process: whoever keeps its snapshots does. */
import type { Experiment } from '../experiment/index.ts';
import type { Divergence, Evaluation, LabelRecall, Trace } from '../statistics/index.ts';
import type { Result } from '../util/result.ts';
import { encodeSafetensors } from '../util/safetensors.ts';
import { type Checkpoint, untilCanceled } from './cancel.ts';
import type { EarlyStopping } from './early_stopping.ts';
import type { ClassRecall } from './evaluator.ts';
import { copyWeights } from './model.ts';
import { prepare } from './prepare.ts';
import type { Run } from './run.ts';
import type { Snapshots } from './snapshot.ts';
import { finish, type Recall } from './trace.ts';

export interface TrainOptions {
  /** Asked between the stages of the preparation and before every pass over a batch; true ends the training there. */
  readonly isCanceled?: () => boolean;
  /** Keeps the weights from before the first and after the last update in the Trace. */
  readonly keepWeights?: boolean;
  /** Told when data, weights and graphs are ready, before the first pass: how many steps are to come, those of an earlier attempt among them. */
  readonly onPrepared?: (steps: number) => void;
  /** Told the loss of every step, as soon as it is known. */
  readonly onLoss?: (step: number, loss: number) => void;
  /** Where the training goes on from, and who keeps it from now on; without it nothing is kept. */
  readonly snapshots?: Snapshots;
}

/** Weights of larger networks are not kept: two files of 20 MB for every run. */
const MAX_KEPT_PARAMETERS = 5_000_000;

/** What is measured before the first step, here or where the training began. */
async function begin(run: Run, stopping: EarlyStopping | null, snapshots?: Snapshots): Promise<Evaluation> {
  const saved = snapshots?.saved ?? null;
  if (saved !== null) return run.resume(saved, stopping);
  const initial = await run.evaluate(0);
  await run.inspectGradients(0);
  return initial;
}

function recallOf(
  classes: ClassRecall | null,
  label_recall: readonly LabelRecall[] | null,
  positions: number,
): Recall {
  return {
    class_recall: classes?.recall ?? null,
    ...(classes === null || positions === 1
      ? {}
      : { class_steps: classes.count, taken_for_largest: classes.taken_for_largest }),
    ...(label_recall === null ? {} : { label_recall }),
  };
}

/** What is measured after the last step; gradients only where they are finite. */
async function end(run: Run, isDiverged: boolean): Promise<{ final: Evaluation; recall: Recall }> {
  const step = isDiverged ? null : run.losses.length;
  const { evaluator, data } = run;
  const classes = evaluator.recall(data.training);
  const labels = evaluator.labelRecall(data.training);
  const final = await run.evaluate(step, classes ?? labels);
  if (step !== null) await run.inspectGradients(step, true);
  return {
    final,
    recall: recallOf(classes?.result() ?? null, labels?.result() ?? null, run.coding.positions),
  };
}

async function loop(
  run: Run,
  seed: number,
  checkpoint: Checkpoint,
  { keepWeights = false, onLoss, snapshots }: TrainOptions,
): Promise<Trace> {
  const { steps } = run.plan;
  const middle = Math.floor(steps / 2);
  const withWeights = keepWeights && run.plan.parameter_count <= MAX_KEPT_PARAMETERS;
  const initialFile = withWeights ? encodeSafetensors(copyWeights(run.model)) : null;
  const stopping = run.earlyStopping();
  const initial = await begin(run, stopping, snapshots);
  run.losses.forEach((loss, step) => {
    onLoss?.(step, loss);
  });
  let divergence: Divergence | null = null;
  let stopped = false;
  let kept = run.losses.length;
  for (let step = kept; step < steps && divergence === null && !stopped; step++) {
    if (step === middle && step > 0) await run.inspect(step);
    divergence = await run.step(step);
    onLoss?.(step, run.losses[step] as number);
    if (divergence === null) stopped = (await stopping?.observe(step + 1)) ?? false;
    if (divergence !== null || stopped || !snapshots?.isDue(run.stateBytes)) continue;
    snapshots.keep(run.snapshot(kept, initial, stopping));
    kept = run.losses.length;
  }
  if (divergence === null) stopping?.restore();
  const { final, recall } = await end(run, divergence !== null);
  checkpoint();
  const weights =
    initialFile === null ? null : { initial: initialFile, final: encodeSafetensors(copyWeights(run.model)) };
  return finish(run, seed, initial, final, divergence, recall, weights);
}

/**
 * Trains `experiment` with `seed`. The same experiment and seed give the same Trace, bit for bit, on the same machine.
 * A training that diverges is a Trace like any other; it ends before the first update with non-finite numbers.
 */
export async function train(
  experiment: Experiment,
  seed: number,
  options: TrainOptions = {},
): Promise<Result<Trace, { code: 'canceled' }>> {
  return untilCanceled(options.isCanceled ?? (() => false), async (checkpoint) => {
    const run = await prepare(experiment, seed, checkpoint);
    options.onPrepared?.(run.plan.steps);
    try {
      return await loop(run, seed, checkpoint, options);
    } finally {
      await run.release();
    }
  });
}
