/** @file An ONNX file → network and weights. Everything that has no counterpart is collected, not only the first. */
import { nearest } from '../../util/nearest.ts';
import { fail, ok } from '../../util/result.ts';
import type { NamedTensor } from '../../util/safetensors.ts';
import { type OutputKind, trainingOf } from '../keras/training.ts';
import { type ImportResult, Misfit, ModelUnreadable, Unsupported, type UnsupportedPart } from '../model.ts';
import { NetworkWriter, type Value } from '../writer.ts';
import { findAttention } from './attention.ts';
import type { ConvertNode, OnnxContext } from './context.ts';
import { elementwise } from './elementwise.ts';
import { fold, shapeOf } from './folding.ts';
import { type OnnxGraph, type OnnxNode, readGraph } from './graph.ts';
import { importOwn } from './own.ts';
import { products } from './products.ts';
import { recurrents } from './recurrent.ts';
import { resampling } from './resampling.ts';
import { shapes } from './shapes.ts';

const converters: ReadonlyMap<string, ConvertNode> = new Map(
  Object.entries({ ...shapes, ...products, ...elementwise, ...recurrents, ...resampling }),
);

class Conversion implements OnnxContext {
  readonly writer: NetworkWriter;
  readonly warnings = new Set<string>();
  readonly unsupported: UnsupportedPart[] = [];
  readonly #graph: OnnxGraph;
  readonly #values = new Map<string, Value>();
  readonly #users = new Map<string, OnnxNode[]>();
  readonly #absorbed = new Set<OnnxNode>();
  readonly #folded = new Map<string, NamedTensor>();
  readonly #timeFirst = new Set<string>();
  readonly #producers: ReadonlyMap<string, OnnxNode>;
  /** Nodes that stand for a whole pattern. */
  readonly #patterns = new Map<OnnxNode, ConvertNode>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.writer = new NetworkWriter(graph.inputs.length);
    this.#producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
    for (const node of graph.nodes)
      for (const input of new Set(node.inputs))
        this.#users.set(input, [...(this.#users.get(input) ?? []), node]);
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

  value(name: string | undefined): Value {
    const value = this.#values.get(name ?? '');
    if (value === undefined) throw new Misfit('one of its operands is a constant', null);
    return value;
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

  timeFirst(output: string): void {
    this.#timeFirst.add(output);
  }

  isTimeFirst(name: string): boolean {
    return this.#timeFirst.has(name);
  }

  refuse(
    { pointer, op, name }: Pick<OnnxNode, 'pointer' | 'op' | 'name'>,
    { message, alternative }: Unsupported,
  ): void {
    this.unsupported.push({ pointer, class: op, name, message, alternative });
  }

  inputs(): void {
    for (const [index, { name, shape, isToken }] of this.#graph.inputs.entries()) {
      const [, ...sizes] = shape;
      try {
        if (sizes.includes(null))
          throw new Unsupported(
            `the input [${sizes.map((size) => size ?? 'any').join(', ')}] has no fixed size`,
            'export it with fixed sizes, but for the batch',
          );
        const value = this.writer.input(name, sizes as number[], 'same');
        if (isToken) this.writer.takesTokens(value);
        this.#values.set(name, value);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        this.refuse({ pointer: `/graph/input/${index}`, op: 'input', name }, error);
        this.#values.set(name, { source: 'input', shape: [1], channels: 'same' });
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
      for (const input of node.inputs) wanted.add(input);
    }
    return needed;
  }

  /** What is known without a sample: sizes, and what is computed with them. */
  #known(node: OnnxNode): NamedTensor | null {
    const [input = ''] = node.inputs;
    const value = this.#values.get(input);
    if (node.op === 'Shape' && value !== undefined)
      return shapeOf(value.shape, this.isTimeFirst(input) ? 1 : 0);
    return fold(node, (name) => this.constant(name));
  }

  #node(node: OnnxNode): void {
    const output = node.outputs[0] ?? '';
    const known = this.#known(node);
    if (known !== null) {
      this.#folded.set(output, known);
      return;
    }
    try {
      const convert = this.#patterns.get(node) ?? converters.get(node.op);
      if (convert === undefined)
        throw new Unsupported('this operator is not known here', nearest(node.op, [...converters.keys()]));
      const result = convert(node, this);
      this.#values.set(result.output ?? output, result.value);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      if (!(error instanceof Misfit && this.unsupported.length > 0)) this.refuse(node, error);
      const passed = node.inputs.map((name) => this.#values.get(name)).find((value) => value !== undefined);
      this.#values.set(output, passed ?? { source: 'input', shape: [1], channels: 'same' });
    }
  }
}

function outputKind({ nodes, outputs }: OnnxGraph): OutputKind {
  const last = nodes.find((node) => node.outputs.includes(outputs[0] ?? ''));
  return last?.op === 'Softmax' ? 'softmax' : last?.op === 'Sigmoid' ? 'sigmoid' : 'other';
}

/** @throws ModelUnreadable */
export function importOnnx(bytes: Uint8Array): ImportResult {
  const graph = readGraph(bytes);
  const own = importOwn(bytes, graph.constants);
  if (own !== null) return ok(own);
  if (graph.inputs.length === 0) throw new ModelUnreadable('the ONNX file has no inputs');
  const conversion = new Conversion(graph);
  conversion.inputs();
  if (graph.outputs.length !== 1)
    conversion.refuse(
      { pointer: '/graph/output', op: 'output', name: graph.outputs.join(', ').slice(0, 100) },
      new Unsupported(
        `the model has ${graph.outputs.length} outputs; this service trains one`,
        'one of them',
      ),
    );
  conversion.run();
  if (conversion.unsupported.length > 0)
    return fail({ code: 'unsupported_model', parts: conversion.unsupported });
  const { writer, warnings } = conversion;
  warnings.add(
    'initializers are not in an ONNX file: where a layer is drawn anew, it is by the defaults of this service',
  );
  const training = trainingOf(null, outputKind(graph), [], warnings);
  return ok({
    format: 'onnx',
    network: writer.finish(),
    training,
    weights: writer.weights.size > 0 ? writer.weights : null,
    warnings: [...warnings],
    omitted: [],
  });
}
