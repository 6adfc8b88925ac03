/** @file Which keys a schema knows at a place in the request: what an unknown key may have been meant to be. */
import type { z } from 'zod';

/** The part of zod's definition that is walked here. */
interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
  readonly shape?: Record<string, z.ZodType>;
  readonly getter?: () => z.ZodType;
}

const definitionOf = (schema: z.ZodType): Definition => schema.def as unknown as Definition;

/** Through defaults, optionals, pipes and lazies to what they wrap. */
function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType, in: input, getter } = definitionOf(schema);
  const inner = innerType ?? input ?? getter?.();
  return inner === undefined ? schema : unwrap(inner);
}

const isObject = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null;

/** Every object schema that the data may have been meant for; one, where a discriminator says which. */
function objectsAt(schema: z.ZodType, data: unknown): Definition[] {
  const definition = definitionOf(unwrap(schema));
  if (definition.type === 'object') return [definition];
  const { discriminator } = definition;
  const candidates = (definition.options ?? []).flatMap((option) => objectsAt(option, data));
  if (discriminator === undefined || !isObject(data)) return candidates;
  const matching = candidates.filter(({ shape }) => {
    const literal = shape?.[discriminator];
    return literal?.safeParse(data[discriminator]).success === true;
  });
  return matching.length > 0 ? matching : candidates;
}

function step(schema: z.ZodType, data: unknown, key: PropertyKey): z.ZodType | undefined {
  const definition = definitionOf(unwrap(schema));
  if (typeof key === 'number') return definition.element;
  return objectsAt(schema, data)
    .map(({ shape }) => shape?.[String(key)])
    .find((found) => found !== undefined);
}

/** Among several object schemas, the one that shares most keys with the data, the first of equals; all where none shares any. */
function likely(candidates: readonly Definition[], data: unknown): readonly Definition[] {
  if (!isObject(data)) return candidates;
  const shared = candidates.map(({ shape = {} }) => Object.keys(data).filter((key) => key in shape).length);
  const most = Math.max(0, ...shared);
  return most === 0 ? candidates : [candidates[shared.indexOf(most)] as Definition];
}

/** What a value at `path` of `data` has to be; undefined where nothing is known of that place. */
export function schemaAt(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  data: unknown,
): z.ZodType | undefined {
  let here: z.ZodType | undefined = schema;
  let value = data;
  for (const key of path) {
    here = here === undefined ? undefined : step(here, value, key);
    value = isObject(value) ? value[String(key)] : undefined;
  }
  return here;
}

/** The type of what has to be at `path`; null where any value will do. */
export function typeAt(schema: z.ZodType, path: readonly PropertyKey[], data: unknown): string | null {
  const here = schemaAt(schema, path, data);
  if (here === undefined) return null;
  if (objectsAt(here, undefined).length > 0) return 'object';
  const { type } = definitionOf(unwrap(here));
  return ['unknown', 'any', 'custom', 'union'].includes(type) ? null : type;
}

/** The keys that an object at `path` of `data` may have, each once. */
export function knownKeysAt(schema: z.ZodType, path: readonly PropertyKey[], data: unknown): string[] {
  const here = schemaAt(schema, path, data);
  const value = path.reduce<unknown>((at, key) => (isObject(at) ? at[String(key)] : undefined), data);
  if (here === undefined) return [];
  return [...new Set(likely(objectsAt(here, value), value).flatMap(({ shape }) => Object.keys(shape ?? {})))];
}
