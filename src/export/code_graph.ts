/** @file Networks that are no chain as code: a PyTorch module with a `forward`, a Keras model in the functional form. */
import {
  type LayerCode,
  type MaskNames,
  type PlacedLayer,
  type Source,
  sourceKey,
  sourceName,
} from '../network/index.ts';
import { withReferences } from './layer_code.ts';

/** Whether every layer takes what the one before it gives, with weights of its own: then the modules can stand in a list. */
export const isChain = (layers: readonly PlacedLayer[], inputs: number): boolean =>
  inputs === 1 &&
  layers.every(({ inputs: [source, ...others], name, weights, borrows }, i) => {
    // What is used again needs a name.
    if (weights !== name || borrows !== null) return false;
    if (source === undefined || others.length > 0) return false;
    return i === 0 ? 'input' in source : 'layer' in source && source.layer === layers[i - 1]?.name;
  });

/** Words of Python, names of the code around, and what an nn.Module has itself. */
const RESERVED = new Set(
  (
    'and as assert async await break class continue def del elif else except finally for from global if import in is ' +
    'lambda nonlocal not or pass raise return try while with yield None True False input layers model keras torch nn np ' +
    'self x super dict list apply buffers children cpu cuda double dump_patches eval extra_repr float forward half ' +
    'mask modules parameters requires_grad_ share_memory state_dict to train training type zero_grad'
  ).split(' '),
);

/** Names of layers and inputs as Python names, no two of them alike. */
export class PythonNames {
  readonly #known = new Map<string, string>();

  of(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
    const taken = new Set([...this.#known.values(), ...RESERVED]);
    let free = taken.has(plain) ? `${plain}_` : plain;
    while (taken.has(free)) free += '_';
    this.#known.set(name, free);
    return free;
  }

  list(sources: readonly Source[]): string {
    return sources.map((source) => this.of(sourceName(source))).join(', ');
  }
}

/** A layer with its own code. */
export interface CodedLayer {
  readonly layer: PlacedLayer;
  readonly code: LayerCode;
  readonly shapes: Pick<MaskNames, 'inputShapes' | 'outputShape'>;
}

/** What is given to a body, or kept by the network, beside the values. */
type MaskUse = 'taken' | 'kept' | null;

export interface CodedInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'token';
}

/** Modules that stand for one layer as one. */
export const sequenceOf = (lines: readonly string[]): string => {
  const [only, ...others] = lines;
  if (only === undefined) return 'nn.Identity()';
  return others.length === 0 ? only : `nn.Sequential(${lines.join(', ')})`;
};

/** The layers' calls, each with the masks that it takes; masks have names of their own where they are new. */
function torchCalls(
  names: PythonNames,
  layers: readonly CodedLayer[],
  masks: Map<string, string | null>,
): string[] {
  return layers.flatMap(({ layer, shapes }) => {
    const name = names.of(layer.name);
    const taken = layer.inputs.map((source) => names.list([source]));
    const given = layer.inputs.map((source) => masks.get(sourceKey(source)) ?? null);
    const { argument, gives } = layer.part.maskCode({ ...shapes, inputs: taken, masks: given });
    const isNew = gives !== null && !/^\w+$/.test(gives);
    const mask = isNew ? names.of(`mask of ${layer.name}`) : gives;
    masks.set(sourceKey({ layer: layer.name }), mask);
    return [
      `        ${name} = self.${names.of(layer.weights)}(${[...taken, ...(argument === null ? [] : [argument])].join(', ')})`,
      ...(isNew ? [`        ${mask} = ${gives}`] : []),
    ];
  });
}

/**
 * @param name of the class
 * @param use `taken`: a body, whose input's mask is an argument; `kept`: a network, which keeps that of its output in `mask`
 */
export function torchModule(
  name: string,
  inputs: readonly CodedInput[],
  layers: readonly CodedLayer[],
  use: MaskUse = null,
): string {
  const names = new PythonNames();
  const taken = [...inputs.map((input) => names.of(input.name)), ...(use === 'taken' ? ['mask'] : [])].join(
    ', ',
  );
  const masks = new Map(
    inputs.map((input) => [sourceKey({ input: input.name }), use === 'taken' ? 'mask' : null]),
  );
  const made = layers.map(
    ({ layer, code }) =>
      [layer, `        self.${names.of(layer.name)} = ${sequenceOf(code.pytorch)}`] as const,
  );
  const own = made.flatMap(([layer, line]) =>
    layer.weights === layer.name ? [withReferences(line, (other) => `self.${names.of(other)}`)] : [],
  );
  const used = torchCalls(names, layers, masks);
  const last = layers.at(-1);
  const mask = last === undefined ? null : masks.get(sourceKey({ layer: last.layer.name }));
  return [
    `class ${name}(nn.Module):`,
    '    def __init__(self):',
    '        super().__init__()',
    ...own,
    `    def forward(self, ${taken}):`,
    ...used,
    ...(use === 'kept' && typeof mask === 'string' ? [`        self.mask = ${mask}`] : []),
    `        return ${last === undefined ? taken : names.of(last.layer.name)}`,
    '',
  ].join('\n');
}

/** How a layer is called in Keras: those that are used again are made before, under names of their own. */
function kerasCalls(names: PythonNames, layers: readonly CodedLayer[]) {
  const kept = new Map<string, readonly string[]>();
  const wanted = new Set(
    layers.flatMap(({ layer: { name, weights, borrows } }) => [
      ...(weights === name ? [] : [weights]),
      ...(borrows === null ? [] : [borrows]),
    ]),
  );
  return ({ name, weights }: PlacedLayer, keras: readonly string[]) => {
    const again = weights === name ? undefined : kept.get(weights);
    if (again !== undefined) return { made: [], lines: again };
    const lines = keras.map((line) => withReferences(line, (other) => kept.get(other)?.[0] ?? other));
    if (!wanted.has(name)) return { made: [], lines };
    const own = lines.map((_, i) => names.of(`${name}_layer${i === 0 ? '' : `_${i + 1}`}`));
    kept.set(name, own);
    return { made: lines.map((line, i) => `${own[i]} = ${line}`), lines: own };
  };
}

function kerasStatements(
  inputs: readonly CodedInput[],
  layers: readonly CodedLayer[],
): { lines: string[]; model: string } {
  const names = new PythonNames();
  const declared = inputs.map(({ name, shape, dtype }) => {
    const type = dtype === 'token' ? ', dtype="int32"' : '';
    return `${names.of(name)} = keras.Input((${shape.join(', ')},), name="${name}"${type})`;
  });
  const calls = kerasCalls(names, layers);
  const used = layers.flatMap(({ layer, code }) => {
    const { inputs: sources } = layer;
    const taken = sources.length === 1 ? names.list(sources) : `[${names.list(sources)}]`;
    const { made, lines } = calls(layer, code.keras);
    return [
      ...made,
      `${names.of(layer.name)} = ${lines.reduce((inner, line) => `${line}(${inner})`, taken)}`,
    ];
  });
  const last = layers.at(-1);
  const taken = inputs.map(({ name }) => names.of(name));
  const from = taken.length === 1 ? taken[0] : `[${taken.join(', ')}]`;
  const first = last === undefined ? from : names.of(last.layer.name);
  const seconds = layers.flatMap(({ layer: { type, inputs: sources } }) =>
    type === 'auxiliary_loss' ? [names.list(sources.slice(1))] : [],
  );
  const to = seconds.length === 0 ? first : `[${[first, ...seconds].join(', ')}]`;
  return { lines: [...declared, ...used], model: `keras.Model(${from}, ${to})` };
}

export function kerasModel(inputs: readonly CodedInput[], layers: readonly CodedLayer[]): string {
  const { lines, model } = kerasStatements(inputs, layers);
  return [...lines, `model = ${model}`].join('\n');
}

/** @param name of the function that gives the model */
export function kerasFunction(
  name: string,
  inputs: readonly CodedInput[],
  layers: readonly CodedLayer[],
): string {
  const { lines, model } = kerasStatements(inputs, layers);
  return [`def ${name}():`, ...lines.map((line) => `    ${line}`), `    return ${model}`, ''].join('\n');
}
