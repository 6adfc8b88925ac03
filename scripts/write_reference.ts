/**
 * @file Writes docs/experiment.md and docs/trace.md from the OpenAPI document: what a request may say, field by field. With
 * --check, fails if they are not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const { components, paths: routes } = JSON.parse(read('openapi/openapi.json')) as {
  components: { schemas: Record<string, Schema> };
  paths: Record<
    string,
    { post: { requestBody: { content: Record<string, { examples: Record<string, { value: unknown }> }> } } }
  >;
};
const { schemas } = components;

/** The example request of a route; a test posts it. */
const exampleOf = (path: string, name: string): unknown =>
  routes[path]?.post.requestBody.content['application/json']?.examples[name]?.value;

const nameOf = (ref: string): string => ref.split('/').at(-1) as string;
const follow = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : (schemas[nameOf(schema.$ref)] as Schema);
const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Schemas beyond these are no bounds that anybody meets. */
const UNBOUNDED = 9007199254740991;

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const low =
    exclusiveMinimum !== undefined
      ? `> ${exclusiveMinimum}`
      : minimum !== undefined && minimum > -UNBOUNDED
        ? `≥ ${minimum}`
        : '';
  const high =
    exclusiveMaximum !== undefined
      ? `< ${exclusiveMaximum}`
      : maximum !== undefined && maximum < UNBOUNDED
        ? `≤ ${maximum}`
        : '';
  return [low, high].filter(Boolean).join(', ');
}

/** The options of a part, an object with a `type`. */
const variants = (schema: Schema): readonly Schema[] =>
  (schema.oneOf ?? schema.anyOf ?? []).flatMap((one) => {
    const inner = follow(one);
    return inner.oneOf !== undefined || inner.anyOf !== undefined ? variants(inner) : [inner];
  });

const isParts = (schema: Schema): boolean =>
  variants(follow(schema)).filter(({ properties }) => properties?.type?.const !== undefined).length > 1;

function unionOf(schema: Schema, either: readonly Schema[]): string {
  const names = either.some(({ type }) => type === 'string');
  if (isParts(schema)) return names ? 'a name, or an object with `type`' : 'an object with `type`';
  return [...new Set(either.map(typeOf))].join(' or ');
}

function plainOf(schema: Schema): string {
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}`;
  const type = typeof schema.type === 'object' ? schema.type.join(' or ') : (schema.type ?? 'any value');
  return [type, range(schema)].filter(Boolean).join(' ');
}

/** More names than these do not fit into a cell. */
const FEW_NAMES = 8;

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined)
    return nameOf(schema.$ref) === 'Layer' ? '[layer](#layers)' : nameOf(schema.$ref);
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined)
    return schema.enum.length > FEW_NAMES ? 'a name' : schema.enum.map(code).join(', ');
  const either = schema.anyOf ?? schema.oneOf;
  return either === undefined ? plainOf(schema) : unionOf(schema, either);
}

const defaultOf = (schema: Schema, required: boolean): string =>
  required ? 'required' : schema.default === undefined ? '' : code(schema.default);

/** Options that every part of a kind has are told once. */
const COMMON: Readonly<Record<string, readonly string[]>> = {
  layers: ['name', 'inputs'],
  data: ['standardize', 'standardize_targets', 'scale', 'validation_split', 'shuffle', 'targets'],
};

function table({ properties = {}, required = [] }: Schema, skip: readonly string[] = []): string[] {
  const rows = Object.entries(properties)
    .filter(([name]) => !skip.includes(name))
    .map(([name, schema]) => {
      const inner = follow(schema);
      const meaning = schema.description ?? inner.description ?? inner.title ?? '';
      return `| \`${name}\` | ${cell(typeOf(schema))} | ${cell(defaultOf(inner, required.includes(name)))} | ${cell(meaning)} |`;
    });
  return rows.length === 0
    ? []
    : ['| field | type | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''];
}

const option = ([name, schema]: [string, Schema], required: readonly string[]): string => {
  const inner = follow(schema);
  const told = defaultOf(inner, required.includes(name));
  const type = `${cell(typeOf(schema))}${told === '' ? '' : `; ${told === 'required' ? told : `default ${told}`}`}`;
  const meaning = schema.description ?? inner.description;
  return `  - \`${name}\` (${type})${meaning === undefined ? '' : `: ${cell(meaning)}`}`;
};

/** A list of the parts of a kind, each with its own options. */
function parts(schema: Schema, kind: string): string[] {
  const common = COMMON[kind] ?? [];
  const all = variants(schema).filter(({ properties }) => properties?.type?.const !== undefined);
  const shared = Object.fromEntries(
    Object.entries(all[0]?.properties ?? {}).filter(([name]) => common.includes(name)),
  );
  const lines = all.flatMap(({ properties = {}, required = [], title, description }) => {
    const own = Object.entries(properties).filter(([name]) => name !== 'type' && !common.includes(name));
    const told = [title, description].filter((one) => one !== undefined).join(': ');
    const heading = `**\`${String(properties.type?.const)}\`** ${told}`.trim();
    return [`- ${heading}`, ...own.map((entry) => option(entry, required))];
  });
  const told =
    Object.keys(shared).length === 0 ? [] : ['All of them take:', '', ...table({ properties: shared })];
  return [...told, ...lines, ''];
}

/** The object that a schema is, or may be. */
const objectOf = (schema: Schema): Schema | undefined =>
  schema.properties === undefined
    ? variants(schema).find(({ properties }) => properties !== undefined)
    : schema;

const isNamedOrNull = ({ anyOf = [] }: Schema): boolean =>
  anyOf.length === 2 &&
  anyOf.some(({ $ref }) => $ref !== undefined) &&
  anyOf.some(({ type }) => type === 'null');

/** A section for an object, and one for each object and each kind of part within. */
function section(title: string, schema: Schema, level: number): string[] {
  const inner = follow(schema);
  const lines = [`${'#'.repeat(level)} ${title}`, ''];
  if (isParts(inner)) return [...lines, ...parts(inner, title.replaceAll('`', '').split('.').at(-1) ?? '')];
  const object = objectOf(inner);
  if (object === undefined) return [];
  const within = Object.entries(object.properties ?? {}).flatMap(([name, child]) => {
    const element = child.items ?? child;
    // What has a name of its own has a section or a page of its own.
    if (child.$ref !== undefined || element.$ref !== undefined || isNamedOrNull(child)) return [];
    const path = level === 2 ? `\`${name}\`` : `${title.slice(0, -1)}.${name}\``;
    return isParts(element) || objectOf(element) !== undefined ? section(path, element, 3) : [];
  });
  return [...lines, ...table(object), ...within];
}

const generated = '<!-- Made by `npm run openapi`. Change the schemas in src, not this page. -->';

const example = (file: string): string[] => ['```json', read(file).trim(), '```', ''];

function experiment(): string {
  return [
    '# The experiment, field by field',
    '',
    generated,
    '',
    'An experiment is the body of `POST /v1/jobs` and `POST /v1/preflight`: a network, data, and how it is trained. Only `network`,',
    '`data` and `training` are required. Everything else has a default. Unknown fields are refused with the nearest known name.',
    '`POST /v1/preflight` checks an experiment without training it, and answers with shapes, parameters and cost.',
    '',
    '## An example',
    '',
    ...example('examples/deep-sigmoid.json'),
    'Layers may be wired as a graph ([networks.md](networks.md)); data may be files ([data.md](data.md)); a network may come from Keras',
    'or ONNX ([imports.md](imports.md)).',
    '',
    ...section('Fields', schemas.Experiment as Schema, 2),
    '### Layers',
    '',
    ...parts(schemas.Layer as Schema, 'layers'),
  ].join('\n');
}

const trace = (): string =>
  [
    '# The trace, field by field',
    '',
    generated,
    '',
    'A trace is what you measured of a training of your own, in PyTorch or anything else. `POST /v1/diagnoses` answers with the checks of',
    'a study and with remedies in the order of how often they cured such findings. The Python package writes it for you',
    '([python/README.md](../python/README.md)); this page is for those who write it themselves.',
    '',
    'Send one trace for each seed. What you leave out cannot be checked: the answer lists under `to_measure` what to record.',
    'Numbers that cannot be true together are refused with a pointer: an `rms` above `abs_max`, a fraction beyond 1, percentiles out of order. So is an `experiment` whose layers are not those of the trace.',
    '',
    '## An example',
    '',
    '```json',
    JSON.stringify(exampleOf('/v1/diagnoses', 'vanishing-gradients'), null, 2).replaceAll(
      /\[\s+([\d.,e\s-]+?)\s+\]/g,
      (_, list: string) => `[${list.replaceAll(/\s+/g, ' ')}]`,
    ),
    '```',
    '',
    ...section('The request', schemas.DiagnosisRequest as Schema, 2),
    'The experiment is described in [experiment.md](experiment.md).',
    '',
    ...section('A trace', schemas.GivenTrace as Schema, 2),
  ].join('\n');

const pages = { 'docs/experiment.md': experiment, 'docs/trace.md': trace };
for (const [path, write] of Object.entries(pages)) {
  const wanted = `${write().trimEnd()}\n`;
  if (!process.argv.includes('--check')) writeFileSync(new URL(path, root), wanted);
  else if (read(path) !== wanted) {
    console.error(`${path} is stale: run "npm run openapi" and commit it`);
    process.exitCode = 1;
  }
}
