/** @file The worker thread's entry: one trial in, a Result out. Errors become values, because they lose their class here. */
import { packPart } from '../src/diagnosis/index.ts';
import { releaseBlocks } from '../src/files/index.ts';
import type { TrialResult, TrialTask } from '../src/jobs/index.ts';
import { encodeTrace, LossRing } from '../src/statistics/index.ts';
import { train } from '../src/training/index.ts';
import { openSnapshots } from './snapshots.ts';

export default async function runTrial({
  experiment,
  seed,
  keepWeights,
  cancel,
  losses,
  snapshots,
}: TrialTask): Promise<TrialResult> {
  const flag = new Int32Array(cancel);
  const ring = losses === undefined ? null : new LossRing(losses);
  const start = performance.now();
  let prepared = start;
  try {
    const result = await train(experiment, seed, {
      isCanceled: () => Atomics.load(flag, 0) !== 0,
      keepWeights,
      onPrepared: (steps) => {
        prepared = performance.now();
        ring?.plan(steps);
      },
      onLoss: (step, loss) => ring?.write(step, loss),
      ...(snapshots === undefined ? {} : { snapshots: openSnapshots(snapshots) }),
    });
    if (!result.ok) return { ok: false, error: { code: 'canceled', detail: 'cancelled' } };
    const seconds = (performance.now() - start) / 1000;
    const preparation = (prepared - start) / 1000;
    const steps = result.value.steps_completed - (snapshots?.saved?.step ?? 0);
    const outcome = result.value.divergence === null ? 'completed' : 'diverged';
    const [part, encoded] = [packPart(result.value), encodeTrace(result.value)];
    return { ok: true, value: { part, outcome, encoded, seconds, preparation, steps } };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ok: false, error: { code: 'failed', detail } };
  } finally {
    releaseBlocks();
  }
}
