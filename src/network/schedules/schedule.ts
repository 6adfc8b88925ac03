/** @file What a learning-rate schedule is: a factor on the optimizer's learning rate, step by step. */
import type { z } from 'zod';

export interface ScheduleContext {
  /** Steps of the whole training. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
}

/** A schedule at work. `factor(k)` is asked for k = 0, 1, 2 … in order, `observe(loss)` follows each. */
export interface Schedule {
  factor(step: number): number;
  observe(loss: number): void;
}

export interface SchedulePart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: Type;
  readonly title: string;
  /** Formula first; k is the step, counted from 0. */
  readonly formula: string;
  readonly sources: readonly string[];
  readonly options: Options;
  create(options: z.output<z.ZodObject<Options>>, context: ScheduleContext): Schedule;
}

export const defineSchedule = <Type extends string, Options extends z.ZodRawShape>(
  part: SchedulePart<Type, Options>,
): SchedulePart<Type, Options> => part;

/** A schedule that depends on the step alone. */
export const ofStep = (factor: (step: number) => number): Schedule => ({ factor, observe: () => {} });
