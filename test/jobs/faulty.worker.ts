/** @file A worker thread with faults, by the name of the experiment: it throws, or it dies at its first trial. */
import { existsSync, writeFileSync } from 'node:fs';
import type { TrialResult, TrialTask } from '../../src/jobs/pool.ts';
import runTrial from '../../workers/trial.worker.ts';

export default async function runFaultyTrial(task: TrialTask): Promise<TrialResult> {
  const { name, metadata } = task.experiment;
  if (name === 'throws') throw new TypeError('a fault of the thread');
  const { marker } = metadata;
  if (name === 'dies once' && marker !== undefined && !existsSync(marker)) {
    writeFileSync(marker, '');
    process.exit(1);
  }
  return runTrial(task);
}
