/** @file The entry of a thread that runs one study. */
import { parentPort, workerData } from 'node:worker_threads';
import { releaseBlocks } from '../src/files/index.ts';
import { type StudyTask, study, type ToStudy } from '../src/jobs/index.ts';

if (parentPort === null) throw new Error('this is the entry of a thread');
const port = parentPort;
await study(
  workerData as StudyTask,
  (message) => {
    // After the last message the thread is ended at once.
    if (message.kind === 'outcome' || message.kind === 'failed') releaseBlocks();
    port.postMessage(message);
  },
  (onMessage) => port.on('message', (message: ToStudy) => onMessage(message)),
);
