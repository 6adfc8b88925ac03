/** @file Numbers, bars and colours for the terminal. */

export interface Style {
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

const paint = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
const plain = (text: string) => text;

export const createStyle = (colours: boolean): Style =>
  colours
    ? { bold: paint(1), good: paint(32), bad: paint(31), dim: paint(2) }
    : { bold: plain, good: plain, bad: plain, dim: plain };

/** Three digits; scientific where that is shorter to read; a null is a number that JSON cannot carry. */
export function formatNumber(value: number | null, nonFinite = 'not finite'): string {
  if (value === null) return nonFinite;
  const magnitude = Math.abs(value);
  if (value === 0) return '0';
  if (magnitude >= 1e4 || magnitude < 1e-3) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

const BAR_WIDTH = 24;
const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar on a log scale: empty at `low`, full at `high`. */
export function logBar(value: number | null, low: number, high: number): string {
  if (value === null || !(value > 0)) return '';
  const span = Math.log10(high) - Math.log10(low);
  const fraction = span > 0 ? (Math.log10(value) - Math.log10(low)) / span : 1;
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_WIDTH * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (BLOCKS[eighths % 8] ?? '');
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
