/** @file The folder's door: the parts that networks and trainings are made of, each defined once. */
export {
  type Activation,
  type ActivationConfig,
  activationSchema,
  resolveActivation,
} from './activation_config.ts';
export { type ActivationShape, activationShape, SATURATED_SLOPE } from './activation_shape.ts';
export { activationParts } from './activations/index.ts';
export {
  type BuiltLayer,
  type BuiltNetwork,
  buildNetwork,
  type Noise,
  type Parameter,
  type Running,
  type WatchedStates,
} from './build.ts';
export type { ClippingPart, ParameterGradient } from './clipping/clipping.ts';
export { clippingParts } from './clipping/index.ts';
export { erf } from './erf.ts';
export { initializerParts } from './initializers/index.ts';
export type { InitializerPart } from './initializers/initializer.ts';
export { type LayerConfig, layerParts, layerSchema } from './layers/index.ts';
export {
  featureAxis,
  type LayerCode,
  type LayerContext,
  type LayerPart,
  type Mode,
} from './layers/layer.ts';
export { lossParts } from './losses/index.ts';
export type { LossPart } from './losses/loss.ts';
export { optimizerParts } from './optimizers/index.ts';
export type { OptimizerPart, OptimizerStep } from './optimizers/optimizer.ts';
export { outputLayers } from './output.ts';
export {
  completePart,
  objectSchema,
  type Part,
  type PartConfig,
  partSchema,
  resolvePart,
} from './part_schema.ts';
export { countLayers, flattenLayers, type PlacedLayer, placeLayers } from './placement.ts';
export { scheduleParts } from './schedules/index.ts';
export type { Schedule, SchedulePart } from './schedules/schedule.ts';
