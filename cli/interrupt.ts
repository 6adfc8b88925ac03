/** @file Ctrl-C while a job runs: the job is the service's and goes on, unless it is to be canceled. */
import { createInterface } from 'node:readline/promises';
import type { Job } from '../client/index.ts';
import { ask, type Connection } from './connection.ts';
import { EXIT } from './program.ts';

async function leave({ client, embedded, close }: Connection, job: Job, page: string): Promise<void> {
  // Nothing would go on: its service ends with this program.
  if (embedded) {
    await close();
    return;
  }
  if (process.stdin.isTTY === true) {
    const asked = createInterface({ input: process.stdin, output: process.stderr });
    // In the question Ctrl-C and the end of the input mean: leave it alone.
    asked.once('close', () => console.error(`\nthe job goes on: ${page}`));
    const answer = await asked.question('\nCancel the job? It goes on otherwise. [y/N] ');
    asked.removeAllListeners('close').close();
    if (/^y(es)?$/i.test(answer.trim())) {
      await ask(client.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job.id } } }));
      console.error('the job is canceled');
      return;
    }
  }
  console.error(`\nthe job goes on: ${page}`);
}

/**
 * A second Ctrl-C ends this program at once.
 * @returns what takes the question back
 */
export function askOnInterrupt(connection: Connection, job: Job, page: string): () => void {
  const onInterrupt = async () => {
    await leave(connection, job, page).catch((error: unknown) =>
      console.error(error instanceof Error ? error.message : String(error)),
    );
    process.exit(EXIT.failed);
  };
  process.once('SIGINT', onInterrupt);
  return () => void process.off('SIGINT', onInterrupt);
}
