/** @file Every learning-rate schedule that the service knows. A new one is a file beside this and a line here. */
import type { z } from 'zod';
import { defineKind } from '../../util/kind.ts';
import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import { exponential } from './exponential.ts';
import { inverseSquareRoot } from './inverse_square_root.ts';
import { followers, linearWarmup } from './linear_warmup.ts';
import { reduceOnPlateau } from './reduce_on_plateau.ts';
import type { ScheduleContext, Stretch } from './schedule.ts';
import { step } from './step.ts';

export const scheduleKind = defineKind([
  constant,
  step,
  exponential,
  cosine,
  inverseSquareRoot,
  reduceOnPlateau,
  linearWarmup,
]);

type Config = Parameters<typeof scheduleKind.complete>[0];

/** The schedule that takes the same course over a training of another length. */
export const stretchSchedule = (config: Config, by: Stretch): z.output<typeof scheduleKind.schema> =>
  completeSchedule({ ...scheduleKind.spellOut(config), ...scheduleKind.resolve(config).stretch(by) });

/** The schedule that takes the course that it begins with here, in a training of any length. */
export const pinSchedule = (config: Config, context: ScheduleContext): z.output<typeof scheduleKind.schema> =>
  completeSchedule({ ...scheduleKind.spellOut(config), ...scheduleKind.resolve(config).pin(context) });

/** The config with every default filled in, those of the schedule that follows included. */
export function completeSchedule(config: Config): z.output<typeof scheduleKind.schema> {
  const completed = scheduleKind.complete(config);
  return typeof completed === 'string' || completed.type !== 'linear_warmup'
    ? completed
    : { ...completed, after: followers.complete(completed.after) };
}
