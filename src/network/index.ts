/** @file The folder's door: the parts that networks and trainings are made of, each defined once. */
export {
  type ActivationConfig,
  activationSchema,
  completeActivation,
  operationsOf,
  resolveActivation,
} from './activation_config.ts';
export { type ActivationShape, activationShape, SATURATED_SLOPE } from './activation_shape.ts';
export type { Activation } from './activations/activation.ts';
export { activationKind } from './activations/index.ts';
export {
  type BuiltLayer,
  type BuiltNetwork,
  buildNetwork,
  type Judged,
  type LostMask,
  type Noise,
  type Parameter,
  type Running,
  type WatchedStates,
} from './build.ts';
export type { Clipping, ParameterGradient } from './clipping/clipping.ts';
export { clippingKind } from './clipping/index.ts';
export { dualAlgebra, variable } from './dual.ts';
export { type Expression, evaluateExpression, parseExpression } from './expression.ts';
export { type InitializerConfig, initializerKind } from './initializers/index.ts';
export type { Initializer } from './initializers/initializer.ts';
export {
  familyOf,
  type LayerConfig,
  type LayerType,
  layerKind,
  layerSchema,
  referenceOf,
} from './layers/index.ts';
export {
  type CodeContext,
  type Family,
  featureAxis,
  type Layer,
  type LayerCode,
  type LayerContext,
  type MaskNames,
  type Mode,
} from './layers/layer.ts';
export { listNames, type NamedPlace } from './list_names.ts';
export { completeLoss, lossKind } from './losses/index.ts';
export type { Loss, LossPart } from './losses/loss.ts';
export { smoothed } from './losses/smoothing.ts';
export { optimizerKind } from './optimizers/index.ts';
export type { Optimizer, OptimizerStep } from './optimizers/optimizer.ts';
export { outputEnds, outputLayers } from './output.ts';
export { layersBehind } from './paths.ts';
export {
  BODY_INPUT,
  countLayers,
  flattenLayers,
  MAX_LAYERS,
  type NetworkInput,
  networkInputs,
  type PlacedLayer,
  type PlacedNetwork,
  placeNetwork,
} from './placement.ts';
export { completePosition, type PositionConfig, positionKind } from './positions/index.ts';
export { completeSchedule, pinSchedule, scheduleKind, stretchSchedule } from './schedules/index.ts';
export type { Schedule, SchedulePlan } from './schedules/schedule.ts';
export { type Source, sourceKey, sourceName, type WiringProblem } from './wiring.ts';
