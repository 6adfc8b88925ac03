/** @file The folder's door: models of other frameworks, from bytes to network, training and weights. */
export { encodeSafetensors as encodeWeights } from '../util/safetensors.ts';
export { importModel } from './import_model.ts';
export { type ImportedModel, type ImportFailure, type ImportResult, modelFormats } from './model.ts';
