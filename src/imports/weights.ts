/** @file The weights of a model as a file: they have the names and the layout of this service. */
import { encodeSafetensors, type NamedTensor } from '../util/safetensors.ts';
import type { ModelFormat } from './model.ts';

/** @param format of the model that they came from */
export const encodeWeights = (weights: ReadonlyMap<string, NamedTensor>, format: ModelFormat): Uint8Array =>
  encodeSafetensors(weights, { framework: 'gradclinic', layout: 'gradclinic', imported_from: format });
