/** @file From bytes to a JSON value: UTF-8, bounded depth and width, no prototype keys. Runs before any schema, which recurses. */
import { beyondShape, type ShapeLimits } from '../util/json_shape.ts';
import { HttpProblem } from './problem.ts';

const MAX_DEPTH = 64;

const MAX_MEMBERS = 10_000;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Rows of inline data are arrays too: of 250,000 samples, four each. A trace has 50,000 series. Lists of 16 MiB take twice the heap
 * of a request thread, and a thread that parses cannot be ended: it would take the process with it.
 */
const LIMITS: ShapeLimits = {
  depth: MAX_DEPTH,
  members: MAX_MEMBERS,
  containers: 1_000_000,
  objects: 200_000,
};

/** Of what is too much, and what to do. */
const tooMuch: Readonly<Record<Exclude<keyof ShapeLimits, 'depth'>, string>> = {
  members: `an object of the body has more than ${MAX_MEMBERS} members`,
  containers: `the body has more than ${LIMITS.containers} lists and objects: upload large data as a file (POST /v1/files)`,
  objects: `the body has more than ${LIMITS.objects} objects`,
};

/** Refuses what is nested too deeply or has too many members, before it is parsed. */
function refuseShape(bytes: Buffer): void {
  const beyond = beyondShape(bytes, LIMITS);
  if (beyond === 'depth')
    throw new HttpProblem('json_too_deep', `the body is nested deeper than ${MAX_DEPTH} levels`);
  if (beyond !== null) throw new HttpProblem('body_too_large', tooMuch[beyond]);
}

const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Where none of these stands in the bytes no key is forbidden; a key may be written in escapes. */
const suspicious = [...forbidden, '\\u'];

/** A walk over what was parsed: JSON.parse with a reviver takes ten times as long. The depth is bounded before. */
function refusePrototypeKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') refusePrototypeKeys(item);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (forbidden.has(key)) throw new HttpProblem('malformed_json', `the key "${key}" is not allowed`);
    refusePrototypeKeys(item);
  }
}

/** Things that other notations have and JSON does not, the likeliest first. */
const NOT_JSON: readonly (readonly [RegExp, string])[] = [
  [/[[:,]\s*-?(NaN|Infinity)\b/, 'JSON has no NaN or Infinity: write null, or a number'],
  [/[[:,]\s*(True|False|None)\b/, 'JSON writes true, false and null: in Python, send json.dumps(body)'],
  [/[[{:,]\s*'/, 'JSON puts keys and strings in double quotes'],
  [/^\s*(\/\/|\/\*|#)|[,{}[\]]\s*(\/\/|\/\*)/m, 'JSON has no comments'],
  [/,\s*[\]}]/, 'JSON has no comma behind the last element'],
  [/[{,]\s*[A-Za-z_]\w*\s*:/, 'JSON puts keys in double quotes'],
];

/** What the author of a text that is not JSON probably meant; null if nothing is recognized. */
const meantBy = (text: string): string | null =>
  NOT_JSON.find(([pattern]) => pattern.test(text.slice(0, MAX_EXAMINED)))?.[1] ?? null;

/** A mistake of notation shows early, and a body may have many megabytes. */
const MAX_EXAMINED = 1_000_000;

function parse(bytes: Buffer): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new HttpProblem('malformed_json', 'the body is not UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : 'not JSON';
    const meant = meantBy(text);
    throw new HttpProblem('malformed_json', meant === null ? said : `${said}; ${meant}`);
  }
}

/** @throws HttpProblem malformed_json, json_too_deep, body_too_large */
export function parseJsonBody(bytes: Buffer): unknown {
  refuseShape(bytes);
  const value = parse(bytes);
  if (suspicious.some((text) => bytes.includes(text))) refusePrototypeKeys(value);
  return value;
}
