/** @file The ranking of a search as text for the terminal. */
import type { SearchReport } from '../client/index.ts';
import { formatNumber, table } from './format.ts';

type Row = SearchReport['ranking'][number];

const nameOf = ({ activation }: Row): string =>
  activation === null || activation === undefined
    ? 'as it is'
    : typeof activation === 'string'
      ? activation
      : JSON.stringify(activation);

/** Best first, each with the mean of what it was ranked by. */
export function renderSearch({ ranking, not_applicable }: SearchReport): string {
  const rows = ranking.map((row) => [
    String(row.rank),
    nameOf(row),
    row.initializer ?? '',
    row.normalization ?? '',
    `${row.metric} ${formatNumber(row.mean, row.non_finite?.mean)}`,
    row.verdict ?? '',
  ]);
  const skipped = not_applicable.map(
    ({ candidate, reason }) => `  – ${candidate}: not applicable, ${reason}`,
  );
  return [table(rows), ...skipped].join('\n');
}
