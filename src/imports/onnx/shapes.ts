/** @file Pooling, shapes, merging: what has no weights. */
import { Unsupported } from '../model.ts';
import { sizeOf } from '../tensors.ts';
import type { Value } from '../writer.ts';
import {
  type ConvertNode,
  needConstant,
  needRank,
  type OnnxContext,
  scalar,
  withConstant,
  written,
} from './context.ts';
import type { OnnxNode } from './graph.ts';
import { isSame, padsOf } from './products.ts';

const simple = (extents: readonly number[]): number | readonly number[] =>
  extents.every((size) => size === extents[0]) ? (extents[0] as number) : extents;

const pooling =
  (type: string): ConvertNode =>
  (node, context) => {
    const x = context.value(node.inputs[0]);
    needRank(x, 3);
    const padding = padsOf(node, 2);
    if (type === 'average_pool2d' && padding !== 0 && node.int('count_include_pad', 0) === 1)
      throw new Unsupported('it counts the padding', 'count_include_pad=False');
    if (node.int('ceil_mode', 0) === 1) throw new Unsupported('ceil_mode', 'ceil_mode=False, with padding');
    const size = simple(node.ints('kernel_shape') ?? []);
    const stride = simple(node.ints('strides') ?? [1, 1]);
    const options = {
      pool_size: size,
      stride,
      ...(isSame(node) ? { padding: 'same' } : padding === 0 ? {} : { padding }),
    };
    return written(context.writer.add(type, options, [x], { name: node.name }));
  };

/** One pixel for every channel; a Flatten behind it has nothing left to do. */
function globally(type: string, node: OnnxNode, context: OnnxContext, keep: boolean) {
  const x = context.value(node.inputs[0]);
  needRank(x, 3);
  const pooled = context.writer.add(type, {}, [x], { name: node.name });
  if (!keep) return written(pooled);
  const next = context.next(node.outputs[0] as string);
  if (next?.op === 'Flatten' && next.int('axis', 1) === 1) {
    context.absorb(next);
    return written(pooled, next.outputs[0]);
  }
  return written(
    context.writer.add('reshape', { shape: [...pooled.shape, 1, 1] }, [pooled], {
      name: `${node.name}_axes`,
    }),
  );
}

export function reduceMean(node: OnnxNode, context: OnnxContext) {
  const x = context.value(node.inputs[0]);
  const rank = x.shape.length + 1;
  const axes = (node.ints('axes') ?? [...(context.constant(node.inputs[1])?.data ?? [])])
    .map((axis) => (axis < 0 ? axis + rank : axis))
    .toSorted();
  const keep = node.int('keepdims', 1) === 1;
  if (rank === 4 && String(axes) === '2,3') return globally('global_average_pool2d', node, context, keep);
  if (rank === 3 && String(axes) === '1' && !keep)
    return written(context.writer.add('global_average_pool1d', {}, [x], { name: node.name }));
  throw new Unsupported(
    `a mean over the axes ${axes.join(', ')} of ${rank}`,
    'a mean over all pixels, or over time',
  );
}

const flatten: ConvertNode = (node, context) => {
  if (node.int('axis', 1) !== 1) throw new Unsupported('it flattens the batch, too', 'Flatten(1)');
  const x = context.value(node.inputs[0]);
  return written(x.shape.length === 1 ? x : context.writer.add('flatten', {}, [x], { name: node.name }));
};

const reshape: ConvertNode = (node, context) => {
  const x = context.value(node.inputs[0]);
  const [, ...target] = [...needConstant(node, 1, 'shape', context).data];
  if (target.some(Number.isNaN)) throw new Unsupported('its shape has the batch in another place', null);
  const sizes = target.map((size, i) => (size === 0 ? (x.shape[i] as number) : size));
  const known = sizeOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? sizeOf(x.shape) / known : size));
  if (shape.length === 1) return written(context.writer.add('flatten', {}, [x], { name: node.name }));
  return written(context.writer.add('reshape', { shape }, [x], { name: node.name }));
};

/** What takes a tensor with the time in front, or asks for its size only. */
const THROUGH_TIME: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN', 'Shape']);

const transpose: ConvertNode = (node, context) => {
  const [batch, ...order] = node.ints('perm') ?? [];
  const [input, output] = [node.inputs[0] ?? '', node.outputs[0] ?? ''];
  if (String([batch, ...order]) === '1,0,2') {
    if (context.isTimeFirst(input)) return written(context.value(input));
    const users = context.users(output);
    if (users.length > 0 && users.every(({ op }) => THROUGH_TIME.has(op))) {
      context.timeFirst(output);
      return written(context.value(input));
    }
  }
  if (batch !== 0) throw new Unsupported('it moves the batch', null);
  return written(
    context.writer.add('permute', { dims: order }, [context.value(node.inputs[0])], { name: node.name }),
  );
};

const concat: ConvertNode = (node, context) => {
  const inputs = node.inputs.map((name) => context.value(name));
  const rank = inputs[0]?.shape.length ?? 0;
  const axis = node.int('axis', 1);
  const here = axis < 0 ? axis + rank : axis - 1;
  if (here < 0) throw new Unsupported('it joins batches', null);
  return written(context.writer.add('concatenate', { axis: here }, inputs, { name: node.name }));
};

type Scale = (constant: number, isSecond: boolean) => { scale: number; offset: number } | null;

/** With a number: scaled and moved. With another tensor: merged. */
const arithmetic =
  (type: string | null, scaled: Scale): ConvertNode =>
  (node, context) => {
    const { name } = node;
    const operand = withConstant(node, context);
    if (operand !== null) {
      const number = scalar(operand.constant);
      const options = number === null ? null : scaled(number, operand.first);
      if (options === null)
        throw new Unsupported(
          `a constant of ${operand.constant.data.length} numbers, which the file does not train`,
          'rescaling',
        );
      return written(context.writer.add('rescaling', options, [context.value(operand.value)], { name }));
    }
    const inputs = node.inputs.map((input) => context.value(input));
    if (type === null) throw new Unsupported('a quotient of two layers', 'multiply');
    if (inputs.some(({ shape }) => shape.length !== inputs[0]?.shape.length))
      throw new Unsupported(
        'its operands have different numbers of axes',
        'operands of the same number of axes',
      );
    return written(context.writer.add(type, {}, inputs, { name }));
  };

const merge =
  (type: string): ConvertNode =>
  (node, context) =>
    written(
      context.writer.add(
        type,
        {},
        node.inputs.map((name) => context.value(name)),
        { name: node.name },
      ),
    );

const same: ConvertNode = (node, context) => written(context.value(node.inputs[0]));

const dropout: ConvertNode = (node, context) => {
  const rate = context.constant(node.inputs[1])?.data[0] ?? node.float('ratio', 0.5);
  return written(
    context.writer.add('dropout', { rate: Number(rate.toPrecision(6)) }, [context.value(node.inputs[0])], {
      name: node.name,
    }),
  );
};

const pad: ConvertNode = (node, context) => {
  const x: Value = context.value(node.inputs[0]);
  const pads = node.ints('pads') ?? [...(context.constant(node.inputs[1])?.data ?? [])];
  if (pads.every((n) => n === 0)) return written(x);
  const filler = scalar(context.constant(node.inputs[2])) ?? 0;
  const [n, c, top = 0, left = 0, , , bottom = 0, right = 0] = pads;
  if (
    node.text('mode', 'constant') !== 'constant' ||
    filler !== 0 ||
    x.shape.length !== 3 ||
    n !== 0 ||
    c !== 0
  )
    throw new Unsupported('padding that is no zeros around images', 'zero_padding2d');
  const padding = [
    [top, bottom],
    [left, right],
  ];
  return written(context.writer.add('zero_padding2d', { padding }, [x], { name: node.name }));
};

/** A table and what looks it up. */
const gather: ConvertNode = (node, context) => {
  const table = context.constant(node.inputs[0]);
  if (table === null || table.shape.length !== 2 || node.int('axis', 0) !== 0)
    throw new Unsupported(
      'it picks elements of a tensor',
      'an embedding, or a layer that gives the last time step only',
    );
  const [vocabulary, dimensions] = table.shape;
  const x = context.value(node.inputs[1]);
  context.writer.takesTokens(x);
  return written(
    context.writer.add('embedding', { vocabulary, dimensions }, [x], { name: node.name, weights: { table } }),
  );
};

export const shapes: Readonly<Record<string, ConvertNode>> = {
  MaxPool: pooling('max_pool2d'),
  AveragePool: pooling('average_pool2d'),
  GlobalAveragePool: (node, context) => globally('global_average_pool2d', node, context, true),
  GlobalMaxPool: (node, context) => globally('global_max_pool2d', node, context, true),
  Flatten: flatten,
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Add: arithmetic('add', (n) => ({ scale: 1, offset: n })),
  Sub: arithmetic('subtract', (n, isSecond) =>
    isSecond ? { scale: 1, offset: -n } : { scale: -1, offset: n },
  ),
  Mul: arithmetic('multiply', (n) => ({ scale: n, offset: 0 })),
  Div: arithmetic(null, (n, isSecond) => (isSecond ? { scale: 1 / n, offset: 0 } : null)),
  Max: merge('maximum'),
  Mean: merge('average'),
  Identity: same,
  Cast: same,
  Dropout: dropout,
  Pad: pad,
  Gather: gather,
};
