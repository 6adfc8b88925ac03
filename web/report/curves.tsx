/** @file Loss and accuracy over the training: all seeds of an arm as a band. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Grid, Report } from '../../client/index.ts';
import { type Curve, type Level, Lines } from '../charts/lines.tsx';
import { mean } from '../lib/format.ts';
import { Choose, Section } from '../ui/parts.tsx';
import { type JobData, recommendedArm, runsOf } from './data.ts';
import { referenceOf } from './story.ts';

const METRICS = ['loss', 'validation_loss', 'accuracy', 'validation_accuracy'];

interface Arm {
  readonly name: string;
  readonly colour: string;
  readonly grids: readonly Grid[];
}

/** The middle and the edges over seeds, at the steps that any of them has. */
export function bandOf(grids: readonly Grid[], metric: string, label: string, colour: string): Curve | null {
  const bySteps = new Map<number, number[]>();
  for (const { steps, rows } of grids) {
    const values = rows.find((row) => row.metric === metric)?.values ?? [];
    values.forEach((value, i) => {
      const step = steps[i];
      if (value !== null && step !== undefined) bySteps.set(step, [...(bySteps.get(step) ?? []), value]);
    });
  }
  if (bySteps.size === 0) return null;
  const x = [...bySteps.keys()].sort((a, b) => a - b);
  const at = x.map((step) => bySteps.get(step) as number[]);
  const y = at.map((values) => mean(values));
  const band =
    grids.length > 1
      ? { low: at.map((values) => Math.min(...values)), high: at.map((values) => Math.max(...values)) }
      : {};
  return { label, colour, x, y, ...band };
}

function useArms(data: JobData, report: Report): readonly Arm[] | null {
  const [arms, setArms] = useState<readonly Arm[] | null>(null);
  useEffect(() => {
    let current = true;
    const load = async () => {
      const cured = recommendedArm(report);
      const wanted = [
        { name: 'as it is', arm: 'baseline', colour: 'series-1' },
        ...(cured === null ? [] : [{ name: 'with the change', arm: cured, colour: 'series-2' }]),
      ];
      const all = await Promise.all(
        wanted.map(async ({ name, arm, colour }) => {
          const grids = await Promise.all(
            runsOf(data.runs, arm).map((run) => data.grid({ run, tensor: null, metrics: METRICS })),
          );
          return { name, colour, grids: grids.filter((grid) => grid !== null) };
        }),
      );
      if (current) setArms(all.filter(({ grids }) => grids.length > 0));
    };
    void load();
    return () => {
      current = false;
    };
  }, [data, report]);
  return arms;
}

function levelsOf(report: Report): Level[] {
  const constant = mean(report.baseline.runs.map(({ constant_loss }) => constant_loss));
  const reference = referenceOf(report);
  return [
    ...(constant === null ? [] : [{ label: 'best constant', colour: 'muted', value: constant }]),
    ...(reference === null || reference.loss === null
      ? []
      : [
          { label: `reference (${reference.kind.toLowerCase()})`, colour: 'series-3', value: reference.loss },
        ]),
  ];
}

function accuracyLevelsOf(report: Report): Level[] {
  const reference = referenceOf(report);
  return reference === null || reference.accuracy === null
    ? []
    : [
        {
          label: `reference (${reference.kind.toLowerCase()})`,
          colour: 'series-3',
          value: reference.accuracy,
        },
      ];
}

const curvesFor = (arms: readonly Arm[], metrics: readonly [string, string]): Curve[] =>
  arms.flatMap(({ name, colour, grids }) => {
    const training = bandOf(grids, metrics[0], name, colour);
    const validation = bandOf(grids, metrics[1], `${name}, validation`, colour);
    const thin = validation === null ? [] : [{ ...validation, dashed: true, thin: true }];
    return [...(training === null ? [] : [training]), ...thin];
  });

/** More than two decades do not fit on a linear axis. */
function wide(curves: readonly Curve[]): boolean {
  const values = curves.flatMap(({ y }) => y.filter((value) => value !== null && value > 0)) as number[];
  return values.length > 0 && Math.max(...values) / Math.min(...values) > 50;
}

const AXES = [
  { value: 'linear', label: 'linear' },
  { value: 'log', label: 'log' },
] as const;

export function Curves({ data, report }: { data: JobData; report: Report }) {
  const arms = useArms(data, report);
  const loss = useMemo(() => curvesFor(arms ?? [], ['loss', 'validation_loss']), [arms]);
  const accuracy = useMemo(() => curvesFor(arms ?? [], ['accuracy', 'validation_accuracy']), [arms]);
  const levels = useMemo(() => levelsOf(report), [report]);
  const accuracyLevels = useMemo(() => accuracyLevelsOf(report), [report]);
  const [axis, setAxis] = useState<'linear' | 'log' | null>(null);
  if (arms === null)
    return (
      <Section id="curves" title="Learning">
        <div class="waiting" />
      </Section>
    );
  if (loss.length === 0) return null;
  const log = (axis ?? (wide(loss) ? 'log' : 'linear')) === 'log';
  return (
    <Section
      id="curves"
      title="Learning"
      lead="Mean over seeds; the band reaches from the lowest to the highest."
    >
      <div class="charts">
        <div>
          <div class="chart-head">
            <h3>Loss</h3>
            <Choose label="Loss axis" choices={AXES} value={log ? 'log' : 'linear'} onChange={setAxis} />
          </div>
          <Lines curves={loss} levels={levels} log={log} label="Loss over steps" />
        </div>
        {accuracy.length > 0 && (
          <div>
            <div class="chart-head">
              <h3>Accuracy</h3>
            </div>
            <Lines curves={accuracy} levels={accuracyLevels} label="Accuracy over steps" />
          </div>
        )}
      </div>
    </Section>
  );
}
