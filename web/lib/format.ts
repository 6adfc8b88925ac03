/** @file Numbers, times and names as people read them. */

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

/** 10⁻³ */
export const powerOfTen = (exponent: number): string =>
  `10${[...String(exponent)].map((digit) => SUPERSCRIPTS[digit] ?? digit).join('')}`;

/** What JSON could not carry, by its name; a dash where there is no number at all. */
const absent = (nonFinite: string | undefined): string =>
  nonFinite === undefined ? '–' : (names[nonFinite] ?? nonFinite);

function special(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '∞' : '−∞';
}

/** 3.1·10⁻¹² */
function scientific(magnitude: number): string {
  const [mantissa = '', exponent = '0'] = magnitude.toExponential(1).split('e');
  return `${mantissa === '1.0' ? '' : `${mantissa}·`}${powerOfTen(Number(exponent))}`;
}

/** Three digits; a power of ten where that is shorter. */
export function number(value: number | null | undefined, nonFinite?: string): string {
  if (value === null || value === undefined) return absent(nonFinite);
  if (!Number.isFinite(value)) return special(value);
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  const small = magnitude < 1e-3;
  return (
    sign + (small || magnitude >= 1e5 ? scientific(magnitude) : String(Number(magnitude.toPrecision(3))))
  );
}

const names: Readonly<Record<string, string>> = { nan: 'NaN', inf: '∞', '-inf': '−∞' };

export const percent = (fraction: number | null | undefined): string =>
  fraction === null || fraction === undefined ? '–' : `${Number((100 * fraction).toPrecision(3))} %`;

const COUNTS: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** 12.7 k */
export function count(value: number): string {
  const unit = COUNTS.find(([size]) => value >= size);
  return unit === undefined
    ? String(Number(value.toPrecision(3)))
    : `${Number((value / unit[0]).toPrecision(3))} ${unit[1]}`;
}

export function duration(seconds: number): string {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function ago(iso: string, now = Date.now()): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  return seconds < 5 ? 'just now' : `${duration(seconds)} ago`;
}

/** As people write them. */
const PROPER: Readonly<Record<string, string>> = Object.fromEntries(
  ['ReLU', 'PReLU', 'ELU', 'SELU', 'GELU', 'SiLU', 'GRU', 'LSTM', 'Adam', 'RMSprop', 'SGD'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** vanishing_gradient → Vanishing gradient, use_relu → Use ReLU */
export function words(name: string): string {
  const text = name
    .split('_')
    .map((word) => (Object.hasOwn(PROPER, word) ? PROPER[word] : word))
    .join(' ')
    .trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Several things to do as one sentence, without its end. */
export function together(titles: readonly string[]): string {
  const [first = '', ...others] = titles;
  const later = others.map((title) => title.charAt(0).toLowerCase() + title.slice(1));
  const last = later.pop();
  if (last === undefined) return first;
  return `${[first, ...later].join(', ')}${later.length > 0 ? ',' : ''} and ${last}`;
}

/** The first sentence. */
export function firstSentence(text: string): string {
  const end = /[.!?](?=\s|$)/.exec(text);
  return end === null ? text : text.slice(0, end.index + 1);
}

export const mean = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length
    ? null
    : known.reduce((sum, value) => sum + value, 0) / known.length;
};

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A name that is not allowed to be endless. */
export const clip = (text: string, most = 120): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** JSON with spaces. */
export const onOneLine = (value: unknown): string =>
  JSON.stringify(value, null, 1)?.replaceAll(/\n\s*/g, ' ') ?? 'nothing';

/** /network/layers/0/activation → network › layers › 0 › activation */
export const readablePath = (path: string): string =>
  path
    .split('/')
    .slice(1)
    .map((key) => (key === '-' ? 'new' : key.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join(' › ');

const SCREENING = 'screening/';

/** standardize_inputs+use_relu → Standardize inputs + Use ReLU */
export function armWords(arm: string): string {
  const name = arm.startsWith(SCREENING) ? arm.slice(SCREENING.length) : arm;
  const text = name.split('+').map(words).join(' + ');
  return name === arm ? text : `Screening: ${text}`;
}

/** use_relu/3 → Use ReLU, seed 3 */
export function runWords(run: string): string {
  const end = run.lastIndexOf('/');
  return `${armWords(run.slice(0, end))}, seed ${run.slice(end + 1)}`;
}
