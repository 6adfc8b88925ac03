/** @file The recommended change and the smaller ones, as what is left of the loss against what it takes to make the change. */
import type { Report } from '../../client/index.ts';
import { roundTicks } from '../charts/axis.ts';
import { clip, number, words } from '../lib/format.ts';
import { titleOf } from './story.ts';

type Recommendation = NonNullable<Report['recommendation']>;
type Alternative = Recommendation['alternatives'][number];

/** From the least effort to the most. */
const EFFORTS: readonly Alternative['effort'][] = ['setting', 'initializer', 'activation', 'architecture'];

const PLOT = { width: 640, height: 210, left: 64, right: 16, top: 14, bottom: 40 };

interface Point {
  readonly title: string;
  readonly effort: Alternative['effort'];
  readonly loss: number;
  readonly tone: 'recommended' | 'healthy' | 'unhealthy';
}

function pointsOf(report: Report): Point[] {
  const { recommendation } = report;
  if (recommendation === null) return [];
  const titles = (remedies: readonly string[]) =>
    remedies.map((remedy) => titleOf(report, remedy)).join(' + ');
  const efforts = recommendation.remedies.map(
    (name) => report.remedies.find(({ remedy }) => remedy === name)?.effort ?? 'architecture',
  );
  const most = Math.max(...efforts.map((effort) => EFFORTS.indexOf(effort)));
  const all = [
    {
      title: titles(recommendation.remedies),
      effort: EFFORTS[most] ?? 'architecture',
      loss: recommendation.goal.reached,
      tone: 'recommended' as const,
    },
    ...recommendation.alternatives.map(({ remedies, effort, loss, healthy }) => ({
      title: titles(remedies),
      effort,
      loss,
      tone: healthy ? ('healthy' as const) : ('unhealthy' as const),
    })),
  ];
  return all.flatMap((point) => (point.loss === null ? [] : [{ ...point, loss: point.loss }]));
}

const TONES = { recommended: 'recommended', healthy: 'cures too', unhealthy: 'does not cure' } as const;

function Plot({ points }: { points: readonly Point[] }) {
  const most = Math.max(...points.map(({ loss }) => loss)) * 1.1 || 1;
  const x = (effort: Point['effort']) =>
    PLOT.left + ((EFFORTS.indexOf(effort) + 0.5) / EFFORTS.length) * (PLOT.width - PLOT.left - PLOT.right);
  const y = (loss: number) => PLOT.top + (1 - loss / most) * (PLOT.height - PLOT.top - PLOT.bottom);
  return (
    <svg viewBox={`0 0 ${PLOT.width} ${PLOT.height}`} role="img" aria-label="Loss against effort">
      {roundTicks(0, most).map((at) => (
        <g key={at}>
          <line class="grid-line" x1={PLOT.left} x2={PLOT.width - PLOT.right} y1={y(at)} y2={y(at)} />
          <text class="tick" x={PLOT.left - 6} y={y(at) + 4} text-anchor="end">
            {number(at)}
          </text>
        </g>
      ))}
      {EFFORTS.map((effort) => (
        <text key={effort} class="tick" x={x(effort)} y={PLOT.height - 22} text-anchor="middle">
          {effort}
        </text>
      ))}
      <text
        class="tick"
        x={(PLOT.left + PLOT.width - PLOT.right) / 2}
        y={PLOT.height - 5}
        text-anchor="middle"
      >
        effort: what has to be changed
      </text>
      {points.map(({ title, effort, loss, tone }) => (
        <circle key={title} class={`alternative ${tone}`} cx={x(effort)} cy={y(loss)} r="6">
          <title>{`${title}: ${number(loss)}`}</title>
        </circle>
      ))}
    </svg>
  );
}

export function Alternatives({ report }: { report: Report }) {
  const points = pointsOf(report);
  if (points.length < 2) return null;
  return (
    <>
      <h3>Loss against effort: the change and the smaller ones</h3>
      <div class="charts">
        <figure class="depth">
          <Plot points={points} />
        </figure>
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Change</th>
              <th scope="col">Effort</th>
              <th scope="col" class="number">
                Loss
              </th>
            </tr>
          </thead>
          <tbody>
            {points.map(({ title, effort, loss, tone }) => (
              <tr key={title}>
                <th scope="row">
                  {clip(title, 120)} <small>{TONES[tone]}</small>
                </th>
                <td>{words(effort)}</td>
                <td class="number">{number(loss)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
