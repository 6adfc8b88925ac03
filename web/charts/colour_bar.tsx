/** @file The legend of a heat map: its scale, and the colours of what has no place on it. */
import { cssColour } from '../lib/colours.ts';
import { number, powerOfTen } from '../lib/format.ts';
import type { HeatScale } from './heat.ts';

const SEGMENTS = 24;
const MOST_TICKS = 6;

function ticksOf({ log, low, high }: HeatScale): { at: number; text: string }[] {
  if (!log) return [0, 0.5, 1].map((at) => ({ at, text: number(low + at * (high - low)) }));
  const decades = Math.round(high - low);
  const every = Math.ceil(decades / MOST_TICKS);
  return Array.from({ length: Math.floor(decades / every) + 1 }, (_, i) => ({
    at: (i * every) / decades,
    text: powerOfTen(Math.round(low + i * every)),
  }));
}

export function ColourBar({
  scale,
  label,
  specials,
}: {
  scale: HeatScale;
  label: string;
  specials: { zero: boolean; nonFinite: boolean };
}) {
  return (
    <div class="colour-bar">
      <span class="colour-label">{label}</span>
      <div class="colour-scale">
        <svg viewBox={`0 0 ${SEGMENTS} 1`} preserveAspectRatio="none" aria-hidden="true">
          {Array.from({ length: SEGMENTS }, (_, i) => (
            <rect
              key={i}
              x={i}
              y="0"
              width="1.05"
              height="1"
              fill={cssColour(scale.map, i / (SEGMENTS - 1))}
            />
          ))}
        </svg>
        <div class="colour-ticks">
          {ticksOf(scale).map(({ at, text }) => (
            <span key={at} style={{ left: `${at * 100}%` }}>
              {text}
            </span>
          ))}
        </div>
      </div>
      {specials.zero && scale.log && (
        <span class="swatch">
          <i class="swatch-zero" /> exactly 0
        </span>
      )}
      {specials.nonFinite && (
        <span class="swatch">
          <i class="swatch-infinite" /> not finite
        </span>
      )}
    </div>
  );
}
