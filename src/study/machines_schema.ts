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
    'Only where trainings were done on machines of several kinds, on which the last bits may differ: which run on which',
  );

export type Machines = NonNullable<z.output<typeof machinesSchema>>;
