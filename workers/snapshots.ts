/** @file When a training's snapshot is due: now and then, and so seldom that all of them are a hundredth of its time. */
import { receiveMessageOnPort } from 'node:worker_threads';
import type { SnapshotAnswer, SnapshotPort } from '../src/jobs/index.ts';
import type { Snapshot } from '../src/statistics/index.ts';
import type { Snapshots } from '../src/training/index.ts';

const MOST_OF_THE_TIME = 0.01;

/** @param now milliseconds */
export function openSnapshots(
  { port, seconds, saved }: SnapshotPort,
  now: () => number = () => performance.now(),
): Snapshots {
  let last = now();
  let wait = 1000 * seconds;
  /** What the last one has cost this thread. */
  let cost = 0;
  let answered = true;
  let goOn = true;

  /** Whether the last one is kept; the thread has never waited for that. */
  function hearAnswer(): boolean {
    const answer = receiveMessageOnPort(port)?.message as SnapshotAnswer | undefined;
    if (answer === undefined) return false;
    goOn = answer.goOn;
    wait = Math.max(1000 * seconds, (cost + answer.ms) / MOST_OF_THE_TIME);
    return true;
  }

  return {
    saved,
    isDue() {
      if (!goOn || now() - last < 1000 * seconds) return false;
      answered ||= hearAnswer();
      if (!answered || !goOn || now() - last < wait) return false;
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
