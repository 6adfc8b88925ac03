/** @file The folder's door: a study, from experiment to report. */

export { secondsOf } from './budget.ts';
export { bestRow } from './candidates.ts';
export {
  type Phase,
  type Progress,
  phases,
  type StudyDependencies,
  type StudyReport,
  type Trial,
} from './dependencies.ts';
export type { Machines } from './machines_schema.ts';
export { runRateTrials } from './rate_trials.ts';
export { referenceFacts, runReference } from './reference.ts';
export { type Report, reportSchema } from './report.ts';
export { estimateTrials, runStudy } from './run_study.ts';
export { estimateSearchTrials, runSearch, searchRefusal } from './search.ts';
export {
  type SearchOptions,
  type SearchReport,
  searchOptionsSchema,
  searchReportSchema,
} from './search_schema.ts';
export { onSecondData } from './second_data.ts';
