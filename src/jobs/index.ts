/** @file The folder's door: jobs, from submission to stored report. */
export { type FileService, type FileUse, fileSchema, type StoredFile } from './file.ts';
export type { FileTask, FileTaskResult } from './file_readers.ts';
export {
  type Estimate,
  estimateSchema,
  eventSchema,
  isTerminal,
  type Job,
  type JobService,
  jobKinds,
  jobSchema,
  jobStatuses,
  type Submission,
} from './job.ts';
export type { ImportTask, ImportTaskResult, ReadModel } from './model_importer.ts';
export { numbersOf } from './number_reader.ts';
export { PoolClosed, PoolFull, type TrialResult, type TrialTask } from './pool.ts';
export { migrateDatabase } from './prepare.ts';
export { InvalidCursor } from './rows.ts';
export { createJobService, type Role, type RunningJobService } from './service.ts';
export type { SnapshotAnswer, SnapshotPort } from './snapshot_port.ts';
export { type StorageFailure, storageFailure } from './storage.ts';
export { type StudyTask, study, type ToStudy } from './study_thread.ts';
