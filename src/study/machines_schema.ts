/** @file What a report says of the machines that it was trained on. */
import { z } from 'zod';

export const machinesSchema = z
  .array(
    z.object({
      cpu: z.string(),
      features: z.array(z.string()).describe('Its vector instructions'),
      runtime: z.string(),
      runs: z.array(z.string()),
    }),
  )
  .optional()
  .describe(
    'Only if machines of different kinds did the trainings, so that the last bits may differ: which run was on which machine',
  );

export type Machines = NonNullable<z.output<typeof machinesSchema>>;
