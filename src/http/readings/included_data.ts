/** @file A stored report with the numbers of `inline` data, which it names by hash alone. */
import { unpackText } from '../../util/packed_text.ts';
import { jsonOf, textOf } from './text.ts';

interface Repeated {
  readonly experiment?: { readonly data?: Record<string, unknown> };
}

interface StoredReport extends Repeated {
  /** In the report of a study. */
  readonly recommendation?: Repeated | null;
  /** In the report of a search. */
  readonly best?: Repeated | null;
}

interface Given {
  readonly data: { readonly type: string; readonly inputs?: unknown; readonly targets?: unknown };
}

/** As it can be posted again. */
function including<T extends Repeated>(repeated: T, { data: { inputs, targets } }: Given): T {
  const { sha256: _sha256, samples: _samples, ...options } = repeated.experiment?.data ?? {};
  return { ...repeated, experiment: { ...repeated.experiment, data: { ...options, inputs, targets } } };
}

/** @param documents the report as it is stored, and the experiment as it was accepted, by `packText` */
export function includeData(documents: readonly Uint8Array[]): Uint8Array {
  const [report, experiment] = documents as [Uint8Array, Uint8Array];
  const given = JSON.parse(unpackText(experiment)) as Given;
  if (given.data.type !== 'inline') return report;
  const stored = JSON.parse(textOf(report)) as StoredReport;
  const whole: StoredReport = including(stored, given);
  const { recommendation, best } = stored;
  return jsonOf({
    ...whole,
    ...(recommendation && { recommendation: including(recommendation, given) }),
    ...(best && { best: including(best, given) }),
  });
}
