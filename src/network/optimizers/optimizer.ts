/** @file What an optimizer is: an update of all weights, seen as one flat vector. Formulations are those of Keras 3. */
import { z } from 'zod';
import type { Kernels } from '../../kernels/index.ts';

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

export interface OptimizerPart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: Type;
  readonly title: string;
  /** Formula first. */
  readonly formula: string;
  readonly sources: readonly string[];
  readonly options: Options & { learning_rate: z.ZodType<number> };
  /** Updates are scaled per weight, so gradient norms of layers do not tell their step sizes. */
  readonly adaptive: boolean;
  /** Initial value of each memory array. */
  readonly slots: (options: z.output<z.ZodObject<Options>>) => readonly number[];
  /** Updates the weights in place. */
  apply(step: OptimizerStep, options: z.output<z.ZodObject<Options>>): void;
  readonly pytorch: (options: z.output<z.ZodObject<Options>> & { learning_rate: number }) => string;
  readonly keras: (options: z.output<z.ZodObject<Options>> & { learning_rate: number }) => string;
}

export const defineOptimizer = <Type extends string, Options extends z.ZodRawShape>(
  part: OptimizerPart<Type, Options>,
): OptimizerPart<Type, Options> => part;

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
