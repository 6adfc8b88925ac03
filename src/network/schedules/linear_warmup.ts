/** @file A linear rise, after which another schedule takes over. */
import { z } from 'zod';
import { defineKind } from '../../util/kind.ts';
import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import { exponential } from './exponential.ts';
import { inverseSquareRoot } from './inverse_square_root.ts';
import { reduceOnPlateau } from './reduce_on_plateau.ts';
import { defineSchedule, type ScheduleContext, type Stretch, stretched } from './schedule.ts';
import { step } from './step.ts';

/** Schedules that may follow. */
export const followers = defineKind([
  constant,
  step,
  exponential,
  cosine,
  inverseSquareRoot,
  reduceOnPlateau,
]);

type Follower = z.output<typeof followers.schema>;

/** The schedule that follows, in a training of another length. */
const stretchedBy = (config: Follower, by: Stretch): Follower =>
  followers.complete({ ...followers.spellOut(config), ...followers.resolve(config).stretch(by) });

/** What is left for the schedule that follows. */
const behind = (warmup_steps: number, { totalSteps, stepsPerEpoch }: ScheduleContext): ScheduleContext => ({
  totalSteps: Math.max(1, totalSteps - warmup_steps),
  stepsPerEpoch,
});

export const linearWarmup = defineSchedule({
  type: 'linear_warmup',
  title: 'Linear warm-up',
  synonyms: ['warmup'],
  formula: '(k + 1) / warmup_steps for k < warmup_steps, then the schedule `after`, counted from there',
  sources: ['Goyal et al. 2017, arXiv:1706.02677'],
  options: {
    warmup_steps: z.int().min(1).max(1e9).default(100).describe('Length of the rise'),
    after: followers.schema.default('constant').describe('The schedule that follows'),
  },
  create({ warmup_steps, after }, context) {
    const following = followers.resolve(after).create(behind(warmup_steps, context));
    return {
      factor: (k) => (k < warmup_steps ? (k + 1) / warmup_steps : following.factor(k - warmup_steps)),
      observe: following.observe,
    };
  },
  stretch: ({ warmup_steps, after }, by) => ({
    warmup_steps: stretched(warmup_steps, by.steps),
    after: stretchedBy(after, by),
  }),
  pin: ({ warmup_steps, after }, context) => ({
    warmup_steps,
    after: followers.complete({
      ...followers.spellOut(after),
      ...followers.resolve(after).pin(behind(warmup_steps, context)),
    }),
  }),
  python({ warmup_steps, after }, context, k) {
    const following = followers.resolve(after);
    const { factor, ...state } = following.python(behind(warmup_steps, context), `(${k} - ${warmup_steps})`);
    return { factor: `(${k} + 1) / ${warmup_steps} if ${k} < ${warmup_steps} else ${factor}`, ...state };
  },
});
