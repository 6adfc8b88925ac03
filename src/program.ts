/**
 * @file What `server.ts` runs once signals have their handlers: reads the settings, starts the service, stops it on a signal. What is
 * wrong with the surroundings is one line.
 */
import { startThreadsFrom } from './util/programs.ts';

/** A stop is over in less; this ends one that hangs. */
const GRACE_MS = 9800;

export interface Surroundings {
  /** Aborted by the first signal. */
  readonly stopping: AbortSignal;
  /** Resolves at the first signal. */
  readonly stopped: Promise<void>;
  /** Signals that have a handler already. */
  readonly handled: ('SIGHUP' | 'SIGINT' | 'SIGQUIT' | 'SIGTERM')[];
  /** Where this program was bundled, with those of its threads; null where it runs from its sources. */
  readonly bundles: URL | null;
  /** Ends the process with one line. */
  fail(message: string): never;
}

/** Runs until a signal ends it. */
export async function runProgram(surroundings: Surroundings): Promise<void> {
  const { stopping, stopped, handled, bundles, fail } = surroundings;
  startThreadsFrom(bundles);
  const { ConfigError, readConfig } = await import('./config.ts');
  const config = () => {
    try {
      return readConfig();
    } catch (error) {
      if (error instanceof ConfigError) fail(error.message);
      throw error;
    }
  };
  const settings = config();
  // Loaded only now: what is wrong with the settings is told sooner.
  const { startService } = await import('./service.ts');
  const { default: closeWithGrace } = await import('close-with-grace');
  // Node.js tells of a signal only between two turns of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  if (stopping.aborted) process.exit(0);

  const service = await startService(settings, stopping).catch((error: unknown) => {
    if (stopping.aborted) process.exit(0);
    return fail(error instanceof Error ? error.message : String(error));
  });
  const grace = closeWithGrace({ delay: GRACE_MS, skip: handled }, async ({ err }) => {
    if (err) process.stderr.write(`${err.stack ?? err.message}\n`);
    // An exit would end the threads, which aborts the process where one of them computes.
    if (!(await service.close())) process.kill(process.pid, 'SIGKILL');
  });
  await stopped;
  grace.close();
}
