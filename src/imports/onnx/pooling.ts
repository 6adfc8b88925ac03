/** @file Pooling in windows, and means, sums and maxima over whole axes. */
import { Unsupported } from '../model.ts';
import { sizeOf } from '../tensors.ts';
import type { Value } from '../writer.ts';
import { axisOf, type ConvertNode, numbersOf, type OnnxContext, rounded, written } from './context.ts';
import { activated } from './elementwise.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';

type Kind = 'average' | 'max';

/** A window along one axis, as ONNX has it. */
interface Slide {
  readonly axis: number;
  readonly window: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
}

/** Zeros by the rule that the node names, odd ones before or after. */
function automatic(
  rule: string,
  size: number,
  window: number,
  stride: number,
): [before: number, after: number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size);
  const [less, more] = [total >> 1, total - (total >> 1)];
  return rule === 'SAME_LOWER' ? [more, less] : [less, more];
}

/** What has to lie behind the end so that the last window, which begins before it, is whole. */
function overhang(size: number, { window, stride, before, after }: Omit<Slide, 'axis'>): number {
  const room = size + before + after - window;
  const positions = Math.ceil(room / stride) + 1;
  const last = (positions - 1) * stride;
  return last >= size + before ? 0 : Math.max(0, last - room);
}

function slidesOf(node: OnnxNode, laid: Laid): (Slide & { readonly beyond: number })[] {
  const windows = node.ints('kernel_shape') ?? [];
  if ((node.ints('dilations') ?? []).some((n) => n !== 1))
    throw new Unsupported('a pooling with dilation', 'without');
  const [strides, pads] = [node.ints('strides'), node.ints('pads')];
  const rule = node.text('auto_pad', 'NOTSET');
  return windows.map((window, i) => {
    const size = laid.axes[i + 2]?.size ?? 1;
    const stride = strides?.[i] ?? 1;
    const byRule = rule.startsWith('SAME') ? automatic(rule, size, window, stride) : null;
    const [before, after] = byRule ?? [pads?.[i] ?? 0, pads?.[i + windows.length] ?? 0];
    const slide = { axis: i + 2, window, stride, before, after };
    return { ...slide, beyond: node.int('ceil_mode', 0) === 1 ? overhang(size, slide) : 0 };
  });
}

const simple = (numbers: readonly number[]): number | readonly number[] =>
  numbers.every((n) => n === numbers[0]) ? (numbers[0] as number) : numbers;

/** Windows over one to three axes; others, over which nothing slides, may stand beside them. */
const pool =
  (kind: Kind): ConvertNode =>
  (node, context) => {
    const { axes, writer } = context;
    const laid = context.laid(node.inputs[0]);
    const { name } = node;
    const moving = slidesOf(node, laid).filter(
      ({ window, stride, before, after }) => window > 1 || stride > 1 || before + after > 0,
    );
    if (moving.length === 0) return written(laid);
    if (moving.length > 3) throw new Unsupported(`a pooling over ${moving.length} axes`, 'over one to three');
    const counted = kind === 'average' && node.int('count_include_pad', 0) === 1;
    const ends = (slide: (typeof moving)[number]) =>
      counted ? [0, slide.beyond] : [slide.before, slide.after + slide.beyond];
    const isPadded = moving.some((slide) => ends(slide).some((n) => n > 0));
    const suffix = `${moving.length}d`;
    const one = (values: readonly unknown[]) => (moving.length === 1 ? values[0] : values);
    const apply = (x: Value) => {
      const zeros = one(moving.map(({ before, after }) => [before, after]));
      const isCounted = counted && moving.some(({ before, after }) => before + after > 0);
      if (isCounted && moving.length === 3)
        throw new Unsupported('a mean over volumes that counts its padding', 'count_include_pad=False');
      const given = isCounted
        ? writer.add(`zero_padding${suffix}`, { padding: zeros }, [x], { name: `${name}_zeros` })
        : x;
      const options = {
        pool_size: simple(moving.map(({ window }) => window)),
        stride: simple(moving.map(({ stride }) => stride)),
        ...(isPadded && { padding: one(moving.map(ends)) }),
      };
      return writer.add(`${kind}_pool${suffix}`, options, [given], { name });
    };
    const grid = moving.map(({ axis }) => axis);
    return written(axes.gridded(laid, grid, axes.others(laid, 0, ...grid), apply, name));
  };

/** The mean or the largest over these axes. */
function over(
  kind: Kind,
  laid: Laid,
  gone: readonly number[],
  keep: boolean,
  name: string,
  context: OnnxContext,
): Laid {
  const { axes, writer } = context;
  const others = axes.others(laid, ...gone);
  const along = axes.others(laid, ...others);
  const dropped = new Set(gone);
  if (along.length === 0) return keep ? laid : axes.squeezed(laid, dropped);
  const add = (suffix: string, x: Value) => writer.add(`global_${kind}_pool${suffix}`, {}, [x], { name });
  const { value } = laid;
  const isImage =
    value.shape.length === 3 &&
    along.length === 2 &&
    laid.axes[others[0] ?? -1]?.parts.includes(0) === true &&
    others.length === 1;
  const x = isImage ? value : axes.arranged(laid, [along, others], name);
  return axes.reduced(laid, add(isImage ? '2d' : '1d', x), dropped, others, keep, name);
}

/** The axes that the node names; all but the batch where it names none. */
function goneOf(node: OnnxNode, laid: Laid, context: OnnxContext): number[] {
  const given = numbersOf(node, 'axes', 1, context) ?? [];
  const gone = given.length > 0 ? given.map((axis) => axisOf(axis, laid)) : [...laid.axes.keys()];
  if (gone.some((axis) => laid.axes[axis]?.parts.includes(-1) || laid.axes[axis] === undefined))
    throw new Unsupported('it goes over the samples', 'over axes of one sample');
  return gone;
}

export const reduction =
  (kind: Kind, factor: (count: number) => number = () => 1): ConvertNode =>
  (node, context) => {
    const laid = context.laid(node.inputs[0]);
    const gone = goneOf(node, laid, context);
    const { name } = node;
    const result = over(kind, laid, gone, node.int('keepdims', 1) === 1, name, context);
    const scale = factor(sizeOf(gone.map((axis) => laid.axes[axis]?.size ?? 1)));
    if (scale === 1) return written(result);
    const apply = (x: Value) =>
      context.writer.add('rescaling', { scale: rounded(scale) }, [x], { name: `${name}_sum` });
    return written(context.axes.pointwise(result, apply, name));
  };

/** By a mean of what each number becomes, times their count, and what becomes of that. */
const reducedThrough =
  (inner: string, outer: string | null): ConvertNode =>
  (node, context) => {
    const { name } = node;
    const laid = activated(context.laid(node.inputs[0]), { expression: inner }, `${name}_each`, context);
    const stand: OnnxContext = Object.create(context, { laid: { value: () => laid } });
    const sum = reduction('average', (count) => count)(node, stand);
    return outer === null
      ? sum
      : written(activated(sum.laid, { expression: outer }, `${name}_of_sum`, context));
  };

const minimum: ConvertNode = (node, context) => {
  const { name } = node;
  const turned = (laid: Laid, what: string) =>
    activated(laid, { expression: '-x' }, `${name}_${what}`, context);
  const laid = turned(context.laid(node.inputs[0]), 'negative');
  const largest = over(
    'max',
    laid,
    goneOf(node, laid, context),
    node.int('keepdims', 1) === 1,
    name,
    context,
  );
  return written(turned(largest, 'back'));
};

/** One pixel for every channel. */
const globally =
  (kind: Kind): ConvertNode =>
  (node, context) => {
    const laid = context.laid(node.inputs[0]);
    return written(over(kind, laid, [...laid.axes.keys()].slice(2), true, node.name, context));
  };

export const pooling: Readonly<Record<string, ConvertNode>> = {
  MaxPool: pool('max'),
  AveragePool: pool('average'),
  GlobalAveragePool: globally('average'),
  GlobalMaxPool: globally('max'),
  ReduceMax: reduction('max'),
  ReduceMin: minimum,
  ReduceSum: reduction('average', (count) => count),
  ReduceSumSquare: reducedThrough('x * x', null),
  ReduceL1: reducedThrough('abs(x)', null),
  ReduceL2: reducedThrough('x * x', 'sqrt(x)'),
};
