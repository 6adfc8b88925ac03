/** @file A forest plot: each arm's effect with its interval, the controls' range as a grey band. */
import type { Effect } from '../../client/index.ts';
import { roundTicks } from '../charts/axis.ts';
import { clip, number } from '../lib/format.ts';

export interface ForestRow {
  readonly name: string;
  readonly note: string;
  readonly status: string;
  readonly isControl: boolean;
  readonly effect: Effect | null;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

const intervalOf = ({
  confidence_interval: [low = null, high = null],
  mean_difference: mean,
}: Effect): Range | null =>
  low !== null && high !== null ? { low, high } : mean === null ? null : { low: mean, high: mean };

/** The range of the means, zero included, with room for most of the intervals: a very wide one is cut off. */
function rangeOf(rows: readonly ForestRow[]): Range {
  const means = rows.flatMap(({ effect }) =>
    effect?.mean_difference == null ? [] : [effect.mean_difference],
  );
  const [low, high] = [Math.min(0, ...means), Math.max(0, ...means)];
  const span = high - low || 1;
  const ends = rows.flatMap(({ effect }) => {
    const interval = effect === null ? null : intervalOf(effect);
    return interval === null
      ? []
      : [Math.max(interval.low, low - span / 2), Math.min(interval.high, high + span / 2)];
  });
  const [least, most] = [Math.min(low, ...ends), Math.max(high, ...ends)];
  const margin = (most - least) * 0.04 || 0.1;
  return { low: least - margin, high: most + margin };
}

/** What arms that should not help came to. */
function controlRange(rows: readonly ForestRow[]): Range | null {
  const means = rows.flatMap(({ isControl, effect }) =>
    isControl && effect?.mean_difference != null ? [effect.mean_difference] : [],
  );
  return means.length === 0 ? null : { low: Math.min(0, ...means), high: Math.max(0, ...means) };
}

const TONES: Readonly<Record<string, string>> = {
  verified: 'good',
  harmful: 'bad',
  ineffective: 'plain',
  not_run: 'faint',
};

function Track({ row, range, controls }: { row: ForestRow; range: Range; controls: Range | null }) {
  const at = (value: number) =>
    `${(100 * Math.min(1, Math.max(0, (value - range.low) / (range.high - range.low)))).toFixed(2)}%`;
  const width = (part: Range) => `calc(${at(part.high)} - ${at(part.low)})`;
  const interval = row.effect === null ? null : intervalOf(row.effect);
  const mean = row.effect?.mean_difference ?? null;
  const tone = row.isControl ? 'control' : (TONES[row.status] ?? 'plain');
  return (
    <div class="forest-track" aria-hidden="true">
      {controls !== null && (
        <i class="forest-controls" style={{ left: at(controls.low), width: width(controls) }} />
      )}
      <i class="forest-zero" style={{ left: at(0) }} />
      {interval !== null && (
        <i class={`forest-interval ${tone}`} style={{ left: at(interval.low), width: width(interval) }} />
      )}
      {mean !== null && <i class={`forest-mean ${tone}`} style={{ left: at(mean) }} />}
    </div>
  );
}

function Axis({ range }: { range: Range }) {
  return (
    <div class="forest-axis" role="img" aria-label="Change with its interval">
      {roundTicks(range.low, range.high).map((tick) => (
        <span key={tick} style={{ left: `${(100 * (tick - range.low)) / (range.high - range.low)}%` }}>
          {number(tick)}
        </span>
      ))}
    </div>
  );
}

const effectText = (effect: Effect | null): string => {
  if (effect === null) return '–';
  const [low = null, high = null] = effect.confidence_interval;
  const value = number(effect.mean_difference, effect.non_finite?.mean_difference);
  return low === null || high === null ? value : `${value} [${number(low)}, ${number(high)}]`;
};

export function Forest({ rows, metric }: { rows: readonly ForestRow[]; metric: string }) {
  const range = rangeOf(rows);
  const controls = controlRange(rows);
  return (
    <table class="forest">
      <caption class="muted">
        Change of the {metric} against the baseline, mean over seeds with its 95 % interval. Left of the line
        is better; the grey band is what arms that should not help came to.
      </caption>
      <thead>
        <tr>
          <th scope="col">Arm</th>
          <th scope="col">Result</th>
          <th scope="col" class="forest-wide">
            <Axis range={range} />
          </th>
          <th scope="col" class="number">
            Effect
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name} class={row.isControl ? 'control' : ''}>
            <th scope="row">
              <bdi>{clip(row.name, 80)}</bdi>
              {row.note !== '' && <small>{row.note}</small>}
            </th>
            <td>
              <span class={`tag ${row.isControl ? 'control' : (TONES[row.status] ?? '')}`}>
                {row.isControl ? 'control' : row.status.replaceAll('_', ' ')}
              </span>
            </td>
            <td class="forest-wide">
              <Track {...{ row, range, controls }} />
            </td>
            <td class="number">{effectText(row.effect)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
