/** @file A stored report with the numbers of `inline` data, which it names by hash alone. */
interface Repeated {
  readonly experiment?: { readonly data?: Record<string, unknown> };
}

interface StoredReport extends Repeated {
  /** Of a study. */
  readonly recommendation?: Repeated | null;
  /** Of a search. */
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

/**
 * @param report as it is stored
 * @param experiment as it was accepted
 */
export function includeData(report: Buffer, experiment: string): Buffer {
  const given = JSON.parse(experiment) as Given;
  if (given.data.type !== 'inline') return report;
  const stored = JSON.parse(report.toString()) as StoredReport;
  const whole: StoredReport = including(stored, given);
  const { recommendation, best } = stored;
  return Buffer.from(
    JSON.stringify({
      ...whole,
      ...(recommendation && { recommendation: including(recommendation, given) }),
      ...(best && { best: including(best, given) }),
    }),
  );
}
