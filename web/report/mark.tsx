/** @file Evidence as a mark on a scale: the threshold, the healthy side, the measured value. */
import type { Check, Evidence } from '../../client/index.ts';
import { number, words } from '../lib/format.ts';

export type Side = 'below' | 'above';

/** As the wire says. A report from before it did: what is clear is on the healthy side; of what is found, one item alone may not be. */
function healthySide(item: Evidence, status: Check['status']): Side | null {
  const given = (item as { healthy?: unknown }).healthy;
  if (given === 'below' || given === 'above') return given;
  if (given === null || item.value === null || item.threshold === null) return null;
  if (status !== 'clear') return null;
  return item.value <= item.threshold ? 'below' : 'above';
}

/** Beyond two decades a linear scale shows one of the two at its edge. */
const isLog = (value: number, threshold: number): boolean =>
  value > 0 && threshold > 0 && (value / threshold > 20 || threshold / value > 20);

/** What is not finite lies beyond every scale: it stands at its end, the threshold in the middle. */
const EDGES: Readonly<Record<string, number>> = { inf: 0.98, '-inf': 0.02 };

interface Places {
  readonly value: number;
  readonly threshold: number;
  readonly log: boolean;
}

/** From 0 to 1 along the scale. */
function placesOf(value: number, threshold: number): Places {
  const log = isLog(value, threshold);
  const [v, t] = log ? [Math.log10(value), Math.log10(threshold)] : [value, threshold];
  const [low, high] = log ? [Math.min(v, t), Math.max(v, t)] : [Math.min(0, v, t), Math.max(v, t)];
  const margin = (high - low || 1) * 0.25;
  const from = !log && low === 0 ? 0 : low - margin;
  const span = high + margin - from;
  return { value: (v - from) / span, threshold: (t - from) / span, log };
}

function placed({ value, threshold, non_finite }: Evidence): Pick<Places, 'value' | 'threshold'> | null {
  if (threshold === null) return null;
  if (value !== null) return placesOf(value, threshold);
  const edge = EDGES[non_finite?.value ?? ''];
  return edge === undefined ? null : { value: edge, threshold: 0.5 };
}

const percentage = (fraction: number): string => `${(100 * fraction).toFixed(2)}%`;

function Scale({ item, status }: { item: Evidence; status: Check['status'] }) {
  const places = placed(item);
  if (places === null) return <span />;
  const { value, threshold } = places;
  const side = healthySide(item, status);
  const bad = side !== null && (side === 'below') !== value <= threshold;
  return (
    <div class="mark-scale" aria-hidden="true">
      {side !== null && (
        <i
          class="mark-healthy"
          style={
            side === 'below'
              ? { left: '0', width: percentage(threshold) }
              : { left: percentage(threshold), right: '0' }
          }
        />
      )}
      <i class="mark-threshold" style={{ left: percentage(threshold) }} />
      <i
        class={`mark-value ${side === null ? 'neutral' : bad ? 'bad' : ''}`}
        style={{ left: percentage(value) }}
      />
    </div>
  );
}

export function Mark({ item, status }: { item: Evidence; status: Check['status'] }) {
  const { metric, layer, step, seed, value, threshold, unit, non_finite } = item;
  const place = [layer, step === null ? null : `step ${step}`, seed === null ? null : `seed ${seed}`].filter(
    (part) => part !== null,
  );
  return (
    <li class="mark">
      <span class="mark-name">
        {words(metric)}
        <small>
          <bdi>{place.join(', ')}</bdi>
        </small>
      </span>
      <Scale {...{ item, status }} />
      <span class="mark-numbers">
        <b>{number(value, non_finite?.value)}</b>
        {threshold !== null && <small> limit {number(threshold)}</small>}
        <small> {unit}</small>
      </span>
    </li>
  );
}
