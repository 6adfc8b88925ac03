/** @file Frozen layers in traces from elsewhere: recorded in PyTorch with hooks, in the ways in which people write them down. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  diagnoseGivenTraces,
  givenTracesSchema,
  seriousFindings,
  traceOfGiven,
  verdictOfGiven,
} from '../../../src/diagnosis/index.ts';

interface Series {
  readonly layer: string | null;
  readonly tensor: string | null;
  readonly values: readonly (number | null)[];
}
interface Recorded {
  readonly series: readonly Series[];
}

/** Two frozen layers, "0" and "2", and a head that learns what it can from them: the loss stands at 0.7 of its start. */
const recorded = (): Recorded => {
  const file = new URL('../../reference/traces/frozen_layers.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { traces: [Recorded] }).traces[0];
};
const isFrozen = ({ layer }: Series) => layer === '0' || layer === '2';
const isUpdate = ({ tensor }: Series) => tensor?.endsWith('.update') === true;
const zeros = ({ values }: Series) => values.map(() => 0);

function diagnose(trace: Recorded) {
  const [given] = givenTracesSchema.parse([trace]);
  if (given === undefined) throw new Error('no trace');
  const checks = diagnoseGivenTraces(null, [traceOfGiven(given)]);
  return { found: seriousFindings(checks).map(({ rule }) => rule), verdict: verdictOfGiven(checks), checks };
}

const ways: [string, (series: readonly Series[]) => readonly Series[]][] = [
  ['updates of 0, and no gradient', (series) => series],
  [
    'nothing but their outputs',
    (series) => series.filter((one) => !isFrozen(one) || one.tensor === 'output'),
  ],
  [
    'updates of 0, and gradients of 0',
    (series) => [
      ...series,
      ...series
        .filter((one) => isFrozen(one) && one.tensor === 'output')
        .map((one) => ({ ...one, tensor: 'output_gradient', values: zeros(one) })),
    ],
  ],
  [
    'updates of 0 where a gradient arrives: the optimizer was not given these weights',
    (series) => [
      ...series,
      ...series
        .filter((one) => isFrozen(one) && isUpdate(one) && 'metric' in one && one.metric === 'l2_norm')
        .map((one) => ({
          ...one,
          tensor: `${one.tensor?.replace('.update', '.gradient')}`,
          values: one.values.map(() => 0.1),
        })),
    ],
  ],
];

describe('frozen layers are no finding', () => {
  it.each(ways)('recorded as %s', (_, change) => {
    const trace = recorded();
    const { found, verdict, checks } = diagnose({ ...trace, series: change(trace.series) });
    expect(found).toEqual([]);
    expect(verdict).toBe('healthy');
    const named = checks.filter(({ status }) => status === 'found').flatMap(({ layers }) => layers);
    expect(named).not.toContain('0');
    expect(named).not.toContain('2');
  });
});

describe('what stands still by a fault is one', () => {
  it('where the outputs of a layer are 0, nothing before it is taken for frozen', () => {
    const trace = recorded();
    const series = trace.series.map((one) =>
      one.layer === '2' && one.tensor === 'output' ? { ...one, values: zeros(one) } : one,
    );
    expect(diagnose({ ...trace, series }).found).toContain('unchanged_parameters');
  });

  it('where the gradient underflowed on its way', () => {
    const trace = recorded();
    const series = trace.series.map((one) =>
      one.layer === '4' && one.tensor === 'output_gradient'
        ? { ...one, values: one.values.map(() => 1e-38) }
        : one,
    );
    expect(diagnose({ ...trace, series }).found).toContain('unchanged_parameters');
  });

  it('where weights of 0 stay 0', () => {
    const trace = recorded();
    const series = trace.series.map((one) =>
      isFrozen(one) && one.tensor === 'kernel' ? { ...one, values: zeros(one) } : one,
    );
    expect(diagnose({ ...trace, series }).found).toContain('unchanged_parameters');
  });

  it('where no weight moves at all', () => {
    const trace = recorded();
    const series = trace.series.map((one) => (isUpdate(one) ? { ...one, values: zeros(one) } : one));
    expect(diagnose({ ...trace, series }).found).toContain('unchanged_parameters');
  });
});
