/**
 * @file The derivative of a loop: a loop the other way round, whose states are the adjoints of the states. What it needs
 * of the forward iterations is stacked by the forward loop, so nothing is computed twice.
 */
import { assert, present } from '../util/assert.ts';
import { Adjoints } from './adjoints.ts';
import * as c from './calculus.ts';
import type { GraphBuilder } from './graph.ts';
import type { Node, ScanBody, Tensor } from './nodes.ts';
import { sizeOf } from './operators.ts';
import { finalState, lengthOf, stacked } from './scan.ts';

/** ∂loss of one result of the loop. */
export interface ScanSeed {
  readonly node: Node<'ScanOutput'>;
  readonly dy: Tensor;
}

/** Adds to `adjoints` what flows back through `nodes`; `view` gives the tensor to compute with for one of the nodes'. */
export type Backpropagate = (
  g: GraphBuilder,
  nodes: readonly Node[],
  adjoints: Adjoints,
  view: (tensor: Tensor) => Tensor,
) => void;

/** The forward body as the backward body sees it. */
class ForwardView {
  readonly saved = new Map<number, { readonly forward: Tensor; readonly input: Tensor }>();
  readonly captured: Tensor[];
  readonly #b: GraphBuilder;
  readonly #body: ScanBody;

  constructor(b: GraphBuilder, body: ScanBody) {
    this.#b = b;
    this.#body = body;
    this.captured = body.captured.map(({ shape }, i) => b.input(`captured ${i}`, shape));
  }

  /** Constants and captured tensors are the same in every iteration; all others are saved ones. */
  readonly of = (tensor: Tensor): Tensor => {
    const constant = this.#body.constants.get(tensor.id);
    if (constant !== undefined && constant.shape.length === 0)
      return this.#b.constant(constant.data[0] as number);
    if (constant !== undefined) return this.#b.madeTensor(constant.shape, () => constant.data);
    const index = this.#body.captured.indexOf(tensor);
    if (index !== -1) return present(this.captured[index]);
    const known = this.saved.get(tensor.id);
    if (known !== undefined) return known.input;
    const input = this.#b.input(`saved ${tensor.id}`, tensor.shape, tensor.dtype);
    this.saved.set(tensor.id, { forward: tensor, input });
    return input;
  };
}

/** Ids of all that `results` are computed from. */
function ancestors(nodes: readonly Node[], results: readonly Tensor[]): Set<number> {
  const needed = new Set(results.map(({ id }) => id));
  for (const node of nodes.toReversed()) {
    if (needed.has(node.output.id)) for (const { id } of node.inputs) needed.add(id);
  }
  return needed;
}

const rows = (g: GraphBuilder, x: Tensor): Tensor =>
  c.reshape(g, x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1) ?? 1]);

/** ∂loss/∂input for every input of the loop; null where none flows. */
export function differentiateScan(
  g: GraphBuilder,
  node: Node<'Scan'>,
  seeds: readonly ScanSeed[],
  backpropagate: Backpropagate,
): (Tensor | null)[] {
  const { body, reverse } = node.attributes;
  const states = body.states.length;
  const sequences = node.inputs.slice(states, states + body.elements.length);
  const time = lengthOf(sequences);
  const b = g.bodyBuilder();
  const view = new ForwardView(b, body);

  // Backward body: adjoints of the states after the iteration in, of those before it out.
  const adjoints = new Adjoints(b);
  const carried = body.next.map((next, i) => {
    const input = b.input(`adjoint ${i}`, next.shape);
    adjoints.add(next, input);
    return input;
  });
  const perStep = seeds.filter((seed) => seed.node.attributes.stacked);
  const arriving = perStep.map(({ node: output, dy }, i) => {
    const { index, shape } = output.attributes;
    const input = b.input(`arriving ${i}`, shape.slice(1));
    adjoints.add({ id: index, shape: shape.slice(1), dtype: 'float32' }, input);
    return { input, dy };
  });
  backpropagate(b, body.nodes, adjoints, view.of);
  const before = body.states.map((state) => adjoints.of(state) ?? c.zeros(b, state.shape));
  const toElements = body.elements.map((element) => adjoints.of(element));
  const toCaptured = body.captured.map((tensor) => products(b, adjoints.of(tensor)));

  // The loop around it, which reads what the forward loop saved.
  const results = [...before, ...toElements, ...toCaptured.flat()].filter((tensor) => tensor !== undefined);
  const needed = ancestors(b.nodes, results);
  const used = [...view.saved.values()].filter(({ input }) => needed.has(input.id));
  const save = (forward: Tensor): Tensor => {
    const index = body.elements.indexOf(forward);
    return index === -1 ? stacked(g, node.output, forward, time) : present(sequences[index]);
  };
  const initial = body.next.map((next, i) => {
    const last = seeds.find(({ node: { attributes } }) => !attributes.stacked && attributes.index === i);
    return last?.dy ?? c.zeros(g, next.shape);
  });
  const backward: Omit<ScanBody, 'toJSON'> = {
    states: carried,
    elements: [...arriving.map(({ input }) => input), ...used.map(({ input }) => input)],
    captured: view.captured,
    next: before,
    nodes: b.nodes,
    constants: b.constants,
  };
  const handle = g.scan(
    backward,
    [
      ...initial,
      ...arriving.map(({ dy }) => dy),
      ...used.map(({ forward }) => save(forward)),
      ...node.inputs.slice(states + sequences.length),
    ],
    !reverse,
  );
  const stack = (tensor: Tensor): Tensor => {
    const one = used.find(({ input }) => input.id === tensor.id);
    return one === undefined ? stacked(g, handle, tensor, time) : save(one.forward);
  };
  return [
    ...before.map((_, i) => finalState(g, handle, backward, i)),
    ...toElements.map((tensor) => (tensor === undefined ? null : stack(tensor))),
    ...toCaptured.map((factors) => sumOverTime(g, factors.map(stack))),
  ];
}

/**
 * The gradient of a captured tensor as what is to be stacked: [aᵀ·dy] as its factors a and dy, because one product over
 * all iterations is faster than a small one in each; anything else as it is.
 */
function products(b: GraphBuilder, gradient: Tensor | undefined): Tensor[] {
  if (gradient === undefined) return [];
  const node = b.nodes.find(({ output }) => output.id === gradient.id) as Node<'Gemm'> | undefined;
  const isProduct =
    node?.operator === 'Gemm' &&
    node.inputs.length === 2 &&
    node.attributes.transA &&
    !node.attributes.transB;
  return isProduct ? [...node.inputs] : [gradient];
}

function sumOverTime(g: GraphBuilder, factors: readonly Tensor[]): Tensor | null {
  const [a, dy] = factors;
  if (a === undefined) return null;
  if (dy === undefined) return c.reduceSum(g, a, [0]);
  assert(a.shape.length === 3 && dy.shape.length === 3, 'a product over time has matrices as factors');
  return c.gemm(g, rows(g, a), rows(g, dy), true, false);
}
