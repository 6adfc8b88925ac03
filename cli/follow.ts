/** @file Follows a job to its end: a bar on a terminal, a line for each phase elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import type { Client, Job } from '../client/index.ts';
import { isOver, readJob } from './calls.ts';

const LOOK_MS = 200;

export async function follow(client: Client, submitted: Job): Promise<Job> {
  const terminal = process.stderr.isTTY === true;
  const bar = new SingleBar(
    { format: '{phase} |{bar}| {value} of about {total} trials', hideCursor: true, stream: process.stderr },
    Presets.shades_classic,
  );
  if (terminal) bar.start(submitted.progress.total_trials, 0, { phase: 'queued' });
  try {
    let shown = '';
    for (;;) {
      const job = await readJob(client, submitted.id, 0);
      const { phase, completed_trials, total_trials } = job.progress;
      if (terminal) {
        bar.setTotal(Math.max(1, total_trials));
        bar.update(completed_trials, { phase: phase.padEnd(14) });
      } else if (phase !== shown)
        console.error(`${phase}: ${completed_trials} of about ${total_trials} trials`);
      shown = phase;
      if (isOver(job)) return job;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    bar.stop();
  }
}
