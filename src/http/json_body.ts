/** @file From bytes to a JSON value: UTF-8, bounded depth, no prototype keys. Runs before any schema, which recurses. */
import { HttpProblem } from './problem.ts';

const MAX_DEPTH = 64;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Everything that can hide or change the depth: whole strings, and brackets. */
const TOKENS = /"(?:[^"\\]|\\.)*"?|[[\]{}]/gs;

/** Deepest nesting of brackets outside of strings; does not recurse. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth);
    else if (token === '}' || token === ']') depth--;
  }
  return deepest;
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws HttpProblem malformed_json, json_too_deep */
export function parseJsonBody(bytes: Buffer): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new HttpProblem('malformed_json', 'the body is not UTF-8');
  }
  if (depthOf(text) > MAX_DEPTH) {
    throw new HttpProblem('json_too_deep', `the body is nested deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(text, (key, value) => {
      if (forbidden.has(key)) throw new HttpProblem('malformed_json', `the key "${key}" is not allowed`);
      return value;
    });
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem('malformed_json', error instanceof Error ? error.message : 'not JSON');
  }
}
