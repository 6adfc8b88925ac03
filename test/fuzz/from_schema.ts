/** @file Random values that a JSON Schema of the OpenAPI document allows. What it cannot express may still be refused. */
import fc from 'fast-check';

export interface Schema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

/** Deeper than this only what is required is filled in, so that recursive schemas end. */
const FULL_DEPTH = 3;
const MAX_DEPTH = 12;

function textOf({ pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
}

function numberOf(schema: Schema): fc.Arbitrary<unknown> {
  const min = schema.minimum ?? schema.exclusiveMinimum ?? -100;
  const max = Math.max(min, Math.min(schema.maximum ?? schema.exclusiveMaximum ?? 100, min + 100));
  return schema.type === 'integer'
    ? fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
    : fc.double({ min, max, noNaN: true });
}

/** @param resolve from a `$ref` to what it stands for */
export function fromSchema(
  schema: Schema,
  resolve: (ref: string) => Schema,
  depth = 0,
): fc.Arbitrary<unknown> {
  const of = (inner: Schema, deeper = 1) => fromSchema(inner, resolve, depth + deeper);
  if (depth > MAX_DEPTH) return fc.constant(null);
  if (schema.$ref !== undefined) return of(resolve(schema.$ref), 0);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  // Chosen first and built then: a union of unions, all built, would be a large tree for one value.
  if (options !== undefined)
    return fc.nat(options.length - 1).chain((i) => of(options[i] as Schema, depth > FULL_DEPTH ? 1 : 0));
  const { type, properties = {}, required = [], items = {}, minItems = 0, maxItems = 3 } = schema;
  if (type === 'string') return textOf(schema);
  if (type === 'integer' || type === 'number') return numberOf(schema);
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'array')
    return fc
      .constant(null)
      .chain(() =>
        fc.array(of(items), { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) }),
      );
  if (type === 'object') {
    const names = Object.keys(properties).filter((name) => depth < FULL_DEPTH || required.includes(name));
    const values = Object.fromEntries(names.map((name) => [name, of(properties[name] as Schema)]));
    return fc.record(values, { requiredKeys: names.filter((name) => required.includes(name)) });
  }
  return fc.jsonValue({ maxDepth: 2 });
}
