/** @file What a layer's code is told about the layer. */
import { type BuiltLayer, type CodeContext, featureAxis, type LayerCode } from '../network/index.ts';

export const emptyCode: LayerCode = { pytorch: [], keras: [] };

function featuresOf(shape: readonly number[]): number {
  return [1, ...shape][featureAxis([1, ...shape])] ?? 1;
}

/** Stands in code for another layer of the same list, until the names of the code are known. */
const referenceTo = (layer: string): string => `@{${layer}}`;

/** @param named the name in the code of a layer */
export const withReferences = (code: string, named: (layer: string) => string): string =>
  code.replaceAll(/@\{([^}]*)\}/g, (_all, layer: string) => named(layer));

/** @param body code of the layers inside */
export const contextOf = (
  { input_shape, input_shapes, output_shape, masked_inputs, borrows }: BuiltLayer,
  body: LayerCode,
): CodeContext => ({
  masked: masked_inputs,
  features: featuresOf(output_shape),
  inputFeatures: featuresOf(input_shape),
  inputShape: input_shape,
  inputShapes: input_shapes,
  outputShape: output_shape,
  body,
  reference: borrows === null ? '' : referenceTo(borrows),
});
