/** @file An ONNX file as nodes with their attributes and constants. */
import { decodeOnnx } from '../../graph/index.ts';
import { ModelUnreadable } from '../model.ts';
import { sizeOf } from '../tensors.ts';
import type { Constant } from './constants.ts';
import { fold } from './folding.ts';
import type { Branch, OnnxNode } from './node.ts';

/** As protobuf gives it: fields that are left out have their default. */
interface RawTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly doubleData: readonly number[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Inputs that are no constants; sizes that are not fixed are null, the batch included. */
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: readonly (number | null)[];
  }[];
  readonly outputs: readonly string[];
  readonly producer: string;
}

/** Sign, five bits of exponent, ten of fraction. */
function halfPrecision(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** TensorProto.DataType → the numbers in little-endian bytes. */
const readers: ReadonlyMap<number, readonly [bytes: number, read: (view: DataView, at: number) => number]> =
  new Map([
    [1, [4, (view, at) => view.getFloat32(at, true)]],
    [6, [4, (view, at) => view.getInt32(at, true)]],
    [7, [8, (view, at) => Number(view.getBigInt64(at, true))]],
    [9, [1, (view, at) => view.getUint8(at)]],
    [10, [2, (view, at) => halfPrecision(view.getUint16(at, true))]],
    [11, [8, (view, at) => view.getFloat64(at, true)]],
  ]);

/** Integers and truth values. */
const WHOLE: ReadonlySet<number> = new Set([6, 7, 9]);

function tensorOf(raw: RawTensor): Constant {
  const { name, dims, dataType, rawData, floatData, int32Data, int64Data, doubleData } = raw;
  const reader = readers.get(dataType);
  if (reader === undefined)
    throw new ModelUnreadable(
      `"${name.slice(0, 100)}" has numbers of ONNX type ${dataType}; float32 is taken`,
    );
  const size = sizeOf(dims);
  const isHalf = dataType === 10;
  const listed =
    [floatData, isHalf ? int32Data.map(halfPrecision) : int32Data, int64Data, doubleData].find(
      ({ length }) => length > 0,
    ) ?? [];
  const isWhole = WHOLE.has(dataType);
  if (rawData.length === 0 && listed.length === size)
    return { shape: [...dims], data: Float32Array.from(listed), isWhole };
  const [bytes, read] = reader;
  if (rawData.length !== bytes * size)
    throw new ModelUnreadable(
      `"${name.slice(0, 100)}" has ${rawData.length} bytes, not ${bytes * size}: weights in other files are not read`,
    );
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return {
    shape: [...dims],
    data: Float32Array.from({ length: size }, (_, i) => read(view, i * bytes)),
    isWhole,
  };
}

interface RawAttribute {
  readonly name: string;
  readonly i: number;
  readonly f: number;
  readonly s: Uint8Array;
  readonly strings: readonly Uint8Array[];
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly t: RawTensor | null;
  readonly g: RawGraph | null;
}

interface RawNode {
  readonly name: string;
  readonly opType: string;
  readonly input: string[];
  readonly output: string[];
  readonly attribute: RawAttribute[];
}

interface RawGraph {
  readonly node: readonly RawNode[];
  readonly initializer: readonly RawTensor[];
  readonly input: readonly RawInput[];
  readonly output: readonly { name: string }[];
}

interface RawModel {
  readonly producerName: string;
  readonly graph: RawGraph | null;
}

interface RawInput {
  readonly name: string;
  readonly type: {
    tensorType: { elemType: number; shape: { dim: { dimValue: number; dimParam: string }[] } | null } | null;
  } | null;
}

/** What the nodes of these graphs, and of those within, take. */
const takenBy = (graphs: readonly RawGraph[], depth = 0): string[] =>
  depth > MAX_DEPTH
    ? []
    : graphs.flatMap(({ node }) =>
        node.flatMap(({ input, attribute }) => [
          ...input,
          ...takenBy(
            attribute.flatMap(({ g }) => g ?? []),
            depth + 1,
          ),
        ]),
      );

function nodeOf(raw: RawNode, index: number, within: string): OnnxNode {
  const attributes = new Map(raw.attribute.map((attribute) => [attribute.name, attribute]));
  const pointer = `${within}/node/${index}`;
  return {
    op: raw.opType,
    name: raw.name === '' ? `${raw.opType}_${index}` : raw.name,
    inputs: raw.input,
    outputs: raw.output,
    pointer,
    captured: takenBy(raw.attribute.flatMap(({ g }) => g ?? [])),
    branch: (name) => {
      const graph = attributes.get(name)?.g;
      return graph ? branchOf(graph, `${pointer}/${name}`, new Map()) : null;
    },
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

/** The numbers of a Constant node, in whichever attribute they are. */
function constantOf({ opType, attribute }: RawNode): Constant | null {
  if (opType !== 'Constant') return null;
  const named = (name: string) => attribute.find((one) => one.name === name);
  const tensor = named('value')?.t;
  if (tensor) return tensorOf(tensor);
  const [float, int, floats, ints] = ['value_float', 'value_int', 'value_floats', 'value_ints'].map(named);
  const listed = floats?.floats ?? ints?.ints;
  if (listed !== undefined)
    return { shape: [listed.length], data: Float32Array.from(listed), isWhole: ints !== undefined };
  const single = float?.f ?? int?.i;
  return single === undefined
    ? null
    : { shape: [], data: Float32Array.of(single), isWhole: int !== undefined };
}

/** Nodes, without those whose numbers are known; these are among the constants. */
function branchOf(graph: RawGraph, pointer: string, constants: Map<string, Constant>): Branch {
  for (const raw of graph.initializer) constants.set(raw.name, tensorOf(raw));
  const nodes: OnnxNode[] = [];
  for (const [index, raw] of graph.node.entries()) {
    const node = nodeOf(raw, index, pointer);
    const tensor = constantOf(raw) ?? fold(node, (name) => constants.get(name) ?? null);
    if (tensor === null) nodes.push(node);
    else constants.set(raw.output[0] ?? '', tensor);
  }
  return { nodes, constants, outputs: graph.output.map(({ name }) => name) };
}

/** Graphs within graphs. */
const MAX_DEPTH = 16;

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
  const { nodes, constants, outputs } = branchOf(graph, '/graph', new Map());
  const inputs = graph.input
    .filter(({ name }) => !constants.has(name))
    .map(({ name, type }) => ({
      name,
      shape: (type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => (dimValue > 0 ? dimValue : null)),
    }));
  return { nodes, constants, inputs, outputs, producer: producerName };
}
