/** @file Linear or logarithmic: what the curves ask for, until the reader chooses. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Curve } from '../charts/table.ts';
import { Choose } from './parts.tsx';

const AXES = [
  { value: 'linear', label: 'linear' },
  { value: 'log', label: 'log' },
] as const;

/** More than that does not fit on a linear axis. */
const WIDE = 50;

function isWide(curves: readonly Curve[]): boolean {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const { y } of curves) {
    for (const value of y) {
      if (value === null || !Number.isFinite(value) || value <= 0) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return high / low > WIDE;
}

export function useLossAxis(curves: readonly Curve[]): { log: boolean; choice: VNode } {
  const [chosen, choose] = useState<'linear' | 'log' | null>(null);
  const axis = chosen ?? (isWide(curves) ? 'log' : 'linear');
  const choice = <Choose label="Loss axis" choices={AXES} value={axis} onChange={choose} />;
  return { log: axis === 'log', choice };
}
