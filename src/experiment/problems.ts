/** @file From validation issues to problems that a client can act on: a pointer, what is wrong, and a fix. */
import type { z } from 'zod';
import { isWrittenNumber, pointerOf, shortName, shownValue } from '../util/json.ts';
import { nearest } from '../util/nearest.ts';
import { inPlainWords, requirementOf } from '../util/requirement.ts';
import { fail, ok, type Result } from '../util/result.ts';
import { knownKeysAt, schemaAt, typeAt } from './known_keys.ts';
import { keyAdvice, synonymOf } from './synonyms.ts';

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

/** The known name that a value was meant to be, and how sure that is; null where nothing is like it. */
function meant(value: unknown, known: readonly string[]): { name: string; sure: boolean } | null {
  if (typeof value !== 'string') return null;
  const synonym = synonymOf(shortName(value), known);
  if (synonym !== null) return { name: synonym, sure: true };
  const guess = nearest(value, known);
  return guess === null ? null : { name: guess, sure: false };
}

function oneOf(value: unknown, known: readonly string[]): Pick<Problem, 'message' | 'fix'> {
  const guess = meant(value, known);
  const message = value === undefined ? 'is missing' : `${shownValue(value)} is not known`;
  if (guess === null) {
    const instead = value === null ? 'leave it out, or use' : 'use';
    return { message, fix: `${instead} one of: ${known.join(', ')}` };
  }
  return { message, fix: guess.sure ? `it is called "${guess.name}" here` : `did you mean "${guess.name}"?` };
}

/** What to write instead of a name that is not known: the one that was meant, or those that there are. */
export const nameAdvice = (name: string, known: readonly string[]): string => oneOf(name, known).fix ?? '';

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

/** What else is wrong with an object whose name is not known: read as if it had the name that was probably meant. */
function besideName(
  value: unknown,
  names: readonly string[],
  path: readonly PropertyKey[],
  context: Context,
): Problem[] {
  const at = path.slice(0, -1);
  const object = valueAt(context.data, at) as Readonly<Record<string, unknown>>;
  const guess = meant(value, names);
  if (guess === null) {
    const known = knownKeysAt(context.schema, at, context.data);
    return fromUnknownKeys(
      Object.keys(object).filter((key) => !known.includes(key)),
      at,
      context,
    );
  }
  const schema = schemaAt(context.schema, at, context.data);
  if (schema === undefined) return [];
  const named = { ...object, [String(path.at(-1))]: guess.name };
  const read = parseWith(schema, named);
  if (read.ok) return [];
  return read.error.map((problem) => ({ ...problem, pointer: pointerOf(at) + problem.pointer }));
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
    return [
      { pointer: pointerOf(path), ...oneOf(value, options) },
      ...besideName(value, options, path, context),
    ];
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
  return keys.slice(0, MAX_UNKNOWN_KEYS).map((key) => ({
    pointer: pointerOf([...path, key]),
    message: `unknown key "${shortName(key)}"`,
    fix: keyAdvice(key, known),
  }));
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
  if (typeof fix === 'string') return [{ pointer, message: issue.message, fix }];
  if (issue.message !== requirementOf(issue)) return [{ pointer, message: issue.message }];
  return [{ pointer, message: `${issue.message}, but ${isOrHas(issue, value)}`, ...fixOf(issue, value) }];
}

/** What a value is in place of what it has to be; of a list that is too long or too short its length. */
function isOrHas(issue: Issue, value: unknown): string {
  const bound = issue.code === 'too_small' || issue.code === 'too_big';
  if (bound && (Array.isArray(value) || (typeof value === 'string' && issue.origin === 'string')))
    return `has ${value.length}`;
  return `is ${shownValue(value)}`;
}

/** Numbers and truths in quotes are the most frequent of all wrong types. */
function fixOf(issue: Issue, value: unknown): { fix?: string } {
  if (issue.code !== 'invalid_type') return {};
  if (value === null) return { fix: 'leave it out, or give a value' };
  if (typeof value !== 'string') return {};
  const isNumber = ['number', 'int'].includes(issue.expected) && isWrittenNumber(value);
  const isTruth = issue.expected === 'boolean' && /^(true|false)$/i.test(value);
  return isNumber || isTruth ? { fix: `write ${value.toLowerCase()}, without quotes` } : {};
}

/** Smaller is closer: a bound from below counts backwards. */
const boundOf = (issue: z.core.$ZodIssue): number | null => {
  if (issue.code === 'too_big') return Number(issue.maximum);
  return issue.code === 'too_small' ? -Number(issue.minimum) : null;
};

/** Without bounds that a value breaks only because it breaks a closer one: whole numbers have one of their own. */
function strictest(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const closest = new Map<string, number>();
  const keyOf = ({ code, path }: z.core.$ZodIssue) => `${code} ${pointerOf(path)}`;
  for (const issue of issues) {
    const bound = boundOf(issue);
    if (bound !== null) closest.set(keyOf(issue), Math.min(bound, closest.get(keyOf(issue)) ?? bound));
  }
  return issues.filter((issue) => boundOf(issue) === null || boundOf(issue) === closest.get(keyOf(issue)));
}

/**
 * The data as the schema has them, or every problem in the words of the client's request.
 * @param asked what the request may hold, where that is more than `schema` reads
 */
export function parseWith<S extends z.ZodType>(
  schema: S,
  data: unknown,
  asked: z.ZodType = schema,
): Result<z.output<S>, Problem[]> {
  const { success, data: value, error } = schema.safeParse(data, inPlainWords);
  if (success) return ok(value);
  return fail(
    strictest(error.issues).flatMap((issue) => fromIssue(issue as Issue, [], { schema: asked, data })),
  );
}
