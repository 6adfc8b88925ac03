/** @file A check: what one rule says of a study's baseline, with evidence either way. */
import { z } from 'zod';

/** JSON cannot carry NaN and ±∞: such a number is null, and `non_finite` beside it says which it was. */
export const numberSchema = z.number().nullable();
export const nonFiniteSchema = z
  .record(z.string(), z.enum(['nan', 'inf', '-inf']))
  .optional()
  .describe('Names of the fields here that are null because their value is not finite');

const severities = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

const evidenceSchema = z.object({
  metric: z.string(),
  layer: z.string().nullable(),
  step: z.int().nullable(),
  seed: z.int().nullable(),
  value: numberSchema,
  threshold: numberSchema,
  healthy: z
    .enum(['above', 'below'])
    .nullable()
    .describe('The healthy side of the threshold; null if there is no threshold'),
  unit: z.string(),
  non_finite: nonFiniteSchema,
});

export const checkSchema = z
  .object({
    rule: z.string(),
    status: z.enum(['found', 'clear', 'not_evaluable', 'error']),
    severity: z.enum(severities).nullable().describe('Null unless the check found something'),
    layers: z.array(z.string()).describe('The layers in which it was found'),
    first_step: z.int().nullable(),
    seeds: z.array(z.int()).describe('The seeds on which it was found'),
    evidence: z
      .array(evidenceSchema)
      .describe('The measured values with their thresholds, also if nothing was found'),
    explanation: z.string(),
    caused_by: z
      .array(z.string())
      .describe(
        'The root cause, if another finding explains this one. Usually one rule; several if independent findings explain it',
      ),
  })
  .meta({ id: 'Check' });

export type Check = z.output<typeof checkSchema>;

export const rootCauseSchema = z
  .string()
  .nullable()
  .describe(
    'The rule of the finding to read first: one that no other finding explains. null where nothing serious was found',
  );
export type Evidence = z.output<typeof evidenceSchema>;
