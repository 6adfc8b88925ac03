/** @file What a remedy's re-training showed: the part of the report that verification fills. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../diagnosis/index.ts';
import { list } from '../util/list.ts';
import { goals } from './goals.ts';

export const patchSchema = list(
  z.object({
    op: z.enum(['add', 'remove', 'replace']),
    path: z.string().describe('JSON Pointer into `experiment`'),
    value: z.unknown().optional(),
  }),
).meta({ description: 'RFC 6902 patch against `experiment`' });

export type Patch = z.output<typeof patchSchema>;

export const snippetsSchema = z.object({
  pytorch: z.string().describe('The patched network and training in PyTorch'),
  keras: z.string().describe('The patched network and training in Keras 3'),
});

export const effectSchema = z.object({
  metric: z
    .string()
    .describe(
      'The goal comes first. Losses are in the scale of the experiment. If targets are standardized, those that end in `_original_scale` are in the scale of the data',
    ),
  baseline: list(numberSchema).describe('One value per seed'),
  treated: list(numberSchema).describe('One value per seed, in the same order'),
  mean_difference: numberSchema.describe('Mean over seeds of treated − baseline'),
  confidence_interval: list(numberSchema).describe(
    '95 % confidence interval of the mean paired difference, by Student’s t; nulls if fewer than two pairs are finite',
  ),
  non_finite: nonFiniteSchema,
});

export type Effect = z.output<typeof effectSchema>;

export const verificationSchema = z.object({
  status: z.enum(['verified', 'ineffective', 'harmful', 'not_run']),
  reason: z.string().describe('Which criterion decided'),
  goal: z.enum(goals).nullable().describe('What had to get better; null if nothing was run'),
  seeds: list(z.int()),
  cleared: list(z.string()).describe('Rules that were found on the baseline and on no treated run'),
  introduced: list(z.string()).describe('Rules that were found on the treated runs and not on the baseline'),
  effects: list(effectSchema),
});

export type Verification = z.output<typeof verificationSchema>;
