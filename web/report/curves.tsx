/** @file Loss and accuracy over the training: all seeds of an arm as a band. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Grid, Report } from '../../client/index.ts';
import { type Curve, type Level, Lines } from '../charts/lines.tsx';
import { mean } from '../lib/format.ts';
import { useLossAxis } from '../ui/loss_axis.tsx';
import { Section } from '../ui/parts.tsx';
import { bandOf } from './band.ts';
import { type JobData, recommendedArm, runsOf } from './data.ts';
import { referenceOf } from './story.ts';

const METRICS = ['loss', 'validation_loss', 'accuracy', 'validation_accuracy'];

interface Arm {
  readonly name: string;
  readonly colour: string;
  readonly grids: readonly Grid[];
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

export function Curves({ data, report }: { data: JobData; report: Report }) {
  const arms = useArms(data, report);
  const loss = useMemo(() => curvesFor(arms ?? [], ['loss', 'validation_loss']), [arms]);
  const accuracy = useMemo(() => curvesFor(arms ?? [], ['accuracy', 'validation_accuracy']), [arms]);
  const levels = useMemo(() => levelsOf(report), [report]);
  const accuracyLevels = useMemo(() => accuracyLevelsOf(report), [report]);
  const { log, choice } = useLossAxis(loss);
  if (arms === null)
    return (
      <Section id="curves" title="Learning">
        <div class="waiting" />
      </Section>
    );
  if (loss.length === 0) return null;
  return (
    <Section
      id="curves"
      title="Learning"
      {...(report.baseline.runs.length > 1 && {
        lead: 'Mean over seeds; the band reaches from the lowest to the highest.',
      })}
    >
      <div class="charts">
        <div>
          <div class="chart-head">
            <h3>Loss</h3>
            {choice}
          </div>
          <Lines curves={loss} levels={levels} log={log} label="Loss over steps" />
        </div>
        {accuracy.length > 0 && (
          <div>
            <div class="chart-head">
              <h3>Accuracy</h3>
            </div>
            <Lines curves={accuracy} levels={accuracyLevels} label="Accuracy over steps" share />
          </div>
        )}
      </div>
    </Section>
  );
}
