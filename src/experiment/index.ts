/** @file The folder's door: the experiment, its schema and what follows from it. */
export { describeData, learnsInputs } from '../data/index.ts';
export { textOf } from './canonical.ts';
export { filesOf } from './file_targets.ts';
export { initialWeights } from './initial_weights.ts';
export { firstSteps, shortened, withLength } from './length.ts';
export { linearProducts } from './linear.ts';
export { lossHint } from './loss_hints.ts';
export { type LossMismatch, lossMismatch, outputRange, outputUnits } from './loss_mismatch.ts';
export {
  isDegenerate,
  LEAST_NORMALIZED,
  leastOf,
  type Normalized,
  normalizationsOf,
} from './normalized.ts';
export { attends, isOrderBlind } from './order.ts';
export { type ParsedExperiment, parseExperiment } from './parse.ts';
export { baselineSeeds, inputsOf, type Plan, placedLayers, planExperiment, resolveLoss } from './plan.ts';
export { nameAdvice, type Problem, parseWith } from './problems.ts';
export { type ReferenceKind, referenceExperiments, referenceKinds } from './reference.ts';
export {
  type Experiment,
  experimentSchema,
  type ReportedExperiment,
  reportedExperiment,
  reportedExperimentSchema,
  withSamples,
} from './schema.ts';
export { keyAdvice } from './synonyms.ts';
export { workOf } from './work.ts';
