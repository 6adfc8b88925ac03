/** @file An ONNX file as nodes with their attributes and constants. */
import { decodeOnnx } from '../../graph/index.ts';
import type { NamedTensor } from '../../util/safetensors.ts';
import { ModelUnreadable } from '../model.ts';
import { sizeOf, transposed } from '../tensors.ts';

/** As protobuf gives it: fields that are left out have their default. */
interface RawTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
  readonly floatData: readonly number[];
  readonly int64Data: readonly number[];
}

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly pointer: string;
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | null;
  text(name: string, otherwise: string): string;
  texts(name: string): readonly string[];
  has(name: string): boolean;
  tensor(name: string): NamedTensor | null;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, NamedTensor>;
  /** Inputs that are no constants; sizes that are not fixed are null, the batch included. */
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: readonly (number | null)[];
    readonly isToken: boolean;
  }[];
  readonly outputs: readonly string[];
  readonly producer: string;
}

/** TensorProto.DataType → the numbers in little-endian bytes. */
const readers: ReadonlyMap<number, readonly [bytes: number, read: (view: DataView, at: number) => number]> =
  new Map([
    [1, [4, (view, at) => view.getFloat32(at, true)]],
    [6, [4, (view, at) => view.getInt32(at, true)]],
    [7, [8, (view, at) => Number(view.getBigInt64(at, true))]],
    [9, [1, (view, at) => view.getUint8(at)]],
    [11, [8, (view, at) => view.getFloat64(at, true)]],
  ]);

function tensorOf({ name, dims, dataType, rawData, floatData, int64Data }: RawTensor): NamedTensor {
  const reader = readers.get(dataType);
  if (reader === undefined)
    throw new ModelUnreadable(
      `"${name.slice(0, 100)}" has numbers of ONNX type ${dataType}; float32 is taken`,
    );
  const size = sizeOf(dims);
  const listed = floatData.length > 0 ? floatData : int64Data;
  if (rawData.length === 0 && listed.length === size)
    return { shape: [...dims], data: Float32Array.from(listed) };
  const [bytes, read] = reader;
  if (rawData.length !== bytes * size)
    throw new ModelUnreadable(
      `"${name.slice(0, 100)}" has ${rawData.length} bytes, not ${bytes * size}: weights in other files are not read`,
    );
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return { shape: [...dims], data: Float32Array.from({ length: size }, (_, i) => read(view, i * bytes)) };
}

interface RawAttribute {
  readonly name: string;
  readonly i: number;
  readonly f: number;
  readonly s: Uint8Array;
  readonly strings: readonly Uint8Array[];
  readonly ints: readonly number[];
  readonly t: RawTensor | null;
}

interface RawModel {
  readonly producerName: string;
  readonly graph: {
    readonly node: readonly {
      name: string;
      opType: string;
      input: string[];
      output: string[];
      attribute: RawAttribute[];
    }[];
    readonly initializer: readonly RawTensor[];
    readonly input: readonly RawInput[];
    readonly output: readonly { name: string }[];
  } | null;
}

interface RawInput {
  readonly name: string;
  readonly type: {
    tensorType: { elemType: number; shape: { dim: { dimValue: number; dimParam: string }[] } | null } | null;
  } | null;
}

function nodeOf(raw: NonNullable<RawModel['graph']>['node'][number], index: number): OnnxNode {
  const attributes = new Map(raw.attribute.map((attribute) => [attribute.name, attribute]));
  return {
    op: raw.opType,
    name: raw.name === '' ? `${raw.opType}_${index}` : raw.name,
    inputs: raw.input,
    outputs: raw.output,
    pointer: `/graph/node/${index}`,
    int: (name, otherwise) => attributes.get(name)?.i ?? otherwise,
    float: (name, otherwise) => attributes.get(name)?.f ?? otherwise,
    ints: (name) => attributes.get(name)?.ints ?? null,
    texts: (name) =>
      (attributes.get(name)?.strings ?? []).map((bytes) => Buffer.from(bytes).toString('utf8')),
    has: (name) => attributes.has(name),
    tensor: (name) => {
      const tensor = attributes.get(name)?.t;
      return tensor ? tensorOf(tensor) : null;
    },
    text: (name, otherwise) => {
      const bytes = attributes.get(name)?.s;
      return bytes === undefined ? otherwise : Buffer.from(bytes).toString('utf8');
    },
  };
}

/** A constant in another shape or order is one, too. */
function folded(
  { op, inputs, ints }: OnnxNode,
  constants: ReadonlyMap<string, NamedTensor>,
): NamedTensor | null {
  const [tensor, axesInput] = inputs.map((name) => constants.get(name) ?? null);
  if (!tensor) return null;
  if (op === 'Identity' || op === 'Cast') return tensor;
  if (op === 'Transpose')
    return transposed(tensor, ints('perm') ?? tensor.shape.map((_, i) => tensor.shape.length - 1 - i));
  if (op !== 'Unsqueeze') return null;
  const axes = ints('axes') ?? [...(axesInput?.data ?? [])];
  const rank = tensor.shape.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const sizes = [...tensor.shape];
  return {
    shape: Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (sizes.shift() ?? 1))),
    data: tensor.data,
  };
}

/** INT32 and INT64: what an embedding looks up. */
const TOKENS: ReadonlySet<number> = new Set([6, 7]);

/** @throws ModelUnreadable */
export function readGraph(bytes: Uint8Array): OnnxGraph {
  let model: RawModel;
  try {
    model = decodeOnnx(bytes) as unknown as RawModel;
  } catch {
    throw new ModelUnreadable('the file begins like ONNX, but is broken or cut off');
  }
  const { graph, producerName } = model;
  if (graph === null || graph.node.length === 0)
    throw new ModelUnreadable('the file begins like ONNX, but has no graph');
  const constants = new Map(graph.initializer.map((raw) => [raw.name, tensorOf(raw)]));
  const nodes: OnnxNode[] = [];
  for (const [index, raw] of graph.node.entries()) {
    const value = raw.opType === 'Constant' ? raw.attribute.find(({ name }) => name === 'value')?.t : null;
    const node = nodeOf(raw, index);
    const tensor = value ? tensorOf(value) : folded(node, constants);
    if (tensor === null) nodes.push(node);
    else constants.set(raw.output[0] ?? '', tensor);
  }
  const inputs = graph.input
    .filter(({ name }) => !constants.has(name))
    .map(({ name, type }) => ({
      name,
      shape: (type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => (dimValue > 0 ? dimValue : null)),
      isToken: TOKENS.has(type?.tensorType?.elemType ?? 1),
    }));
  return { nodes, constants, inputs, outputs: graph.output.map(({ name }) => name), producer: producerName };
}
