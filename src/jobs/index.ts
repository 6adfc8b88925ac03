/**
 * @file The folder's door: jobs, from submission to stored report. Every thread of the service comes through it, and only the service
 * itself needs the database: what opens one is loaded when it is called, which halves what a thread loads.
 */
import type { migrateDatabase as MigrateDatabase } from './prepare.ts';
import type { createJobService as CreateJobService } from './service.ts';

export { spareMemory } from '../util/spare_memory.ts';
export { type FileService, type FileUse, fileSchema, type StoredFile } from './file.ts';
export type { FileTaskResult, TimedFileTask } from './file_readers.ts';
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
export type { ImportTaskResult, ReadModel, TimedImportTask } from './model_importer.ts';
export { numbersOf } from './number_reader.ts';
export { PoolClosed, PoolFull, type TrialResult, type TrialTask } from './pool.ts';
export { InvalidCursor } from './rows.ts';
export type { Role, RunningJobService } from './service.ts';
export type { SnapshotAnswer, SnapshotPort } from './snapshot_port.ts';
export { type StorageFailure, storageFailure } from './storage.ts';
export { study } from './study_thread.ts';
export type { StudyTask } from './study_threads.ts';

export const createJobService: typeof CreateJobService = async (options) =>
  (await import('./service.ts')).createJobService(options);

export const migrateDatabase: typeof MigrateDatabase = async (options) =>
  (await import('./prepare.ts')).migrateDatabase(options);
