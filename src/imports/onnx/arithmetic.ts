/** @file Sums, products and the like: of two layers, or of a layer and numbers of the file. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Misfit, Unsupported } from '../model.ts';
import type { Value } from '../writer.ts';
import { type ConvertNode, type OnnxContext, rounded, scalar, withConstant, written } from './context.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';
import { FAR_BELOW, HIDDEN, plus, positionwise, rescaled, times, widened } from './numbers.ts';

const mapped = ({ shape, data }: NamedTensor, apply: (x: number) => number): NamedTensor => ({
  shape,
  data: data.map(apply),
});
const negative = (laid: Laid, name: string, context: OnnxContext) =>
  rescaled(laid, { scale: -1 }, `${name}_negative`, context);

const merged = (type: string, laids: readonly Laid[], name: string, { axes, writer }: OnnxContext): Laid =>
  laids.length === 1
    ? (laids[0] as Laid)
    : axes.together(laids, (xs) => writer.add(type, {}, xs, { name }), name);

/** With numbers of the file: by `constant`; of two layers: by `layers`. */
const binary =
  (
    constant: (
      laid: Laid,
      numbers: NamedTensor,
      isSecond: boolean,
      node: OnnxNode,
      context: OnnxContext,
    ) => Laid,
    layers: (a: Laid, b: Laid, node: OnnxNode, context: OnnxContext) => Laid,
  ): ConvertNode =>
  (node, context) => {
    const operand = withConstant(node, context);
    if (operand !== null)
      return written(constant(context.laid(operand.value), operand.constant, operand.first, node, context));
    const [a, b] = node.inputs.map((name) => context.laid(name)) as [Laid, Laid];
    return written(layers(a, b, node, context));
  };

const inverse = (laid: Laid, name: string, { axes, writer }: OnnxContext): Laid =>
  axes.pointwise(
    laid,
    (x) =>
      writer.add('activation', { activation: { expression: '1 / x' } }, [x], { name: `${name}_inverse` }),
    name,
  );

const div = binary(
  (laid, numbers, isSecond, node, context) =>
    isSecond
      ? times(
          laid,
          mapped(numbers, (x) => 1 / x),
          node,
          context,
          false,
        )
      : times(inverse(laid, node.name, context), numbers, node, context, false),
  (a, b, node, context) => merged('multiply', [a, inverse(b, node.name, context)], node.name, context),
);

/** xⁿ as an expression. */
function power(exponent: number): string {
  const [size, isNegative] = [Math.abs(exponent), exponent < 0];
  const plain =
    size === 1
      ? 'x'
      : size === 2
        ? 'x * x'
        : size === 0.5
          ? 'sqrt(x)'
          : size === 3
            ? 'x * x * x'
            : `x ^ ${rounded(size)}`;
  return isNegative ? `1 / (${plain})` : plain;
}

const pow: ConvertNode = (node, context) => {
  const exponent = scalar(context.constant(node.inputs[1]));
  const { name } = node;
  if (exponent === null) throw new Unsupported('an exponent that is no number', 'a number as the exponent');
  const expression = power(exponent);
  return written(
    context.axes.pointwise(
      context.laid(node.inputs[0]),
      (x) => context.writer.add('activation', { activation: { expression } }, [x], { name }),
      name,
    ),
  );
};

/** The larger, or the smaller: −max(−a, −b). */
const extreme =
  (isLargest: boolean): ConvertNode =>
  (node, context) => {
    const { name } = node;
    const operand = node.inputs.length === 2 ? withConstant(node, context) : null;
    if (operand !== null) {
      const number = scalar(operand.constant);
      if (number === null) throw new Unsupported('an extreme of a layer and several numbers', 'one number');
      const expression = `${isLargest ? 'max' : 'min'}(x, ${rounded(number)})`;
      const apply = (x: Value) =>
        context.writer.add('activation', { activation: { expression } }, [x], { name });
      return written(context.axes.pointwise(context.laid(operand.value), apply, name));
    }
    const all = node.inputs.map((input) => context.laid(input));
    if (isLargest) return written(merged('maximum', all, name, context));
    return written(
      negative(
        merged(
          'maximum',
          all.map((one) => negative(one, name, context)),
          name,
          context,
        ),
        `${name}_back`,
        context,
      ),
    );
  };

/** Where a constant says so the one, else the other. */
const where: ConvertNode = (node, context) => {
  const condition = context.constant(node.inputs[0]);
  if (condition === null)
    throw new Unsupported('a choice that depends on the data', 'a mask that the file knows');
  const [yes, no] = node.inputs.slice(1).map((name) => context.constant(name));
  const [isYes, isNo] = [(x: number) => Number(x !== 0), (x: number) => Number(x === 0)];
  if (yes && no) throw new Misfit('both of its operands are constants', null);
  if (!yes && !no) {
    const [a, b] = [1, 2].map((i) => context.laid(node.inputs[i])) as [Laid, Laid];
    const left = times(a, mapped(condition, isYes), node, context, false);
    const right = times(b, mapped(condition, isNo), node, context, false);
    return written(merged('add', [left, right], node.name, context));
  }
  const filler = scalar((yes ?? no) as NamedTensor);
  if (filler === null) throw new Unsupported('a choice between a layer and several numbers', 'one number');
  const laid = widened(context.laid(node.inputs[yes ? 2 : 1]), condition, context, node.name);
  const [hides, keeps] = yes ? [isYes, isNo] : [isNo, isYes];
  const offset = mapped(condition, (x) => (hides(x) === 1 ? Math.max(filler, HIDDEN) : 0));
  if (filler <= FAR_BELOW) return written(plus(laid, offset, node, context));
  return written(positionwise(laid, { scale: mapped(condition, keeps), offset }, node, context));
};

const several =
  (type: string): ConvertNode =>
  (node, context) =>
    written(
      merged(
        type,
        node.inputs.map((input) => context.laid(input)),
        node.name,
        context,
      ),
    );

export const arithmetic: Readonly<Record<string, ConvertNode>> = {
  Add: binary(
    (laid, numbers, _isSecond, node, context) => plus(laid, numbers, node, context),
    (a, b, { name }, context) => merged('add', [a, b], name, context),
  ),
  Sub: binary(
    (laid, numbers, isSecond, node, context) =>
      isSecond
        ? plus(
            laid,
            mapped(numbers, (x) => -x),
            node,
            context,
          )
        : plus(negative(laid, node.name, context), numbers, node, context),
    (a, b, { name }, context) => merged('subtract', [a, b], name, context),
  ),
  Mul: binary(
    (laid, numbers, _isSecond, node, context) => times(laid, numbers, node, context, true),
    (a, b, { name }, context) => merged('multiply', [a, b], name, context),
  ),
  Div: div,
  Pow: pow,
  Neg: (node, context) => written(negative(context.laid(node.inputs[0]), node.name, context)),
  Max: extreme(true),
  Min: extreme(false),
  Sum: several('add'),
  Mean: several('average'),
  Where: where,
};
