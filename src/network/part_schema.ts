/** @file From a list of parts to their request schema: `"name"` where defaults suffice, `{ "type": "name", … }` otherwise. */
import { z } from 'zod';
import { assert, present } from '../util/assert.ts';

/** What every part of a kind has: its name on the wire, its options, and what it is. */
export interface Part {
  readonly type: string;
  readonly title: string;
  readonly options: z.ZodRawShape;
}

type PartObject<P> = P extends {
  readonly type: infer T extends string;
  readonly options: infer O extends z.ZodRawShape;
}
  ? z.ZodObject<{ type: z.ZodLiteral<T> } & O, z.core.$strict>
  : never;

type PartObjects<P extends readonly Part[]> = { -readonly [I in keyof P]: PartObject<P[I]> };

/** The strict object schema of each part: its `type` and its options. */
export function objectSchema<P extends readonly Part[]>(
  parts: P,
): z.ZodDiscriminatedUnion<PartObjects<P>, 'type'> {
  const objects = parts.map((part) =>
    z.strictObject({ type: z.literal(part.type), ...part.options }).meta({ title: part.title }),
  );
  return z.discriminatedUnion('type', objects as never) as never;
}

type PartNames<P extends readonly Part[]> = { [I in keyof P]: P[I]['type'] }[number];

/** The names of the parts, as an enum. */
export function nameSchema<P extends readonly Part[]>(parts: P): z.ZodEnum<{ [N in PartNames<P>]: N }> {
  return z.enum(parts.map((part) => part.type)) as never;
}

/** A part's name, or its object. */
export const partSchema = <P extends readonly Part[]>(parts: P) =>
  z.union([nameSchema(parts), objectSchema(parts)]);

/** A part as the wire names it. */
export type PartConfig = string | { readonly type: string };

/**
 * The part that a validated config names, and its options with every default filled in.
 * The option type is the part's own, so callers hand both to the part and to nobody else.
 */
export function resolvePart<P extends Part>(
  parts: readonly P[],
  config: PartConfig,
): { part: P; options: never } {
  const type = typeof config === 'string' ? config : config.type;
  const part = present(
    parts.find((candidate) => candidate.type === type),
    `part ${type}`,
  );
  const { type: _type, ...given } = typeof config === 'string' ? { type } : config;
  const options = z.object(part.options).safeParse(given);
  assert(options.success, `options of ${type} were not validated`);
  return { part, options: options.data as never };
}

/** The config with every default filled in; the bare name where a part has no options. */
export function completePart(parts: readonly Part[], config: PartConfig): PartConfig {
  const { part, options } = resolvePart(parts, config);
  return Object.keys(part.options).length === 0 ? part.type : { type: part.type, ...(options as object) };
}
