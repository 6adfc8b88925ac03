/** @file Text → a number, as people and spreadsheets write it: "1,234.5", "1.234,5", "$ 12", "45 %", "(3.20)". */

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const PLAIN_COMMA = /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i;
/** Thousands in groups of three, all by the same sign. */
const GROUPED = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+(\.\d*)?$/;
const GROUPED_COMMA = /^[+-]?[1-9]\d{0,2}(?:\.\d{3})+(,\d*)?$/;
const SPACED = /^[+-]?[1-9]\d{0,2}(?:([ \u00a0\u202f'’])\d{3})(?:\1\d{3})*([.,]\d*)?$/;
const CODES = 'USD|EUR|GBP|CHF|JPY|INR|CNY|AUD|CAD|BRL|kr|Rs\\.?';
const SIGNS = '(?:US|R|C|A|NZ|HK|S)?[$€£¥₹₽₩₺₦฿]';
const BEFORE = new RegExp(`^([+-]?)\\s*(?:${SIGNS}|(?:${CODES})(?=[\\s\\d+-]))\\s*(?=[-+\\d.,])`, 'i');
const AFTER = new RegExp(`(?<=[\\d.,])\\s*(?:[%‰$€£¥₹₽₩₺₦฿]|\\s(?:${CODES}))$`, 'i');
/** Longer texts are no numbers. */
const MAX_LENGTH = 64;

/** Without the signs of a currency or of per cent, and without the brackets of an accountant's negative. */
function bare(text: string): string {
  const inner = /^\((.*\d.*)\)$/.exec(text)?.[1];
  const [sign, unsigned] = inner === undefined ? ['', text] : ['-', inner];
  return (
    sign + unsigned.trim().replace(/^[−–]/, '-').replace(BEFORE, '$1').replace(AFTER, '').replace(/^\+-/, '-')
  );
}

/** Shapes of numbers, and what the commas and points in them prove of the decimal sign. */
const proofs: readonly [shape: RegExp, sign: (number: string) => ',' | '.' | 'either' | null][] = [
  [SPACED, (number) => (number.includes(',') ? ',' : number.includes('.') ? '.' : null)],
  [GROUPED, (number) => (/,.*,|\./.test(number) ? '.' : 'either')],
  [GROUPED_COMMA, (number) => (/\..*\.|,/.test(number) ? ',' : 'either')],
  [PLAIN, (number) => (number.includes('.') ? '.' : null)],
  [PLAIN_COMMA, () => ','],
];

/** `either`: "1,234" is a thousand or a fraction. Null where the text tells nothing. */
export function decimalSignOf(text: string): ',' | '.' | 'either' | null {
  if (text.length > MAX_LENGTH) return null;
  const number = bare(text.trim());
  return proofs.find(([shape]) => shape.test(number))?.[1](number) ?? null;
}

function numberIn(number: string, decimalComma: boolean): number | null {
  if (SPACED.test(number)) return Number(number.replace(/[ \u00a0\u202f'’]/g, '').replace(',', '.'));
  if (decimalComma && GROUPED_COMMA.test(number)) return Number(number.replaceAll('.', '').replace(',', '.'));
  if (!decimalComma && GROUPED.test(number)) return Number(number.replaceAll(',', ''));
  if (PLAIN.test(number)) return Number(number);
  return decimalComma && PLAIN_COMMA.test(number) ? Number(number.replace(',', '.')) : null;
}

/** The number, and whether signs were left out that a plain number does not have; null for other text. */
export function writtenNumber(text: string, decimalComma: boolean): { value: number; plain: boolean } | null {
  // "1.234" is a thousand where the decimal sign is a comma.
  if (PLAIN.test(text) && !(decimalComma && GROUPED_COMMA.test(text)))
    return { value: Number(text), plain: true };
  if (decimalComma && PLAIN_COMMA.test(text)) return { value: Number(text.replace(',', '.')), plain: true };
  if (text.length > MAX_LENGTH || !/\d/.test(text)) return null;
  const value = numberIn(bare(text), decimalComma);
  return value === null ? null : { value, plain: false };
}
