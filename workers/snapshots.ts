/** @file When a training's snapshot is due: now and then, and so seldom that all of them are a hundredth of its time. */
import { receiveMessageOnPort } from 'node:worker_threads';
import type { SnapshotAnswer, SnapshotPort } from '../src/jobs/index.ts';
import type { Snapshot } from '../src/statistics/index.ts';
import type { Snapshots } from '../src/training/index.ts';

const MOST_OF_THE_TIME = 0.01;
/** What the first one is expected to cost: to write it down and to keep it (`bench/scale/snapshots.ts`). */
const MS_PER_BYTE = 5e-6;

/** @param now milliseconds */
export function openSnapshots(
  { port, seconds, saved }: SnapshotPort,
  now: () => number = () => performance.now(),
): Snapshots {
  let last = now();
  /** Between two of them, as the last one has cost; null before the first. */
  let wait: number | null = null;
  /** What the last one has cost this thread. */
  let cost = 0;
  let answered = true;
  let goOn = true;

  /** Whether the last one is kept; the thread has never waited for that. */
  function hearAnswer(): boolean {
    const answer = receiveMessageOnPort(port)?.message as SnapshotAnswer | undefined;
    if (answer === undefined) return false;
    goOn = answer.goOn;
    wait = (cost + answer.ms) / MOST_OF_THE_TIME;
    return true;
  }

  return {
    saved,
    isDue(bytes) {
      if (!goOn || now() - last < 1000 * seconds) return false;
      answered ||= hearAnswer();
      if (!answered || !goOn) return false;
      if (now() - last < (wait ?? (bytes * MS_PER_BYTE) / MOST_OF_THE_TIME)) return false;
      last = now();
      return true;
    },
    keep({ step, records, state }: Snapshot) {
      port.postMessage({ step, records, state }, [
        records.buffer as ArrayBuffer,
        state.buffer as ArrayBuffer,
      ]);
      cost = now() - last;
      answered = false;
    },
  };
}
