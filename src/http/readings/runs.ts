/** @file The finished runs of a job, with what their arms change. */
import type { Patch } from '../../remedies/index.ts';
import type { Outcome } from '../../statistics/index.ts';
import type { Report, SearchReport } from '../../study/index.ts';
import { encodeNonFinite } from '../../util/json.ts';
import { jsonOf, textOf } from './text.ts';

export interface FinishedRun {
  readonly run: string;
  readonly outcome: Outcome;
}

/** Arms of a study by name. */
function patchesOf({ remedies, controls, combinations, recommendation }: Report): Map<string, Patch> {
  return new Map([
    ['baseline', []],
    ...controls.map(({ control, patch }): [string, Patch] => [control, patch]),
    ...remedies.map(({ remedy, patch }): [string, Patch] => [remedy, patch]),
    ...combinations.map((one): [string, Patch] => [one.remedies.join('+'), one.patch]),
    ...(recommendation === null
      ? []
      : [[recommendation.remedies.join('+'), recommendation.patch] as [string, Patch]]),
  ]);
}

function knownPatches(bytes: Uint8Array | undefined): Map<string, Patch> {
  const report = bytes === undefined ? null : (JSON.parse(textOf(bytes)) as Report | SearchReport);
  return report === null || 'kind' in report ? new Map([['baseline', []]]) : patchesOf(report);
}

/** JSON. @param documents the report, where there is one */
export function runList(
  [report]: readonly Uint8Array[],
  { runs }: { readonly runs: readonly FinishedRun[] },
): Uint8Array {
  const patches = knownPatches(report);
  const data = runs.map(({ run, outcome }) => {
    const arm = run.slice(0, run.lastIndexOf('/'));
    return { run, arm, patch: patches.get(arm) ?? null, ...outcome };
  });
  return jsonOf(encodeNonFinite({ data }));
}
