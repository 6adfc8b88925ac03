/** @file Tables and percentages of the generated pages. */
import { fraction, type Share } from './judgement.ts';

export const percent = (share: Share): string =>
  share.total === 0 ? '–' : `${(100 * fraction(share)).toFixed(1)} % (${share.hits}/${share.total})`;

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
