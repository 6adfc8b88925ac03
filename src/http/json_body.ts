/** @file From bytes to a JSON value: UTF-8, bounded depth and width, no prototype keys. Runs before any schema, which recurses. */
import { HttpProblem } from './problem.ts';

const MAX_DEPTH = 64;

/** How many names one object may have. Names are hashed and looked up one by one: a million of them keep everybody else waiting for seconds. */
const MAX_MEMBERS = 10_000;

const decoder = new TextDecoder('utf-8', { fatal: true });

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** The index behind the string that begins at `start`; none of these bytes is ever part of a longer UTF-8 character. */
function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1;
  for (; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
  return i + 1;
}

/**
 * Refuses what is nested too deeply or has too many members, before it is parsed; does not recurse. Byte by byte, because
 * a regular expression overflows its stack on a string of some megabytes, which is what base64 weights are.
 */
function refuseShape(bytes: Buffer): void {
  const members = new Uint32Array(MAX_DEPTH + 1);
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) i = endOfString(bytes, i) - 1;
    else if (byte === COLON) countMember(members, depth);
    else if (OPENING.has(byte)) members[enter(++depth)] = 0;
    else if (CLOSING.has(byte)) depth = Math.max(0, depth - 1);
  }
}

function enter(depth: number): number {
  if (depth <= MAX_DEPTH) return depth;
  throw new HttpProblem('json_too_deep', `the body is nested deeper than ${MAX_DEPTH} levels`);
}

function countMember(members: Uint32Array, depth: number): void {
  const count = (members[depth] ?? 0) + 1;
  members[depth] = count;
  if (count <= MAX_MEMBERS) return;
  throw new HttpProblem('body_too_large', `an object of the body has more than ${MAX_MEMBERS} members`);
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

/** As Python's json writes them. */
const NOT_A_NUMBER = /[[:,]\s*-?(NaN|Infinity)\b/;

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
    throw new HttpProblem(
      'malformed_json',
      NOT_A_NUMBER.test(text) ? `${said}; JSON has no NaN or Infinity: write null, or a number` : said,
    );
  }
}

/** @throws HttpProblem malformed_json, json_too_deep, body_too_large */
export function parseJsonBody(bytes: Buffer): unknown {
  refuseShape(bytes);
  const value = parse(bytes);
  if (suspicious.some((text) => bytes.includes(text))) refusePrototypeKeys(value);
  return value;
}
