/** @file What a JSON Schema allows at a place of an unfinished document: keys, and values that can be listed. */
import type { Caret, Frame } from './json_places.ts';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

export type Definitions = Readonly<Record<string, Schema>>;

/** All that a schema may stand for, references followed. */
function variantsOf(schema: Schema, definitions: Definitions, depth = 0): Schema[] {
  if (depth > 8) return [];
  if (schema.$ref !== undefined) {
    const target = definitions[schema.$ref.replace('#/components/schemas/', '')];
    return target === undefined ? [] : variantsOf(target, definitions, depth + 1);
  }
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  if (parts.length === 0) return [schema];
  return [schema, ...parts.flatMap((part) => variantsOf(part, definitions, depth + 1))];
}

/** Those whose fixed values are what is written. */
function fitting(schemas: readonly Schema[], { entries }: Frame, definitions: Definitions): Schema[] {
  const agree = (schema: Schema): boolean =>
    Object.entries(schema.properties ?? {}).every(([key, property]) => {
      const written = entries.get(key);
      const fixed = variantsOf(property, definitions).find((one) => one.const !== undefined)?.const;
      return written === undefined || fixed === undefined || String(fixed) === written;
    });
  return schemas.filter(agree);
}

/** What may stand where the frames lead. */
function schemasAt(root: Schema, frames: readonly Frame[], definitions: Definitions): Schema[] {
  let schemas = variantsOf(root, definitions);
  for (const frame of frames) {
    const next =
      frame.kind === 'array'
        ? schemas.flatMap(({ items }) => (items === undefined ? [] : [items]))
        : fitting(schemas, frame, definitions).flatMap(
            ({ properties }) => properties?.[String(frame.key)] ?? [],
          );
    schemas = next.flatMap((schema) => variantsOf(schema, definitions));
  }
  return schemas;
}

export interface Suggestion {
  readonly text: string;
  readonly about: string;
}

function keysAt(root: Schema, { frames }: Caret, definitions: Definitions): Suggestion[] {
  const frame = frames.at(-1);
  if (frame?.kind !== 'object') return [];
  const holders = fitting(schemasAt(root, frames.slice(0, -1), definitions), frame, definitions);
  const all = holders.flatMap(({ properties }) => Object.entries(properties ?? {}));
  return all
    .filter(([key]) => !frame.entries.has(key))
    .map(([key, { description = '' }]) => ({ text: key, about: description }));
}

function valuesAt(root: Schema, { frames }: Caret, definitions: Definitions): Suggestion[] {
  const schemas = schemasAt(root, frames, definitions);
  const listed = schemas.flatMap((schema) => [
    ...(schema.enum ?? []),
    ...(schema.const === undefined ? [] : [schema.const]),
    ...(schema.default === undefined || typeof schema.default === 'object' ? [] : [schema.default]),
    ...(schema.type === 'boolean' ? [true, false] : []),
  ]);
  return listed.map((value) => ({ text: JSON.stringify(value), about: '' }));
}

const MOST = 40;

export function suggest(root: Schema, caret: Caret, definitions: Definitions): Suggestion[] {
  const all = caret.atKey ? keysAt(root, caret, definitions) : valuesAt(root, caret, definitions);
  const word = caret.word.toLowerCase();
  const unique = all.filter(({ text }, i) => all.findIndex((other) => other.text === text) === i);
  return unique.filter(({ text }) => text.replaceAll('"', '').toLowerCase().startsWith(word)).slice(0, MOST);
}
