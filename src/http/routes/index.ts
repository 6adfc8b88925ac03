/** @file Every endpoint. A new one is a file in its resource's folder and a line here. */
import type { Endpoint } from '../endpoint.ts';
import { compareActivationsEndpoint } from './activations/compare.ts';
import { evaluateActivation } from './activations/evaluate.ts';
import { readCatalog, readCatalogEntry, readCatalogKind } from './catalog/read.ts';
import { createDiagnosis } from './diagnoses/create.ts';
import { createFile } from './files/create.ts';
import { listFiles, readFile, readFileContent, removeFile } from './files/read.ts';
import { createImport } from './imports/create.ts';
import { cancelJob } from './jobs/cancel.ts';
import { createJob } from './jobs/create.ts';
import { readEvents } from './jobs/events.ts';
import { listJobs } from './jobs/list.ts';
import { readJobModel } from './jobs/model.ts';
import { readJob } from './jobs/read.ts';
import { removeJob } from './jobs/remove.ts';
import { readReport } from './jobs/report.ts';
import { rerunJob } from './jobs/rerun.ts';
import { readResult } from './jobs/result.ts';
import { readRuns } from './jobs/runs.ts';
import { readSeries } from './jobs/series.ts';
import { readStatistics } from './jobs/statistics.ts';
import { readJobWeights } from './jobs/weights.ts';
import { createPreflight } from './preflight/create.ts';
import { createSearch } from './searches/create.ts';
import { readHealth, readReadiness } from './service/health.ts';
import { readMetrics } from './service/metrics.ts';

export const endpoints: readonly Endpoint[] = [
  createJob,
  listJobs,
  readJob,
  removeJob,
  cancelJob,
  rerunJob,
  readResult,
  readReport,
  readRuns,
  readSeries,
  readStatistics,
  readEvents,
  readJobWeights,
  readJobModel,
  createFile,
  listFiles,
  readFile,
  readFileContent,
  removeFile,
  createImport,
  createSearch,
  createPreflight,
  createDiagnosis,
  readCatalog,
  readCatalogKind,
  readCatalogEntry,
  evaluateActivation,
  compareActivationsEndpoint,
  readHealth,
  readReadiness,
  readMetrics,
];
