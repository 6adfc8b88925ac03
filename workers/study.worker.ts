/** @file The entry of a thread that runs studies, one after another. */
import { releaseBlocks } from '../src/files/index.ts';
import { type StudyTask, spareMemory, study } from '../src/jobs/index.ts';

export default async function runStudy(task: StudyTask): Promise<void> {
  try {
    await study(task);
  } finally {
    releaseBlocks();
    setImmediate(spareMemory);
  }
}
