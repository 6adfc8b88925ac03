/** @file From validation issues to problems that a client can act on: a pointer, what is wrong, and a fix. */
import type { z } from 'zod';
import { pointerOf, shortName } from '../util/json.ts';
import { nearest } from '../util/nearest.ts';
import { knownKeysAt, typeAt } from './known_keys.ts';
import { adviceOn, synonymOf } from './synonyms.ts';

export interface Problem {
  /** JSON Pointer into the request body. */
  readonly pointer: string;
  readonly message: string;
  readonly fix?: string;
}

type Issue = z.core.$ZodIssue;

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    data,
  );
}

function oneOf(value: unknown, known: readonly string[]): Pick<Problem, 'message' | 'fix'> {
  const synonym = typeof value === 'string' ? synonymOf(shortName(value), known) : null;
  if (synonym !== null)
    return { message: `${JSON.stringify(value)} is not known`, fix: `it is called "${synonym}" here` };
  const guess = typeof value === 'string' ? nearest(value, known) : null;
  const shown = value === undefined ? 'is missing' : `${JSON.stringify(value)?.slice(0, 80)} is not known`;
  return {
    message: shown,
    fix: guess === null ? `use one of: ${known.join(', ')}` : `did you mean "${guess}"?`,
  };
}

/** Whether a branch wants another kind of value altogether, as a name where an object stands. */
const isOfAnotherKind = (issues: readonly Issue[]): boolean =>
  issues.some(({ code, path }) => path.length === 0 && (code === 'invalid_value' || code === 'invalid_type'));

/** Among a union's branches for this kind of value, the one whose complaints lie deepest: the branch that was meant. */
function likelyBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((issue) => issue.path.length));
  const fitting = branches.filter((issues) => !isOfAnotherKind(issues));
  return (fitting.length === 0 ? branches : fitting).reduce((best, issues) =>
    depth(issues) > depth(best) ? issues : best,
  );
}

/** What says which kind of thing an object is has another name there, or is not there at all. */
function fromMissingDiscriminator(
  path: readonly PropertyKey[],
  options: string[],
  context: Context,
): Problem[] {
  const parent = path.slice(0, -1);
  const known = knownKeysAt(context.schema, parent, context.data);
  const given = Object.keys(valueAt(context.data, parent) ?? {});
  const unknown = given.filter((key) => !known.includes(key));
  const misspelt = unknown.filter((key) => nearest(key, known) !== null);
  if (misspelt.length > 0) return fromUnknownKeys(misspelt, parent, context);
  return [
    { pointer: pointerOf(path), ...oneOf(undefined, options) },
    ...fromUnknownKeys(unknown, parent, context),
  ];
}

function fromUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: readonly PropertyKey[],
  context: Context,
): Problem[] {
  const value = valueAt(context.data, path);
  if ('discriminator' in issue && issue.errors.length === 0) {
    const options = (issue as { options?: unknown[] }).options?.map(String) ?? [];
    if (value === undefined) return fromMissingDiscriminator(path, options, context);
    return [{ pointer: pointerOf(path), ...oneOf(value, options) }];
  }
  const names = issue.errors
    .flat()
    .flatMap((inner) =>
      inner.code === 'invalid_value' && inner.path.length === 0 ? inner.values.map(String) : [],
    );
  if (names.length > 0 && typeof value !== 'object')
    return [{ pointer: pointerOf(path), ...oneOf(value, names) }];
  return likelyBranch(issue.errors).flatMap((inner) => fromIssue(inner, path, context));
}

interface Context {
  readonly schema: z.ZodType;
  readonly data: unknown;
}

/** Nobody reads more of one object; every guess at what was meant costs. */
const MAX_UNKNOWN_KEYS = 101;

function fromUnknownKeys(
  keys: readonly string[],
  path: readonly PropertyKey[],
  { schema, data }: Context,
): Problem[] {
  const known = knownKeysAt(schema, path, data);
  return keys.slice(0, MAX_UNKNOWN_KEYS).map((key) => {
    const guess = nearest(key, known);
    const suggestion = guess === null ? `known keys here: ${known.join(', ')}` : `did you mean "${guess}"?`;
    return {
      pointer: pointerOf([...path, key]),
      message: `unknown key "${shortName(key)}"`,
      fix: adviceOn(shortName(key), known) ?? suggestion,
    };
  });
}

function fromIssue(issue: Issue, prefix: readonly PropertyKey[], context: Context): Problem[] {
  const path = [...prefix, ...issue.path];
  const pointer = pointerOf(path);
  if (issue.code === 'unrecognized_keys') return fromUnknownKeys(issue.keys, path, context);
  if (issue.code === 'invalid_union') return fromUnion(issue, path, context);
  const value = valueAt(context.data, path);
  if (issue.code === 'invalid_value') return [{ pointer, ...oneOf(value, issue.values.map(String)) }];
  if (issue.code === 'invalid_type' && value === undefined) {
    // `nonoptional` is zod's word for a key whose value may be anything: the rest of the schema can say more.
    const isAny = (issue.expected as string) === 'nonoptional';
    const type = isAny ? typeAt(context.schema, path, context.data) : issue.expected;
    return [
      { pointer, message: 'is missing', fix: type === null ? 'add a value' : `add a value of type ${type}` },
    ];
  }
  const fix = (issue as { params?: { fix?: unknown } }).params?.fix;
  return [{ pointer, message: issue.message, ...(typeof fix === 'string' ? { fix } : {}) }];
}

/** Every issue of a failed parse, in the words of the client's request. */
export function problemsOf(error: z.ZodError, schema: z.ZodType, data: unknown): Problem[] {
  return error.issues.flatMap((issue) => fromIssue(issue as Issue, [], { schema, data }));
}
