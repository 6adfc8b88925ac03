/** @file The folder's door: models of other frameworks, from bytes to network, training and weights. */

export { begin } from '../util/work_time.ts';
export { importModel } from './import_model.ts';
export { type ImportedModel, type ImportFailure, type ImportResult, modelFormats } from './model.ts';
export { encodeWeights } from './weights.ts';
