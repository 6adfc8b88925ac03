/** @file What one key may use. Every limit has a default for all keys, and may be set for a key in the keys file. */
import { z } from 'zod';

const count = z.int().min(1);

export const keyLimitsSchema = z.strictObject({
  requests_per_minute: count,
  max_queued_jobs: count,
  max_running_jobs: count,
  max_total_flops: count,
  max_flops_per_hour: count,
  max_job_seconds: count.max(2_000_000),
});

export type KeyLimits = Readonly<z.output<typeof keyLimitsSchema>>;
