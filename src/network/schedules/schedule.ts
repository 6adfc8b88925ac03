/** @file What a learning-rate schedule is: a factor on the optimizer's learning rate, step by step. */
import type { z } from 'zod';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';

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

/** A schedule with its options, before a training. */
export interface SchedulePlan {
  readonly type: string;
  create(context: ScheduleContext): Schedule;
}

/** As its file defines it. In the formula, k is the step, counted from 0. */
interface Definition<Type extends string, Options extends z.ZodRawShape> extends Description<Type, Options> {
  create(options: OptionsOf<Options>, context: ScheduleContext): Schedule;
}

export const defineSchedule = <Type extends string, Options extends z.ZodRawShape>(
  schedule: Definition<Type, Options>,
): Part<Type, Options, SchedulePlan> =>
  definePart(schedule, (options) => ({
    type: schedule.type,
    create: (context) => schedule.create(options, context),
  }));

/** A schedule that depends on the step alone. */
export const ofStep = (factor: (step: number) => number): Schedule => ({ factor, observe: () => {} });
