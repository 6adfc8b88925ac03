/** @file What a layer is: it builds its forward graph and declares its parameters; the gradient follows from the operators. */
import { z } from 'zod';
import type { GraphBuilder, Tensor } from '../../graph/index.ts';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';
import { type ActivationConfig, activationSchema } from '../activation_config.ts';
import type { InitializerConfig } from '../initializers/index.ts';
import { initializerSchema } from '../initializers/option.ts';
import type { Junction } from '../propagation/junction.ts';
import type { Signal } from '../propagation/signal.ts';
import type { NotReached, Surroundings, Transfer } from '../propagation/transfer.ts';

export type Mode = 'training' | 'inference';

export interface ParameterOptions {
  readonly initializer: InitializerConfig;
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
  /** All inputs, [batch, …] each; the first is what `build` gets. */
  readonly inputs: readonly Tensor[];
  /** Of each input [batch, time]: 1 where a time step counts, 0 where it is masked; null where all of them count. */
  readonly masks: readonly Mask[];
  readonly mode: Mode;
  /** A trained parameter. */
  parameter(name: string, shape: readonly number[], options: ParameterOptions): Tensor;
  /** A running average that inference reads; the training feeds it with `batch` at every step. */
  running(name: string, shape: readonly number[], initial: number): Tensor;
  updateRunning(name: string, batch: Tensor, momentum: number): void;
  /** Adds `factor` times the sum of these numbers [batch, …] to the loss of their sample. */
  penalize(values: Tensor, factor: number): void;
  /** Adds `weight` times the loss of this second prediction [batch, …] to the loss of the training. */
  judge(prediction: Tensor, weight: number): void;
  /** Fresh random numbers at every training step. */
  noise(distribution: 'uniform' | 'normal', shape: readonly number[]): Tensor;
  /** x after an activation, whose learned parameters then belong to this layer. */
  activate(x: Tensor, activation: ActivationConfig): Tensor;
  /**
   * The same for values [batch, features] inside a loop.
   * @param inner where it is not the layer's own activation: what the names of its learned parameters begin with
   */
  activateInLoop(features: number, activation: ActivationConfig, inner?: string): LoopActivation;
  /**
   * Zeros [time, batch, features] to be added to the states of a loop: their gradient is that of the states, the part
   * through later time steps included, and is measured. Null in inference.
   */
  watchStates(shape: readonly number[]): Tensor | null;
  /**
   * A parameter of the layer that `reference` names.
   * @param tensors by the types that it may have
   * @throws GraphShapeError where it has another type, or no such parameter of its own
   */
  borrowed(tensors: Readonly<Record<string, string>>): Tensor;
  /** The layers inside a composite one, applied in turn. */
  body(x: Tensor, options?: BodyOptions): Tensor;
  /** Of what `body` gave. */
  bodyMask(): Mask;
  /** Tells whoever asks before the training that a mask ends at this layer, and why; nothing where there is none. */
  loseMask(why: string): void;
}

/** [batch, time], 1 where a time step counts; null where all of them count. */
export type Mask = Tensor | null;

export interface Masked {
  readonly output: Tensor;
  readonly mask: Mask;
}

export interface BodyOptions {
  /** Of the body's input; that of the layer's first input unless given. */
  readonly mask?: Mask;
  /** Rows of the body's input for each sample: 1 unless given. */
  readonly rows?: number;
}

/** Modules for `nn.Sequential`, layers for `keras.Sequential`. */
export interface LayerCode {
  readonly pytorch: readonly string[];
  readonly keras: readonly string[];
}

/** Of a layer in PyTorch code: names of what it takes, of their masks (null where there is none), and of what it gives. */
export interface MaskNames {
  readonly inputs: readonly string[];
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShape: readonly number[];
  readonly masks: readonly (string | null)[];
}

/** What a layer does with masks in PyTorch code, in expressions. */
export interface MaskCode {
  /** What the module is given beside its inputs; null: nothing. */
  readonly argument: string | null;
  /** The mask of its output; null where it has none. */
  readonly gives: string | null;
}

export interface CodeContext {
  /** For each input, whether it has a mask. */
  readonly masked: readonly boolean[];
  /** Features of the output: the size of its feature axis. */
  readonly features: number;
  readonly inputFeatures: number;
  /** Without the batch; of several inputs the first one's. */
  readonly inputShape: readonly number[];
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShape: readonly number[];
  /** Code of the layers inside. */
  readonly body: LayerCode;
  /** Stands for the module or layer whose weights it uses, that of `reference`; empty where there is none. */
  readonly reference: string;
}

/**
 * What a layer is to whoever changes or judges a network: a `product` is a kernel times the input and then an
 * activation, a `composite` holds other layers, `elementwise` maps every number by itself.
 */
export type Family =
  | 'product'
  | 'recurrent'
  | 'attention'
  | 'normalization'
  | 'pooling'
  | 'shape'
  | 'noise'
  | 'table'
  | 'merge'
  | 'elementwise'
  | 'composite';

export type Arity = readonly [least: number, most: number];

interface Nature {
  readonly family: Family;
  /** Holds other layers in `layers`: `expanded` into copies, or `built` as one layer. */
  readonly composite?: 'expanded' | 'built';
  /** How many inputs it takes, at least and at most; one unless given. */
  readonly arity?: Arity;
  /** Takes sequences of images [time, channels, height, width]; all composite, shape, noise and merging layers do. */
  readonly takesVolumes?: true;
  /** The option that names a layer above it in its own list, whose weights it uses. */
  readonly reference?: string;
}

/** A layer with its options. */
export interface Layer extends Nature {
  readonly type: string;
  /** How many tokens it knows, in a layer that looks tokens up; else null. */
  readonly vocabulary: number | null;
  /** Every number comes out as it went in, but for its place and, in training, noise: it computes nothing. */
  readonly inert: boolean;
  /** @param x [batch, …] */
  build(context: LayerContext, x: Tensor): Tensor;
  /** The mask of its output. */
  mask(context: LayerContext, output: Tensor): Mask;
  /** What it does to the moments of values and gradients at the start; or why theory does not reach it. */
  theory(input: Signal, surroundings: Surroundings): Transfer | NotReached;
  /**
   * The same of a layer with several inputs; null of one that has no theory of its own for them.
   * @param independent whether random weights lie between all that the inputs have in common
   */
  junction(inputs: readonly Signal[], independent: boolean): Junction | NotReached | null;
  code(context: CodeContext): LayerCode;
  maskCode(names: MaskNames): MaskCode;
}

/** A layer as its file defines it: the same, with the options as the last argument. The formula tells the shapes. */
interface Definition<Type extends string, Options extends z.ZodRawShape>
  extends Description<Type, Options>,
    Nature {
  vocabulary?(options: OptionsOf<Options>): number;
  inert?(options: OptionsOf<Options>): boolean;
  build(context: LayerContext, x: Tensor, options: OptionsOf<Options>): Tensor;
  /**
   * The mask of its output, of a layer that knows of masks: `passed` where every time step stands for itself, so that the
   * mask is that of the input; `ended` where `build` obeys it and its output has no time. Without it a mask ends here
   * unheeded, which is told.
   */
  readonly mask?:
    | 'passed'
    | 'ended'
    | ((context: LayerContext, output: Tensor, options: OptionsOf<Options>) => Mask);
  readonly theory:
    | string
    | ((input: Signal, surroundings: Surroundings, options: OptionsOf<Options>) => Transfer | NotReached);
  junction?(
    inputs: readonly Signal[],
    independent: boolean,
    options: OptionsOf<Options>,
  ): Junction | NotReached;
  code(options: OptionsOf<Options>, context: CodeContext): LayerCode;
  /** Without it, what `mask` says by name: passed on, or given to the module and ended. */
  maskCode?(names: MaskNames, options: OptionsOf<Options>): MaskCode;
}

/** A layer of the list, before it has options. */
export interface LayerPart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape>
  extends Part<Type, Options, Layer>,
    Nature {}

export function defineLayer<Type extends string, Options extends z.ZodRawShape>(
  layer: Definition<Type, Options>,
): LayerPart<Type, Options> {
  const nature: Nature = {
    family: layer.family,
    ...(layer.composite === undefined ? {} : { composite: layer.composite }),
    ...(layer.arity === undefined ? {} : { arity: layer.arity }),
    ...(layer.takesVolumes === undefined ? {} : { takesVolumes: layer.takesVolumes }),
    ...(layer.reference === undefined ? {} : { reference: layer.reference }),
  };
  const part = definePart(layer, (options) => ({
    type: layer.type,
    ...nature,
    vocabulary: layer.vocabulary?.(options) ?? null,
    inert: layer.inert?.(options) ?? layer.family === 'noise',
    build: (context: LayerContext, x: Tensor) => layer.build(context, x, options),
    mask(context: LayerContext, output: Tensor) {
      if (typeof layer.mask === 'function') return layer.mask(context, output, options);
      if (layer.mask === 'passed') return context.masks[0] ?? null;
      if (layer.mask === undefined) context.loseMask(`${layer.type} does not know of masks`);
      return null;
    },
    theory: (input: Signal, surroundings: Surroundings) =>
      typeof layer.theory === 'string'
        ? { reason: layer.theory }
        : layer.theory(input, surroundings, options),
    junction: (inputs: readonly Signal[], independent: boolean) =>
      layer.junction?.(inputs, independent, options) ?? null,
    code: (context: CodeContext) => layer.code(options, context),
    maskCode(names: MaskNames) {
      const [mask = null] = names.masks;
      return (
        layer.maskCode?.(names, options) ?? {
          argument: layer.mask === 'ended' ? mask : null,
          gives: layer.mask === 'passed' ? mask : null,
        }
      );
    },
  }));
  return { ...part, ...nature };
}

/** The name of a layer above, in the same list. */
export const layerNameOption = z.string().min(1).max(80);

export const activationOption = activationSchema.default('linear');
export const kernelInitializerOption = initializerSchema.default('glorot_uniform');
export const biasInitializerOption = initializerSchema.default('zeros');
export const recurrentInitializerOption = initializerSchema
  .default('orthogonal')
  .describe('Initializer of the recurrent kernel');
export const useBiasOption = z.boolean().default(true).describe('Add a bias');
export const epsilonOption = z
  .number()
  .gt(0)
  .max(1)
  .default(1e-3)
  .describe('Added to the variance (mean square) under the root');

/** The axis of features: channels of images [batch, channels, height, width] (and of sequences of them), else the last. */
export const featureAxis = (shape: readonly number[]): number => shape.length - (shape.length >= 4 ? 3 : 1);

/** Axes of what a layer gives, without the batch: windows in rows and columns of images have six. */
export const MAX_AXES = 6;

/** Families of layers that take sequences of images [time, channels, height, width] as they are. */
const OF_ANY_RANK: ReadonlySet<Family> = new Set(['composite', 'shape', 'noise', 'merge']);

/** Refuses sequences of images where a layer takes one image. */
export function checkRank(g: GraphBuilder, part: Nature & { type: string }, x: Tensor): void {
  const { type, family, takesVolumes } = part;
  if (x.shape.length > 4 && takesVolumes !== true && !OF_ANY_RANK.has(family))
    g.refuse(
      `${type} takes no sequences of images [${x.shape.slice(1).join(', ')}]`,
      'put it inside { "type": "time_distributed", "layers": […] }',
    );
}

/** [features] → a shape that broadcasts along the feature axis of x. */
export const alongFeatures = (x: Tensor): number[] =>
  x.shape.map((size, axis) => (axis === featureAxis(x.shape) ? size : 1));

/** Axes that a per-sample normalization runs over: the last; channels, height and width of images. */
export const sampleAxes = (x: Tensor): number[] => (x.shape.length === 4 ? [1, 2, 3] : [x.shape.length - 1]);

export const features = (x: Tensor): number => x.shape[featureAxis(x.shape)] ?? 1;
