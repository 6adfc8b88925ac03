/** @file The entry of a thread that runs one study. */
import { parentPort, workerData } from 'node:worker_threads';
import { type StudyTask, study, type ToStudy } from '../src/jobs/index.ts';

if (parentPort === null) throw new Error('this is the entry of a thread');
const port = parentPort;
await study(
  workerData as StudyTask,
  (message) => port.postMessage(message),
  (onMessage) => port.on('message', (message: ToStudy) => onMessage(message)),
);
