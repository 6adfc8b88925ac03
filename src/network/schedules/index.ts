/** @file Every learning-rate schedule that the service knows. A new one is a file beside this and a line here. */
import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import { exponential } from './exponential.ts';
import { linearWarmup } from './linear_warmup.ts';
import { reduceOnPlateau } from './reduce_on_plateau.ts';
import { step } from './step.ts';

export const scheduleParts = [constant, step, exponential, cosine, reduceOnPlateau, linearWarmup] as const;
