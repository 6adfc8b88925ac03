/** @file What turns one experiment into another, as RFC 6902 operations on what reports say of it: numbers of `inline` data never. */
import { createPatch, type Operation } from 'rfc6902';
import { type Experiment, reportedExperiment } from '../experiment/index.ts';
import type { Patch } from './verification.ts';

/** The library looks at every pair of elements of two lists, which takes seconds for a thousand layers. */
const MAX_PAIRS = 10_000;

/** Long lists element by element where none was added or removed, else as a whole. */
const ofLongLists: NonNullable<Parameters<typeof createPatch>[2]> = (
  input,
  output,
  pointer,
): Operation[] | undefined => {
  if (!Array.isArray(input) || !Array.isArray(output)) return undefined;
  if (input.length * output.length <= MAX_PAIRS) return undefined;
  const path = pointer.toString();
  if (input.length !== output.length) return [{ op: 'replace', path, value: output }];
  return input.flatMap((item: unknown, i) =>
    createPatch(item, output[i], ofLongLists).map((operation) => ({
      ...operation,
      path: `${path}/${i}${operation.path}`,
    })),
  );
};

export const patchBetween = (from: Experiment, to: Experiment): Patch =>
  createPatch(reportedExperiment(from), reportedExperiment(to), ofLongLists).map((operation) => ({
    ...operation,
  })) as Patch;
