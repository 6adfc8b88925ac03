/**
 * @file What is read of stored documents, in a thread: bytes in, bytes out. Unpacking, sorting and writing a long record would
 * hold up everybody else on the event loop.
 */

import { gridOfRun } from './grid.ts';
import { includeData } from './included_data.ts';
import { runOutcome } from './outcome.ts';
import { postedBody } from './posted_body.ts';
import { gridsOfReport, reportFile, shownRuns } from './report_file.ts';
import { runList } from './runs.ts';
import { namesOfSeries, pieceOfRows } from './statistics.ts';
import { firstTrained, keepsWeights, modelFile, weightsFile } from './trained.ts';

/** By name: from documents, as they are stored, and options. */
const readings = {
  pieceOfRows,
  namesOfSeries,
  runOutcome,
  runList,
  gridOfRun,
  includeData,
  postedBody,
  shownRuns,
  gridsOfReport,
  reportFile,
  keepsWeights,
  weightsFile,
  firstTrained,
  modelFile,
} satisfies Record<string, (documents: readonly Uint8Array[], options: never) => unknown>;

export type ReadingName = keyof typeof readings;

export type OptionsOf<N extends ReadingName> = Parameters<(typeof readings)[N]>[1];
export type ReadingResult<N extends ReadingName> = Awaited<ReturnType<(typeof readings)[N]>>;

export interface Reading {
  readonly reading: ReadingName;
  readonly documents: readonly Uint8Array[];
  readonly options: unknown;
}

export const read = ({ reading, documents, options }: Reading): unknown =>
  (readings[reading] as (documents: readonly Uint8Array[], options: unknown) => unknown)(documents, options);
