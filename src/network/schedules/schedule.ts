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

/** A schedule as Python. */
export interface ScheduleCode {
  /** An expression for the factor of a step; `plateau` in it is the object that `plateau` makes. */
  readonly factor: string;
  /** Makes an object with a `factor` that is told every loss. */
  readonly plateau?: string;
}

/** How many times as long a training becomes: in steps, and in passes over the data. */
export interface Stretch {
  readonly steps: number;
  readonly epochs: number;
}

/** The longest that a schedule may count to. */
const LONGEST = 1e9;

/** A length within a schedule, of a training that becomes so many times as long. */
export const stretched = (length: number, factor: number, longest: number = LONGEST): number =>
  Math.min(longest, Math.max(1, Math.round(length * factor)));

/** A schedule with its options, before a training. */
export interface SchedulePlan {
  readonly type: string;
  /** The options with which it takes the same course over a training of another length. */
  stretch(by: Stretch): Readonly<Record<string, unknown>>;
  /** The options with which a training of any length takes the course that one of these steps begins with. */
  pin(context: ScheduleContext): Readonly<Record<string, unknown>>;
  create(context: ScheduleContext): Schedule;
  /** @param k Python expression of the step, counted from 0 */
  python(context: ScheduleContext, k: string): ScheduleCode;
}

/** As its file defines it. In the formula, k is the step, counted from 0. */
interface Definition<Type extends string, Options extends z.ZodRawShape> extends Description<Type, Options> {
  create(options: OptionsOf<Options>, context: ScheduleContext): Schedule;
  stretch(options: OptionsOf<Options>, by: Stretch): OptionsOf<Options>;
  /** Only where the length of the training counts. */
  pin?(options: OptionsOf<Options>, context: ScheduleContext): OptionsOf<Options>;
  python(options: OptionsOf<Options>, context: ScheduleContext, k: string): ScheduleCode;
}

export const defineSchedule = <Type extends string, Options extends z.ZodRawShape>(
  schedule: Definition<Type, Options>,
): Part<Type, Options, SchedulePlan> =>
  definePart(schedule, (options) => ({
    type: schedule.type,
    create: (context) => schedule.create(options, context),
    stretch: (by) => schedule.stretch(options, by),
    pin: (context) => schedule.pin?.(options, context) ?? options,
    python: (context, k) => schedule.python(options, context, k),
  }));

/** A schedule that depends on the step alone. */
export const ofStep = (factor: (step: number) => number): Schedule => ({ factor, observe: () => {} });
