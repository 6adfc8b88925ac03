/** @file Words for explanations: numbers as a reader wants them, layers by name, measured values by metric. */
import type { Evidence } from './check.ts';
import type { Finding } from './rule.ts';

/** Three digits; small and large ones by powers of ten. */
export function text(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? 'infinity' : '−infinity';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
}

export const percent = (fraction: number): string => `${text(100 * fraction)} %`;

/** Smaller ones are as good as 0, and their powers of ten tell nobody more. */
const NOTHING_LEFT = 1e-4;

/** A loss over that of a constant. */
export const ofConstant = (ratio: number | null | undefined): string =>
  ratio != null && ratio >= 0 && ratio < NOTHING_LEFT
    ? `less than ${percent(NOTHING_LEFT)} of a constant’s loss`
    : ratio != null && ratio < 1.5
      ? `${percent(ratio)} of a constant’s loss`
      : `${text(ratio)} times a constant’s loss`;

/** The first three, and how many more. */
export function named(layers: readonly string[], otherwise = 'the network'): string {
  if (layers.length === 0) return otherwise;
  const more = layers.length > 3 ? ` and ${layers.length - 3} more` : '';
  return layers.slice(0, 3).join(', ') + more;
}

/** Whether the value is on the wrong side of its threshold. NaN is on no healthy side. */
export function isBeyond({ value, threshold, healthy }: Evidence): boolean {
  if (threshold === null || healthy === null) return false;
  if (value === null || Number.isNaN(value)) return true;
  return healthy === 'below' ? value > threshold : value < threshold;
}

/** The value measured for a metric: the first one, which is beyond its threshold where any is. */
export const measured = ({ evidence }: Pick<Finding, 'evidence'>, metric: string): Evidence | undefined =>
  evidence.find((one) => one.metric === metric);

/** The measured values that are beyond their thresholds. */
export const beyond = ({ evidence }: Pick<Finding, 'evidence'>, metric: string): Evidence | undefined =>
  evidence.find((one) => one.metric === metric && isBeyond(one));
