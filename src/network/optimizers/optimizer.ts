/** @file What an optimizer is: an update of all weights, seen as one flat vector. Formulations are those of Keras 3. */
import { z } from 'zod';
import type { Kernels } from '../../kernels/index.ts';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';

/** One step's data; every array has one element per weight, and lies in the memory of the kernels. */
export interface OptimizerStep {
  /** Updates in WebAssembly, where one fits; an optimizer may as well loop over the arrays itself. */
  readonly kernels: Kernels;
  readonly weights: Float32Array;
  /** After clipping. */
  readonly gradient: Float32Array;
  /** The optimizer's memory, as many arrays as it has slots. */
  readonly slots: readonly Float32Array[];
  readonly learningRate: number;
  /** 1 for the first update. */
  readonly t: number;
}

/** An optimizer with its options. */
export interface Optimizer {
  readonly type: string;
  /** Before the schedule. */
  readonly learning_rate: number;
  /** Updates are scaled per weight, so gradient norms of layers do not tell their step sizes. */
  readonly adaptive: boolean;
  /** Initial value of each memory array. */
  readonly slots: readonly number[];
  /** Updates the weights in place. */
  apply(step: OptimizerStep): void;
  readonly pytorch: string;
  readonly keras: string;
}

/** TypeScript cannot read one field of options that are not known yet. */
const rateSchema = z.object({ learning_rate: z.number() });

type Rated = { learning_rate: z.ZodDefault<z.ZodNumber> };

/** An optimizer as its file defines it: the same, with the options as the last argument. */
interface Definition<Type extends string, Options extends Rated & z.ZodRawShape>
  extends Description<Type, Options> {
  readonly adaptive: boolean;
  slots(options: OptionsOf<Options>): readonly number[];
  apply(step: OptimizerStep, options: OptionsOf<Options>): void;
  pytorch(options: OptionsOf<Options>): string;
  keras(options: OptionsOf<Options>): string;
}

export const defineOptimizer = <Type extends string, Options extends Rated & z.ZodRawShape>(
  optimizer: Definition<Type, Options>,
): Part<Type, Options, Optimizer> =>
  definePart(optimizer, (options) => ({
    type: optimizer.type,
    learning_rate: rateSchema.parse(options).learning_rate,
    adaptive: optimizer.adaptive,
    slots: optimizer.slots(options),
    apply: (step) => optimizer.apply(step, options),
    pytorch: optimizer.pytorch(options),
    keras: optimizer.keras(options),
  }));

export const learningRateOption = (initial: number) =>
  z.number().gt(0).max(1e12).default(initial).describe('Learning rate before the schedule');

export const decayOption = (initial: number, what: string) =>
  z.number().min(0).lt(1).default(initial).describe(`Decay rate of ${what}`);

export const epsilonOption = z.number().gt(0).max(1).default(1e-7).describe('Keeps the denominator from 0');

export const momentumOption = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe('Fraction of the last update that is kept');
