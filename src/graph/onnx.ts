/** @file A graph as an ONNX model: operator set 17. Shapes are static, but for the batch where a second graph tells which numbers are the batch's. */
import { present } from '../util/assert.ts';
import { BLOCKED_DOMAIN } from './blocked_convolution.ts';
import { blockedKernelGradient, isBlockedGradient } from './blocked_kernel_gradient.ts';
import { expandKernelGradient } from './convolution_derivative.ts';
import { encodeAffine, type Fusions, fusionsOf, NO_FUSIONS } from './fusions.ts';
import type { Graph, GraphInput } from './graph.ts';
import type { Constant, Node, Operator, OperatorAttributes, ScanBody, Shape, Tensor } from './nodes.ts';
import { encodeConvolution, encodeTransposed, type Names } from './onnx_convolution.ts';
import { IntegerLists, ListRecord } from './onnx_lists.ts';
import { type AttributeValue, bytes, elementTypes, onnxNode } from './onnx_node.ts';
import { writeModel, writeNotedModel } from './onnx_schema.ts';
import { sizeOf } from './operators.ts';
import type { Pack } from './packing.ts';

const IR_VERSION = 8;
const OPERATOR_SET = 17;

const floats = (name: string, { shape, data }: Constant) => ({
  name,
  dataType: elementTypes.float32,
  dims: shape,
  rawData: bytes(data),
});

type Shaped = Pick<Tensor, 'shape' | 'dtype'>;

/**
 * @param twin the same tensor for another size of the batch
 * @param batch the name of the batch, where it can only be the first axis
 */
function valueInfo(name: string, { shape, dtype }: Shaped, twin: Shaped, batch?: string) {
  const elemType = elementTypes[dtype as 'float32' | 'bool'];
  const dim = shape.map((dimValue, axis) =>
    dimValue === twin.shape[axis] ? { dimValue } : batch === undefined ? {} : { dimParam: batch },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

type Encode<O extends Operator> = (
  names: Names,
  attributes: OperatorAttributes[O],
  node: Node<O>,
) => unknown[];

const one = 'one';
const NUMBER: Shaped = { shape: [], dtype: 'float32' };

const withIntegers =
  <A>(opType: string, lists: (own: A) => readonly (readonly number[])[]) =>
  ({ inputs, output, integers }: Names, own: A) => [
    onnxNode(opType, [...inputs, ...lists(own).map((list) => integers.of(list))], [output]),
  ];

const withAttributes =
  <A>(opType: string, attributes: (own: A) => Record<string, AttributeValue>) =>
  ({ inputs, output }: Names, own: A) => [onnxNode(opType, inputs, [output], attributes(own))];

const cast = (from: string, to: string) => onnxNode('Cast', [from], [to], { to: elementTypes.int64 });

/** Only operators that differ from their ONNX namesake in name, attributes or inputs. */
const encodings: { readonly [O in Operator]?: Encode<O> } = {
  Concat: withAttributes('Concat', ({ axis }) => ({ axis })),
  Conv: encodeConvolution,
  ConvTranspose: encodeTransposed,
  Expand: withIntegers('Expand', ({ shape }) => [shape]),
  Gather: ({ inputs: [table, indices], output }) => [
    cast(present(indices), `${output}/indices`),
    onnxNode('Gather', [present(table), `${output}/indices`], [output]),
  ],
  Gemm: withAttributes('Gemm', ({ transA, transB }) => ({ transA: Number(transA), transB: Number(transB) })),
  KernelGradient: blockedKernelGradient,
  LogSoftmax: withAttributes('LogSoftmax', ({ axis }) => ({ axis })),
  Pad: withIntegers('Pad', ({ before, after }) => [[...before, ...after]]),
  ReduceSum: ({ inputs, output, integers }, { axes, keepdims }) => [
    onnxNode('ReduceSum', [...inputs, integers.of(axes)], [output], { keepdims: Number(keepdims) }),
  ],
  Reshape: withIntegers('Reshape', ({ shape }) => [shape]),
  ScatterAdd: ({ inputs: [indices, updates], output, integers }, { rows }, { inputs }) => {
    const [given, columns] = [present(inputs[0]).shape, present(inputs[1]).shape.at(-1) as number];
    return [
      cast(present(indices), `${output}/indices`),
      onnxNode('Reshape', [`${output}/indices`, integers.of([...given, 1])], [`${output}/rows`]),
      onnxNode('ConstantOfShape', [integers.of([rows, columns])], [`${output}/zeros`]),
      onnxNode('ScatterND', [`${output}/zeros`, `${output}/rows`, present(updates)], [output], {
        reduction: 'add',
      }),
    ];
  },
  // σ(x) = 1/(1 + e⁻ˣ). ONNX Runtime's own Sigmoid is a clamped rational approximation: 17 % off at x = −15 and 0 below
  // −18, where deep sigmoid stacks live. Overflow of e⁻ˣ gives 1/∞ = 0.
  Sigmoid: ({ inputs, output }) => [
    onnxNode('Neg', inputs, [`${output}/0`]),
    onnxNode('Exp', [`${output}/0`], [`${output}/1`]),
    onnxNode('Add', [`${output}/1`, one], [`${output}/2`]),
    onnxNode('Reciprocal', [`${output}/2`], [output]),
  ],
  Slice: withIntegers('Slice', ({ axis, start, step, count }) => [
    [start],
    [start + step * (count - 1) + 1],
    [axis],
    [step],
  ]),
  Softmax: withAttributes('Softmax', ({ axis }) => ({ axis })),
  StopGradient: ({ inputs, output }) => [onnxNode('Identity', inputs, [output])],
  Transpose: withAttributes('Transpose', ({ perm }) => ({ perm })),
};

const plain: Encode<Operator> = ({ inputs, output }, _attributes, { operator }) => [
  onnxNode(operator, inputs, [output]),
];

const encode = <O extends Operator>(names: Names, node: Node<O>): unknown[] =>
  ((encodings[node.operator] ?? plain) as Encode<O>)(names, node.attributes, node);

/** The nodes of a graph or of a loop's body; names of tensors are made here, `known` ones are given. */
class Encoder {
  readonly #integers: IntegerLists;
  readonly #names: Map<number, string>;
  readonly #prefix: string;
  readonly #block: number;
  readonly #fusions: Fusions;
  #loops = 0;

  /**
   * @param block channels that lie together in the runtime's own convolutions; 0 where those of ONNX are to be written
   * @param fusions nodes that are computed together
   */
  constructor(
    integers: IntegerLists,
    names: Map<number, string>,
    prefix: string,
    block = 0,
    fusions = NO_FUSIONS,
  ) {
    this.#integers = integers;
    this.#names = names;
    this.#prefix = prefix;
    this.#block = block;
    this.#fusions = fusions;
  }

  nameOf({ id }: Pick<Tensor, 'id'>): string {
    return this.#names.get(id) ?? `${this.#prefix}t${id}`;
  }

  /** @param twins the same nodes for another size of the batch */
  nodes(nodes: readonly Node[], twins: readonly Node[]): unknown[] {
    const loopOutputs = Map.groupBy(
      nodes.filter((node): node is Node<'ScanOutput'> => node.operator === 'ScanOutput'),
      (node) => present(node.inputs[0]).id,
    );
    return nodes.flatMap((node, i) => {
      const twin = present(twins[i]);
      if (node.operator === 'ScanOutput') return [];
      if (node.operator === 'Scan') {
        const outputs = loopOutputs.get(node.output.id) ?? [];
        return [this.#loop(node as Node<'Scan'>, twin as Node<'Scan'>, outputs)];
      }
      if (this.#fusions.absorbed.has(node.output.id)) return [];
      const affine = this.#fusions.affine.get(node.output.id);
      if (affine !== undefined) {
        const [x, scale, shift] = affine.map((part) => this.nameOf(part)) as [string, string, string];
        const channels = node.output.shape[1] as number;
        return encodeAffine([x, scale, shift], this.nameOf(node.output), channels, this.#integers, one);
      }
      if (
        node.operator === 'KernelGradient' &&
        !isBlockedGradient(node as Node<'KernelGradient'>, this.#block)
      )
        return this.#expanded(node as Node<'KernelGradient'>, twin as Node<'KernelGradient'>);
      const result = this.#fusions.rectified.get(node.output.id);
      const names = {
        inputs: node.inputs.map((input) => this.nameOf(input)),
        output: this.nameOf(result ?? node.output),
        block: this.#block,
        ...(result !== undefined && { activation: 'Relu' as const }),
      };
      const record = new ListRecord();
      encode({ ...names, integers: record }, twin);
      const of = (values: readonly number[]) =>
        this.#integers.forBatch(values, present(record.lists.shift(), 'the two graphs differ'));
      return encode({ ...names, integers: { of } }, node);
    });
  }

  #expanded(node: Node<'KernelGradient'>, twin: Node<'KernelGradient'>): unknown[] {
    const [own, other] = [expandKernelGradient(node), expandKernelGradient(twin)];
    const names = new Map(own.inputs.map(({ id }, i) => [id, this.nameOf(present(node.inputs[i]))]));
    names.set(own.output.id, this.nameOf(node.output));
    const encoder = new Encoder(this.#integers, names, `${this.nameOf(node.output)}/`);
    return encoder.nodes(own.nodes, other.nodes);
  }

  #loop(node: Node<'Scan'>, twin: Node<'Scan'>, outputs: readonly Node<'ScanOutput'>[]): unknown {
    const { body, reverse } = node.attributes;
    const prefix = `${this.#prefix}loop${this.#loops++}.`;
    const fed = body.states.length + body.elements.length;
    const captured = node.inputs.slice(fed);
    const names = new Map(body.captured.map(({ id }, i) => [id, this.nameOf(present(captured[i]))]));
    const stacks = outputs.filter(({ attributes }) => attributes.stacked);
    const finals = body.states.map((_, index) => {
      const final = outputs.find(({ attributes }) => !attributes.stacked && attributes.index === index);
      // Outputs have places, so a final state that nobody reads needs a name too.
      return final === undefined ? `${prefix}final${index}` : this.nameOf(final.output);
    });
    const direction = Number(reverse);
    const encoder = new Encoder(this.#integers, names, prefix);
    return onnxNode(
      'Scan',
      node.inputs.slice(0, fed).map((input) => this.nameOf(input)),
      [...finals, ...stacks.map(({ output }) => this.nameOf(output))],
      {
        body: { graph: encodeBody([body, twin.attributes.body], stacks, encoder, prefix) },
        num_scan_inputs: body.elements.length,
        scan_input_directions: body.elements.map(() => direction),
        scan_output_directions: stacks.map(() => direction),
      },
    );
  }
}

/** Nodes that lead to one of these ids. */
function neededNodes(nodes: readonly Node[], ids: readonly number[]): Node[] {
  const needed = new Set(ids);
  return nodes
    .toReversed()
    .filter((node) => {
      if (!needed.has(node.output.id)) return false;
      for (const { id } of node.inputs) needed.add(id);
      return true;
    })
    .reverse();
}

/** @param bodies of the loop, and of the same loop for another size of the batch: their tensors have the same ids */
function encodeBody(
  bodies: readonly [ScanBody, ScanBody],
  stacks: readonly Node<'ScanOutput'>[],
  encoder: Encoder,
  prefix: string,
) {
  const [body, twin] = bodies;
  const [results, twinResults] = bodies.map((one) => [
    ...one.next,
    ...stacks.map(({ attributes: { index, shape } }) => resultOf(one, index, shape.slice(1))),
  ]) as [Tensor[], Tensor[]];
  const [nodes, twinNodes] = bodies.map((one) =>
    neededNodes(
      one.nodes,
      results.map(({ id }) => id),
    ),
  ) as [Node[], Node[]];
  // Every result has a name of its own: one tensor may be a state and be stacked, or be handed on as it came.
  const named = results.map((tensor, i) => ({ tensor, name: `${prefix}result${i}` }));
  return {
    name: `${prefix}body`,
    node: [
      ...encoder.nodes(nodes, twinNodes),
      ...named.map(({ tensor, name }) => onnxNode('Identity', [encoder.nameOf(tensor)], [name])),
    ],
    initializer: [...body.constants].map(([id, constant]) => floats(encoder.nameOf({ id }), constant)),
    input: [...body.states, ...body.elements].map((tensor, i) =>
      valueInfo(encoder.nameOf(tensor), tensor, present([...twin.states, ...twin.elements][i])),
    ),
    output: named.map(({ tensor, name }, i) => valueInfo(name, tensor, present(twinResults[i]))),
  };
}

function resultOf(body: ScanBody, id: number, shape: Shape): Tensor {
  const inputs = [...body.states, ...body.elements];
  const known =
    inputs.find((input) => input.id === id) ?? body.nodes.find(({ output }) => output.id === id)?.output;
  return known ?? { id, shape, dtype: 'float32' };
}

const flatName = ({ name, tensor }: GraphInput): string =>
  tensor.shape.length === 1 ? name : `${name}/flat`;

/** A packed input into its members. */
const unpack = ({ name, members }: Pack, integers: IntegerLists): unknown[] => [
  onnxNode(
    'Split',
    [name, integers.of(members.map(({ tensor }) => sizeOf(tensor.shape)))],
    members.map(flatName),
    { axis: 0 },
  ),
  ...members
    .filter((member) => flatName(member) !== member.name)
    .map((member) =>
      onnxNode('Reshape', [flatName(member), integers.of(member.tensor.shape)], [member.name]),
    ),
];

/** The members of a packed output into one. */
const pack = ({ name, members }: Pack, integers: IntegerLists): unknown[] => [
  ...members
    .filter((member) => flatName(member) !== member.name)
    .map((member) => onnxNode('Reshape', [member.name, integers.of([-1])], [flatName(member)])),
  onnxNode('Concat', members.map(flatName), [name], { axis: 0 }),
];

function packInfo({ name, data }: Pack) {
  const shaped: Shaped = { shape: [data.length], dtype: 'float32' };
  return valueInfo(name, shaped, shaped);
}

/** What is handed over as one, and what else only a session has. */
export interface Packs {
  readonly inputs: readonly Pack[];
  readonly outputs: readonly Pack[];
  /** The name of a first output beside those of the graph, which is a list and not a tensor. */
  readonly list?: string;
  /** Channels of a block of the runtime's own convolutions; without it they are those of ONNX. */
  readonly block?: number;
}

const NO_PACKS: Packs = { inputs: [], outputs: [] };

const listInfo = (name: string) => {
  const { type } = valueInfo('', NUMBER, NUMBER);
  return { name, type: { sequenceType: { elemType: type } } };
};
const NO_WEIGHTS: ReadonlyMap<string, Float32Array> = new Map();
const NO_NOTES: ReadonlyMap<string, string> = new Map();

/**
 * The model's bytes, ready for ONNX Runtime or a file. Inputs and outputs keep their names, but for those that are packed.
 * @param weights values of inputs by name: these become part of the model
 * @param twin the same graph for another size of the batch, the first axis of its inputs: the model then takes a batch of any
 * @param notes texts that the file carries beside the graph
 */
export function encodeOnnx(
  graph: Graph,
  weights: ReadonlyMap<string, Float32Array> = NO_WEIGHTS,
  packs: Packs = NO_PACKS,
  twin: Graph = graph,
  notes: ReadonlyMap<string, string> = NO_NOTES,
): Uint8Array {
  const names = new Map<number, string>(graph.inputs.map(({ name, tensor }) => [tensor.id, name]));
  const computed = new Set(graph.nodes.map((node) => node.output.id));
  const named = graph.outputs.filter(({ name, tensor }) => {
    const free = computed.has(tensor.id) && !names.has(tensor.id);
    if (free) names.set(tensor.id, name);
    return free;
  });
  const fixed = ({ name }: GraphInput) => weights.has(name);
  const free = graph.inputs.findIndex((input) => !fixed(input));
  const batchOf = ({ inputs }: Graph) => inputs[free]?.tensor.shape[0] ?? 0;
  const batches = { own: batchOf(graph), other: batchOf(twin) };
  const integers = new IntegerLists(graph.inputs[free]?.name ?? '', batches);
  const { block = 0 } = packs;
  const fusions = packs.block === undefined ? NO_FUSIONS : fusionsOf(graph);
  const encoder = new Encoder(integers, names, '', block, fusions);
  // An output that is an input, a constant, or known by another name already gets its name from an Identity.
  const aliases = graph.outputs
    .filter((output) => !named.includes(output))
    .map(({ name, tensor }) => onnxNode('Identity', [encoder.nameOf(tensor)], [name]));
  const encoded = encoder.nodes(graph.nodes, twin.nodes);
  const unpackings = packs.inputs.flatMap((some) => unpack(some, integers));
  const packings = packs.outputs.flatMap((some) => pack(some, integers));
  // Only now is it known which lists are computed.
  const lists = packs.list === undefined ? [] : [packs.list];
  const nodes = [
    ...lists.map((name) => onnxNode('SequenceConstruct', [one], [name])),
    ...[...unpackings, ...integers.nodes, ...encoded, ...aliases, ...packings],
  ];
  const unpacked = (side: 'inputs' | 'outputs') => {
    const members = new Set(packs[side].flatMap((some) => some.members));
    return graph[side].flatMap((one, i) =>
      members.has(one) ? [] : [{ ...one, twin: present(twin[side][i]).tensor }],
    );
  };
  const infoOf = ({ name, tensor, twin: other }: GraphInput & { readonly twin: Tensor }) =>
    valueInfo(name, tensor, other, 'batch');
  const model = {
    irVersion: IR_VERSION,
    producerName: 'gradclinic',
    opsetImport: [
      { domain: '', version: OPERATOR_SET },
      ...(block === 0 ? [] : [{ domain: BLOCKED_DOMAIN, version: 1 }]),
    ],
    graph: {
      name: 'gradclinic',
      node: nodes,
      initializer: [
        floats(one, { shape: [], data: Float32Array.of(1) }),
        ...[...graph.constants].map(([id, constant]) => floats(encoder.nameOf({ id }), constant)),
        ...graph.inputs
          .filter(fixed)
          .map(({ name, tensor }) => floats(name, { shape: tensor.shape, data: present(weights.get(name)) })),
        ...integers.initializers,
      ],
      input: [
        ...packs.inputs.map(packInfo),
        ...unpacked('inputs')
          .filter((input) => !fixed(input))
          .map(infoOf),
      ],
      output: [...lists.map(listInfo), ...packs.outputs.map(packInfo), ...unpacked('outputs').map(infoOf)],
    },
  };
  return notes.size === 0 ? writeModel(model) : writeNotedModel(model, notes);
}
