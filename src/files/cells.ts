/** @file What the text of a cell is: missing, a truth value, a date. */

const MISSING = new Set([
  ...[
    '',
    'na',
    'n/a',
    'n.a.',
    'nan',
    '-nan',
    'nat',
    'null',
    'none',
    'nil',
    '?',
    '-',
    '--',
    '.',
    '..',
    ':',
    '\\n',
    '<na>',
  ],
  // Of spreadsheets, and numbers that are none.
  ...[
    '#n/a',
    '#na',
    '#value!',
    '#div/0!',
    '#ref!',
    '#name?',
    '#num!',
    '#null!',
    'inf',
    '+inf',
    '-inf',
    'infinity',
  ],
]);
export const TRUTH: Readonly<Record<string, number>> = { true: 1, false: 0, yes: 1, no: 0 };

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?';
const TIME =
  '\\d{1,2}[:.]\\d{2}(?:[:.]\\d{2}(?:[.,]\\d+)?)?\\s*(?:[ap]m)?\\s*(?:z|utc|gmt|[+-]\\d{2}:?\\d{2})?';
const DAY = [
  '\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}',
  '\\d{1,2}[-/.]\\d{1,2}[-/.](?:\\d{4}|\\d{2})',
  `\\d{1,2}[-/ .]+${MONTH}[-/ ,]*(?:\\d{4}|\\d{2})`,
  `${MONTH}[-/ ]\\d{1,2},?[-/ ]+\\d{4}`,
  `${MONTH}[-/ ]+(?:\\d{4}|\\d{2})`,
].join('|');
const DATE = new RegExp(
  `^(?:(?:${DAY})(?:[T ,]+${TIME})?|\\d{1,2}[:.]\\d{2}[:.]\\d{2}|\\d{1,2}:\\d{2}\\s*(?:[ap]m)?)$`,
  'i',
);

export const isMissing = (text: string): boolean => MISSING.has(text.toLowerCase());
export const isTruth = (text: string): boolean => Object.hasOwn(TRUTH, text.toLowerCase());
/** A day, a month of a year, a time of day, or both. */
export const isDate = (text: string): boolean => /\d/.test(text) && DATE.test(text);
