/** @file What a layer is: it builds its forward graph and declares its parameters; the gradient follows from the operators. */
import { z } from 'zod';
import type { GraphBuilder, Tensor } from '../../graph/index.ts';
import { type ActivationConfig, activationSchema } from '../activation_config.ts';
import { initializerParts } from '../initializers/index.ts';
import { type PartConfig, partSchema } from '../part_schema.ts';

export type Mode = 'training' | 'inference';

export interface ParameterOptions {
  readonly initializer: PartConfig;
  readonly fanIn: number;
  readonly fanOut: number;
  /** Elements from here to there (exclusive) start at 1, whatever the initializer. */
  readonly ones?: readonly [from: number, to: number];
}

/** An activation that is applied inside a loop: what the loop has to capture, and the application itself. */
export interface LoopActivation {
  readonly captured: readonly Tensor[];
  apply(body: GraphBuilder, x: Tensor, captured: readonly Tensor[]): Tensor;
}

/** What a layer may ask for while it builds. Names are local: the layer's name is put in front. */
export interface LayerContext {
  readonly g: GraphBuilder;
  readonly mode: Mode;
  /** A trained parameter. */
  parameter(name: string, shape: readonly number[], options: ParameterOptions): Tensor;
  /** A running average that inference reads; the training feeds it with `batch` at every step. */
  running(name: string, shape: readonly number[], initial: number): Tensor;
  updateRunning(name: string, batch: Tensor, momentum: number): void;
  /** Fresh random numbers at every training step. */
  noise(distribution: 'uniform' | 'normal', shape: readonly number[]): Tensor;
  /** x after an activation, whose learned parameters then belong to this layer. */
  activate(x: Tensor, activation: ActivationConfig): Tensor;
  /** The same for values [batch, features] inside a loop. */
  activateInLoop(features: number, activation: ActivationConfig): LoopActivation;
  /**
   * Zeros [time, batch, features] to be added to the states of a loop: their gradient is that of the states, the part
   * through later time steps included, and is measured. Null in inference.
   */
  watchStates(shape: readonly number[]): Tensor | null;
  /** The layers inside a composite one, applied in turn. */
  body(x: Tensor): Tensor;
}

/** Modules for `nn.Sequential`, layers for `keras.Sequential`. */
export interface LayerCode {
  readonly pytorch: readonly string[];
  readonly keras: readonly string[];
}

export interface CodeContext {
  /** Features of the output: the size of its feature axis. */
  readonly features: number;
  readonly inputFeatures: number;
  /** Without the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Code of the layers inside. */
  readonly body: LayerCode;
}

export interface LayerPart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: Type;
  readonly title: string;
  /** Formula first, with shapes. */
  readonly formula: string;
  readonly sources: readonly string[];
  readonly options: Options;
  /** Holds other layers in `layers`: `expanded` into copies, or `built` as one layer. */
  readonly composite?: 'expanded' | 'built';
  /** @param x [batch, …] */
  build(context: LayerContext, x: Tensor, options: z.output<z.ZodObject<Options>>): Tensor;
  code(options: z.output<z.ZodObject<Options>>, context: CodeContext): LayerCode;
}

export const defineLayer = <Type extends string, Options extends z.ZodRawShape>(
  part: LayerPart<Type, Options>,
): LayerPart<Type, Options> => part;

const initializerSchema = partSchema(initializerParts).meta({
  description: 'An initializer: its name, or an object with options',
});

export const activationOption = activationSchema.default('linear');
export const kernelInitializerOption = initializerSchema.default('glorot_uniform');
export const biasInitializerOption = initializerSchema.default('zeros');
/** Keras' default of embeddings. */
export const tableInitializerOption = initializerSchema
  .default({ type: 'uniform', min: -0.05, max: 0.05 } as never)
  .describe('Of the table');
export const recurrentInitializerOption = initializerSchema
  .default('orthogonal')
  .describe('Of the recurrent kernel');
export const useBiasOption = z.boolean().default(true).describe('Add a bias');
export const epsilonOption = z
  .number()
  .gt(0)
  .max(1)
  .default(1e-3)
  .describe('Added to the variance (mean square) under the root');

/** The axis of features: channels of images [batch, channels, height, width], else the last. */
export const featureAxis = (shape: readonly number[]): number => (shape.length === 4 ? 1 : shape.length - 1);

/** [features] → a shape that broadcasts along the feature axis of x. */
export const alongFeatures = (x: Tensor): number[] =>
  x.shape.map((size, axis) => (axis === featureAxis(x.shape) ? size : 1));

/** Axes that a per-sample normalization runs over: the last; channels, height and width of images. */
export const sampleAxes = (x: Tensor): number[] => (x.shape.length === 4 ? [1, 2, 3] : [x.shape.length - 1]);

export const features = (x: Tensor): number => x.shape[featureAxis(x.shape)] ?? 1;
