/**
 * @file What is read of stored documents, in a thread: bytes in, bytes out. Unpacking, sorting and writing a long record would
 * hold up everybody else on the event loop.
 */

/** By name: from documents, as they are stored, and options. Loaded when asked for: a curve needs no ONNX. */
const readings = {
  packedCatalog: async () => (await import('./catalog.ts')).packedCatalog,
  pieceOfRows: async () => (await import('./statistics.ts')).pieceOfRows,
  namesOfSeries: async () => (await import('./statistics.ts')).namesOfSeries,
  runOutcome: async () => (await import('./outcome.ts')).runOutcome,
  runList: async () => (await import('./runs.ts')).runList,
  gridOfRun: async () => (await import('./grid.ts')).gridOfRun,
  includeData: async () => (await import('./included_data.ts')).includeData,
  postedBody: async () => (await import('./posted_body.ts')).postedBody,
  shownRuns: async () => (await import('./report_file.ts')).shownRuns,
  gridsOfReport: async () => (await import('./report_file.ts')).gridsOfReport,
  reportFile: async () => (await import('./report_file.ts')).reportFile,
  keepsWeights: async () => (await import('./trained.ts')).keepsWeights,
  weightsFile: async () => (await import('./trained.ts')).weightsFile,
  firstTrained: async () => (await import('./trained.ts')).firstTrained,
  modelFile: async () => (await import('./trained.ts')).modelFile,
} satisfies Record<string, () => Promise<(documents: readonly Uint8Array[], options: never) => unknown>>;

export type ReadingName = keyof typeof readings;

type Read<N extends ReadingName> = Awaited<ReturnType<(typeof readings)[N]>>;
export type OptionsOf<N extends ReadingName> = Parameters<Read<N>>[1];
export type ReadingResult<N extends ReadingName> = Awaited<ReturnType<Read<N>>>;

export interface Reading {
  readonly reading: ReadingName;
  readonly documents: readonly Uint8Array[];
  readonly options: unknown;
}

export async function read({ reading, documents, options }: Reading): Promise<unknown> {
  const work = (await readings[reading]()) as (documents: readonly Uint8Array[], options: unknown) => unknown;
  return work(documents, options);
}
