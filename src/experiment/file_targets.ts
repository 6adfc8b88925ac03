/** @file How the targets of an uploaded file are read: stated, or as the loss reads them. */
import { readsAsClasses } from '../data/index.ts';
import { resolveLoss } from './plan.ts';
import type { Experiment } from './schema.ts';

/** The same experiment with `target_type` settled, so that a later change of the loss does not change the data. */
export function withTargetType(experiment: Experiment): Experiment {
  const { data } = experiment;
  if (data.type !== 'file' || data.target_type !== 'auto') return experiment;
  const target_type = readsAsClasses(data, resolveLoss(experiment).target) ? 'classes' : 'values';
  return { ...experiment, data: { ...data, target_type } };
}

/** Uploaded files that an experiment needs; also of one that an earlier version has stored. */
export function filesOf({ data, training }: Partial<Pick<Experiment, 'data' | 'training'>>): string[] {
  const weights = training?.initial_weights ?? null;
  return [
    ...(data?.type === 'file' ? [data.file] : []),
    ...(weights !== null && 'file' in weights ? [weights.file] : []),
  ];
}
