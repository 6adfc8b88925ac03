/** @file Between a training's thread and who keeps its snapshots: the thread sends one, and hears whether it is kept before the next. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { SavedTraining, Snapshot } from '../statistics/index.ts';
import type { TrialSnapshots } from './snapshots.ts';

/** Sent to the thread at the start. */
export interface SnapshotPort {
  readonly port: MessagePort;
  readonly seconds: number;
  readonly saved: SavedTraining | null;
}

/** The answer to each snapshot. */
export interface SnapshotAnswer {
  /** True if more should be sent. */
  readonly goOn: boolean;
  /** How long it took to keep it. */
  readonly ms: number;
}

/** @param train a training in a thread, which is handed the port */
export async function keepSnapshots<T>(
  snapshots: TrialSnapshots,
  train: (port: SnapshotPort) => Promise<T>,
): Promise<T> {
  const saved = await snapshots.latest();
  const { port1: own, port2: port } = new MessageChannel();
  let ended = false;
  own.on('message', async (snapshot: Snapshot) => {
    const start = performance.now();
    const goOn = await snapshots.keep(snapshot, () => ended);
    own.postMessage({ goOn, ms: performance.now() - start } satisfies SnapshotAnswer);
  });
  try {
    return await train({ port, seconds: snapshots.seconds, saved });
  } finally {
    ended = true;
    own.close();
  }
}
