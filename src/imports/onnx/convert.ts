/** @file An ONNX file → network and weights. Everything that has no counterpart is collected, not only the first. */
import { nearest } from '../../util/nearest.ts';
import { fail, ok } from '../../util/result.ts';
import { trainingOf } from '../keras/training.ts';
import {
  GIVE_SIZE,
  type ImportResult,
  Misfit,
  ModelUnreadable,
  Unsupported,
  type UnsupportedPart,
} from '../model.ts';
import { Names } from '../names.ts';
import { Sharing } from '../sharing.ts';
import { NetworkWriter, type Value } from '../writer.ts';
import { arithmetic } from './arithmetic.ts';
import { findAttention } from './attention.ts';
import { Axes } from './axes.ts';
import type { Constant } from './constants.ts';
import type { ConvertNode, OnnxContext } from './context.ts';
import { elementwise } from './elementwise.ts';
import { fold, shapeOf } from './folding.ts';
import { type OnnxGraph, readGraph } from './graph.ts';
import { noteShared, outputKinds } from './hints.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';
import { norms } from './norms.ts';
import { importOwn } from './own.ts';
import { padding } from './padding.ts';
import { parts } from './parts.ts';
import { pooling } from './pooling.ts';
import { products } from './products.ts';
import { recurrents } from './recurrent.ts';
import { resampling } from './resampling.ts';
import { shapes } from './shapes.ts';

const converters: ReadonlyMap<string, ConvertNode> = new Map(
  Object.entries({
    ...shapes,
    ...parts,
    ...padding,
    ...pooling,
    ...arithmetic,
    ...products,
    ...elementwise,
    ...norms,
    ...recurrents,
    ...resampling,
  }),
);

/** Where the batch is: the axis whose size is left open, else the first. */
const batchAxisOf = (shape: readonly (number | null)[]): number => Math.max(0, shape.indexOf(null));

class Conversion implements OnnxContext {
  readonly writer: NetworkWriter;
  readonly axes: Axes;
  readonly warnings = new Set<string>();
  readonly unsupported: UnsupportedPart[] = [];
  readonly #graph: OnnxGraph;
  readonly #values = new Map<string, Laid>();
  readonly #users = new Map<string, OnnxNode[]>();
  readonly #absorbed = new Set<OnnxNode>();
  readonly #folded = new Map<string, Constant>();
  readonly #producers = new Map<string, OnnxNode>();
  /** Nodes that stand for a whole pattern. */
  readonly #patterns = new Map<OnnxNode, ConvertNode>();
  /** The node at work, which layers that only turn axes round are named after. */
  #at = 'input';

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.writer = new NetworkWriter(graph.inputs.length, new Names(), new Sharing(true));
    const [{ shape = [] } = {}] = graph.inputs;
    this.axes = new Axes(this.writer, shape[batchAxisOf(shape)] ?? 1);
    this.#know(graph.nodes);
  }

  #know(nodes: readonly OnnxNode[]): void {
    for (const node of nodes) {
      for (const output of node.outputs) this.#producers.set(output, node);
      for (const input of new Set([...node.inputs, ...node.captured])) {
        const users = this.#users.get(input);
        if (users === undefined) this.#users.set(input, [node]);
        else users.push(node);
      }
    }
  }

  users(output: string): readonly OnnxNode[] {
    return this.#users.get(output) ?? [];
  }

  next(output: string): OnnxNode | null {
    const users = this.users(output);
    return users.length === 1 && !this.#graph.outputs.includes(output) ? (users[0] as OnnxNode) : null;
  }

  constant(name: string | undefined) {
    return this.#graph.constants.get(name ?? '') ?? this.#folded.get(name ?? '') ?? null;
  }

  laid(name: string | undefined): Laid {
    const laid = this.#values.get(name ?? '');
    if (laid === undefined) throw new Misfit('one of its operands is a constant', null);
    return laid;
  }

  value(name: string | undefined): Value {
    return this.axes.canonical(this.laid(name), this.#at);
  }

  absorb(...nodes: readonly OnnxNode[]): void {
    for (const node of nodes) this.#absorbed.add(node);
  }

  producer(name: string): OnnxNode | null {
    return this.#producers.get(name) ?? null;
  }

  isUsed(output: string): boolean {
    return this.users(output).length > 0 || this.#graph.outputs.includes(output);
  }

  refuse(
    { pointer, op, name }: Pick<OnnxNode, 'pointer' | 'op' | 'name'>,
    { message, alternative }: Unsupported,
  ): void {
    this.unsupported.push({ pointer, class: op, name, message, alternative });
  }

  inputs(): void {
    for (const [index, { name, shape }] of this.#graph.inputs.entries()) {
      const batchAxis = batchAxisOf(shape);
      const sizes = shape.toSpliced(batchAxis, 1);
      try {
        if (sizes.includes(null))
          throw new Unsupported(
            `the input [${sizes.map((size) => size ?? 'any').join(', ')}] has no fixed size`,
            `${GIVE_SIZE}, or export it with fixed sizes, but for the batch`,
          );
        const own = sizes as number[];
        const value = this.writer.input(name, own.length === 0 ? [1] : own, 'same');
        const { axes } = this.axes.withBatch(value, batchAxis);
        this.#values.set(name, { value, axes: own.length === 0 ? axes.slice(0, 1) : axes });
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        this.refuse({ pointer: `/graph/input/${index}`, op: 'input', name }, error);
        this.#values.set(name, this.axes.plain({ source: 'input', shape: [1], channels: 'same' }));
      }
    }
  }

  run(): void {
    const needed = this.#needed();
    for (const node of this.#graph.nodes) {
      const found = findAttention(node, this);
      if (found !== null) this.#patterns.set(found.at, found.convert);
    }
    for (const node of this.#graph.nodes) if (needed.has(node) && !this.#absorbed.has(node)) this.#node(node);
  }

  /** The nodes that the outputs come from. */
  #needed(): Set<OnnxNode> {
    const wanted = new Set(this.#graph.outputs);
    const needed = new Set<OnnxNode>();
    for (const node of this.#graph.nodes.toReversed()) {
      if (!node.outputs.some((output) => wanted.has(output))) continue;
      needed.add(node);
      for (const input of [...node.inputs, ...node.captured]) wanted.add(input);
    }
    return needed;
  }

  /** What is known without a sample: sizes, and what is computed with them. */
  #known(node: OnnxNode): Constant | null {
    const laid = this.#values.get(node.inputs[0] ?? '');
    if (node.op === 'Shape' && laid !== undefined) return shapeOf(laid.axes.map(({ size }) => size));
    return fold(node, (name) => this.constant(name));
  }

  #node(node: OnnxNode): void {
    const output = node.outputs[0] ?? '';
    const known = this.#known(node);
    if (known !== null) {
      this.#folded.set(output, known);
      return;
    }
    this.#at = node.name;
    if (node.op === 'If' && this.#taken(node)) return;
    try {
      this.#convert(node);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      if (!(error instanceof Misfit && this.unsupported.length > 0)) this.refuse(node, error);
      // What follows is looked at all the same, so that everything is named at once.
      const passed = node.inputs.map((name) => this.#values.get(name)).find((laid) => laid !== undefined);
      const stand = passed ?? this.axes.plain({ source: 'input', shape: [1], channels: 'same' });
      for (const name of node.outputs) this.#values.set(name, stand);
    }
  }

  #convert(node: OnnxNode): void {
    const convert = this.#patterns.get(node) ?? converters.get(node.op);
    if (convert === undefined)
      throw new Unsupported('this operator is not known here', nearest(node.op, [...converters.keys()]));
    const result = convert(node, this);
    this.#values.set(result.output ?? node.outputs[0] ?? '', result.laid);
    for (const [name, laid] of result.others ?? []) this.#values.set(name, laid);
  }

  /** Where it is known which case holds: its nodes in place of the choice. */
  #taken(node: OnnxNode): boolean {
    const condition = this.constant(node.inputs[0]);
    const branch =
      condition === null ? null : node.branch(condition.data[0] === 0 ? 'else_branch' : 'then_branch');
    if (branch === null) return false;
    this.#know(branch.nodes);
    for (const [name, constant] of branch.constants) this.#folded.set(name, constant);
    for (const inside of branch.nodes) this.#node(inside);
    node.outputs.forEach((output, i) => {
      const given = branch.outputs[i] ?? '';
      const [laid, constant] = [this.#values.get(given), this.constant(given)];
      if (laid !== undefined) this.#values.set(output, laid);
      else if (constant !== null) this.#folded.set(output, constant);
    });
    return true;
  }

  /** What the network ends in: its output, or all of them side by side. */
  end(): Value | null {
    const outputs = this.#graph.outputs.map((name, i) => this.#output(name, i));
    const given = outputs.filter((output) => output !== null);
    if (given.length < outputs.length || given.length < 2) return given[0] ?? null;
    return this.writer.add('outputs', {}, given, { name: 'outputs' });
  }

  /** Its axes but the batch, in their order. */
  #output(name: string, place: number): Value | null {
    this.#at = 'output';
    const laid = this.#values.get(name);
    if (laid === undefined) {
      this.refuse(
        { pointer: `/graph/output/${place}`, op: 'output', name },
        new Unsupported('it does not depend on the input'),
      );
      return null;
    }
    try {
      return this.axes.canonical(laid, name.slice(0, 40));
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      return this.#reordered(laid);
    }
  }

  /** Where the batch is not the first axis. */
  #reordered(laid: Laid): Value {
    const apart = this.axes.separated(laid, 'output');
    const kept = [...apart.axes.keys()].filter((i) => (apart.axes[i]?.size ?? 1) > 1);
    this.warnings.add(
      'the batch is not the first axis of the output: here it is, and the other axes keep their order',
    );
    return this.axes.arranged(
      apart,
      kept.map((i) => [i]),
      'output',
    );
  }
}

/** As many as the loss of several outputs takes. */
const MAX_OUTPUTS = 64;

/** Open axes of the inputs, but for the batch, get a size. */
const withSizes = (graph: OnnxGraph, openSize: number | null): OnnxGraph => ({
  ...graph,
  inputs: graph.inputs.map((input) => {
    const batchAxis = batchAxisOf(input.shape);
    return { ...input, shape: input.shape.map((size, i) => (i === batchAxis ? size : (size ?? openSize))) };
  }),
});

/** @throws ModelUnreadable */
export function importOnnx(bytes: Uint8Array, openSize: number | null): ImportResult {
  const graph = withSizes(readGraph(bytes), openSize);
  const own = importOwn(bytes, graph.constants);
  if (own !== null) return ok(own);
  if (graph.inputs.length === 0) throw new ModelUnreadable('the ONNX file has no inputs');
  const conversion = new Conversion(graph);
  conversion.inputs();
  if (graph.outputs.length === 0 || graph.outputs.length > MAX_OUTPUTS)
    conversion.refuse(
      { pointer: '/graph/output', op: 'output', name: graph.outputs.join(', ').slice(0, 100) },
      new Unsupported(`the model has ${graph.outputs.length} outputs; 1 to ${MAX_OUTPUTS} are taken`),
    );
  conversion.run();
  const output = conversion.unsupported.length > 0 ? null : conversion.end();
  if (output === null || conversion.unsupported.length > 0)
    return fail({ code: 'unsupported_model', parts: conversion.unsupported });
  const { writer, warnings } = conversion;
  noteShared(graph, writer.lenders, warnings);
  warnings.add(
    'initializers are not in an ONNX file: where a layer is drawn anew, it is by the defaults of this service',
  );
  const training = trainingOf(null, outputKinds(graph), [], warnings);
  const network = writer.finish(output);
  return ok({
    format: 'onnx',
    network,
    training,
    weights: writer.weights.size > 0 ? writer.weights : null,
    warnings: [...warnings],
    omitted: [],
  });
}
