/** @file A graph as an ONNX model: operator set 17, every shape static. */
import { present } from '../util/assert.ts';
import type { Graph, GraphInput, Node } from './graph.ts';
import { writeModel } from './onnx_schema.ts';
import type { Operator, OperatorAttributes } from './operators.ts';

const FLOAT = 1;
const INT64 = 7;
const INT = 2;
const INTS = 7;
const IR_VERSION = 8;
const OPERATOR_SET = 17;

interface Encoded {
  readonly name?: string;
  /** ONNX attributes: numbers as `INT`, lists as `INTS`. */
  readonly attributes?: Record<string, number | readonly number[]>;
  /** What newer operator sets take as an int64 input instead of an attribute. */
  readonly shapeInput?: readonly number[];
}

/**
 * σ(x) = 1/(1 + e⁻ˣ) in four nodes. ONNX Runtime's own Sigmoid is a clamped rational approximation: 17 % off at
 * x = −15 and 0 below −18, where deep sigmoid stacks live. Overflow of e⁻ˣ gives 1/∞ = 0.
 */
const SIGMOID_STEPS = ['Neg', 'Exp', 'Add', 'Reciprocal'] as const;

function sigmoidNodes(input: string, output: string, one: string): unknown[] {
  return SIGMOID_STEPS.map((opType, index) => ({
    opType,
    input: [index === 0 ? input : `${output}/${index - 1}`, ...(opType === 'Add' ? [one] : [])],
    output: [index === SIGMOID_STEPS.length - 1 ? output : `${output}/${index}`],
  }));
}

type Encode<O extends Operator> = (attributes: OperatorAttributes[O]) => Encoded;

const plain = (): Encoded => ({});
const withAxis = ({ axis }: { axis: number }): Encoded => ({ attributes: { axis } });
const withShape = ({ shape }: { shape: readonly number[] }): Encoded => ({ shapeInput: shape });

/** Only operators that differ from their ONNX namesake in name, attributes or inputs. */
const encodings: { readonly [O in Operator]?: Encode<O> } = {
  Expand: withShape,
  Gemm: ({ transA, transB }) => ({ attributes: { transA: Number(transA), transB: Number(transB) } }),
  LogSoftmax: withAxis,
  ReduceSum: ({ axes, keepdims }) => ({ attributes: { keepdims: Number(keepdims) }, shapeInput: axes }),
  Reshape: withShape,
  Softmax: withAxis,
  StopGradient: () => ({ name: 'Identity' }),
  Transpose: ({ perm }) => ({ attributes: { perm } }),
};

const encode = <O extends Operator>(node: Node<O>): Encoded =>
  (encodings[node.operator] ?? plain)(node.attributes);

const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const attribute = (name: string, value: number | readonly number[]) =>
  typeof value === 'number' ? { name, type: INT, i: value } : { name, type: INTS, ints: value };

const valueInfo = ({ name, tensor }: GraphInput) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: tensor.shape.map((dimValue) => ({ dimValue })) } } },
});

/** The model's bytes, ready for ONNX Runtime or a file. Inputs and outputs keep their names. */
export function encodeOnnx(graph: Graph): Uint8Array {
  const names = new Map<number, string>(graph.inputs.map(({ name, tensor }) => [tensor.id, name]));
  const computed = new Set(graph.nodes.map((node) => node.output.id));
  const named = graph.outputs.filter(({ name, tensor }) => {
    const free = computed.has(tensor.id) && !names.has(tensor.id);
    if (free) names.set(tensor.id, name);
    return free;
  });
  const nameOf = (id: number) => names.get(id) ?? `t${id}`;
  const initializers: unknown[] = [...graph.constants].map(([id, value]) => ({
    name: nameOf(id),
    dataType: FLOAT,
    rawData: bytes(Float32Array.of(value)),
  }));
  const shapeInputs = new Map<string, string>();
  const shapeInput = (values: readonly number[]): string => {
    const key = `shape:${values.join()}`;
    if (!shapeInputs.has(key)) {
      shapeInputs.set(key, key);
      const rawData = bytes(BigInt64Array.from(values, BigInt));
      initializers.push({ name: key, dataType: INT64, dims: [values.length], rawData });
    }
    return key;
  };
  const one = 'one';
  initializers.push({ name: one, dataType: FLOAT, rawData: bytes(Float32Array.of(1)) });
  const nodes: unknown[] = graph.nodes.flatMap((node) => {
    if (node.operator === 'Sigmoid') {
      return sigmoidNodes(nameOf(present(node.inputs[0]).id), nameOf(node.output.id), one);
    }
    const { name = node.operator, attributes = {}, shapeInput: values } = encode(node);
    const encoded = {
      opType: name,
      input: [
        ...node.inputs.map((input) => nameOf(input.id)),
        ...(values === undefined ? [] : [shapeInput(values)]),
      ],
      output: [nameOf(node.output.id)],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    };
    return [encoded];
  });
  // An output that is an input, a constant, or known by another name already gets its name from an Identity.
  for (const output of graph.outputs) {
    if (named.includes(output)) continue;
    nodes.push({ opType: 'Identity', input: [nameOf(output.tensor.id)], output: [output.name] });
  }
  return writeModel({
    irVersion: IR_VERSION,
    producerName: 'gradclinic',
    opsetImport: [{ domain: '', version: OPERATOR_SET }],
    graph: {
      name: 'gradclinic',
      node: nodes,
      initializer: initializers,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  });
}
