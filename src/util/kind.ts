/** @file A kind of parts (losses, layers, …): from their list to its schema, its catalogue, and a part with its options bound. */
import { z } from 'zod';
import { assert, present } from './assert.ts';

/** What a part says of itself: its name on the wire, what it is, its options. */
export interface Description<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: Type;
  readonly title: string;
  /** What people and other libraries call it; case, blanks and underscores do not matter. For suggestions only. */
  readonly synonyms?: readonly string[];
  /** Formula first; data sets have a description instead. */
  readonly formula?: string;
  readonly description?: string;
  readonly sources: readonly string[];
  readonly options: Options;
}

export type OptionsOf<Options extends z.ZodRawShape> = z.output<z.ZodObject<Options>>;

/** A part before it has options, and the way to the part with them: `Bound` needs no options any more. */
export interface Part<
  Type extends string = string,
  Options extends z.ZodRawShape = z.ZodRawShape,
  Bound = unknown,
> extends Description<Type, Options> {
  /** @param given validated options; what is left out gets its default, other keys do not matter */
  bind(given: object): Bound;
}

/** @param bind closes over the options */
export function definePart<Type extends string, Options extends z.ZodRawShape, Bound>(
  { type, title, synonyms, formula, description, sources, options }: Description<Type, Options>,
  bind: (options: OptionsOf<Options>) => Bound,
): Part<Type, Options, Bound> {
  const schema = z.object(options);
  return {
    type,
    title,
    ...(synonyms === undefined ? {} : { synonyms }),
    ...(formula === undefined ? {} : { formula }),
    ...(description === undefined ? {} : { description }),
    sources,
    options,
    bind(given) {
      const parsed = schema.safeParse(given);
      assert(parsed.success, `options of ${type} were not validated`);
      return bind(parsed.data);
    },
  };
}

type ObjectOf<P> =
  P extends Part<infer Type, infer Options>
    ? z.ZodObject<{ type: z.ZodLiteral<Type> } & Options, z.core.$strict>
    : never;
type ObjectsOf<Parts extends readonly Part[]> = { -readonly [I in keyof Parts]: ObjectOf<Parts[I]> };
type TypeOf<Parts extends readonly Part[]> = Parts[number]['type'];
type BoundOf<Parts extends readonly Part[]> = ReturnType<Parts[number]['bind']>;
type NamesSchema<Parts extends readonly Part[]> = z.ZodEnum<{ [Name in TypeOf<Parts>]: Name }>;
type ObjectSchema<Parts extends readonly Part[]> = z.ZodDiscriminatedUnion<ObjectsOf<Parts>, 'type'>;

/** A validated config of one of the parts: its name, or its name with options. */
export type ConfigOf<Parts extends readonly Part[]> =
  | TypeOf<Parts>
  | { readonly type: TypeOf<Parts>; readonly [option: string]: unknown };

export interface CatalogEntry {
  readonly id: string;
  readonly title: string;
  readonly synonyms: string[];
  readonly sources: string[];
  readonly [field: string]: unknown;
}

export interface Kind<Parts extends readonly Part[]> {
  readonly types: readonly TypeOf<Parts>[];
  /** The synonyms of each part that has any. */
  readonly synonyms: readonly { readonly type: string; readonly names: readonly string[] }[];
  /** The names, as an enum. */
  readonly names: NamesSchema<Parts>;
  /** The strict object of each part: its `type` and its options. */
  readonly objects: ObjectSchema<Parts>;
  /** A part's name where its defaults suffice, or its object. */
  readonly schema: z.ZodUnion<[NamesSchema<Parts>, ObjectSchema<Parts>]>;
  /** The part that a validated config names, its options closed over. */
  resolve(config: ConfigOf<Parts>): BoundOf<Parts>;
  /** The config as an object with every default filled in. */
  spellOut(config: ConfigOf<Parts>): z.output<ObjectSchema<Parts>>;
  /** The same; the bare name where a part has no options. */
  complete(config: ConfigOf<Parts>): z.output<NamesSchema<Parts>> | z.output<ObjectSchema<Parts>>;
  catalog(): CatalogEntry[];
}

/** What an option is when it is left out; options without a default are not listed. */
function defaultsOf(options: z.ZodRawShape): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, schema]) => {
      const { success, data } = z.safeParse(schema, undefined);
      return success && data !== undefined ? [[name, data]] : [];
    }),
  );
}

/** What the catalogue says of a part. */
export const describePart = ({
  type,
  title,
  synonyms = [],
  formula,
  description,
  sources,
  options,
}: Description): CatalogEntry => ({
  id: type,
  title,
  synonyms: [...synonyms],
  ...(formula === undefined ? {} : { formula }),
  ...(description === undefined ? {} : { description }),
  sources: [...sources],
  options: z.toJSONSchema(z.object(options), { io: 'input', unrepresentable: 'any', reused: 'inline' }),
  defaults: defaultsOf(options),
});

/** The one place where a list of parts becomes the types of its schema: zod cannot follow a mapped tuple. */
export function defineKind<const Parts extends readonly Part[]>(parts: Parts): Kind<Parts> {
  const names = z.enum(parts.map(({ type }) => type)) as unknown as NamesSchema<Parts>;
  const objects = z.discriminatedUnion(
    'type',
    parts.map(({ type, title, options }) =>
      z.strictObject({ type: z.literal(type), ...options }).meta({ title }),
    ) as never,
  ) as unknown as ObjectSchema<Parts>;
  const byType = new Map<string, Part>(parts.map((part) => [part.type, part]));
  const nameOf = (config: ConfigOf<Parts>): TypeOf<Parts> =>
    typeof config === 'object' ? config.type : config;
  const partOf = (config: ConfigOf<Parts>) => present(byType.get(nameOf(config)), `part ${nameOf(config)}`);
  const spellOut = (config: ConfigOf<Parts>) =>
    objects.parse(typeof config === 'object' ? config : { type: config });
  return {
    types: parts.map(({ type }) => type),
    synonyms: parts.flatMap(({ type, synonyms }) =>
      synonyms === undefined ? [] : [{ type, names: synonyms }],
    ),
    names,
    objects,
    schema: z.union([names, objects]),
    resolve: (config) => partOf(config).bind(typeof config === 'object' ? config : {}) as BoundOf<Parts>,
    spellOut,
    complete: (config) =>
      Object.keys(partOf(config).options).length === 0 ? names.parse(nameOf(config)) : spellOut(config),
    catalog: () => parts.map(describePart),
  };
}
