/** @file The residual connection. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import type { InitializerConfig } from '../initializers/index.ts';
import { type CodeContext, defineLayer, kernelInitializerOption, type LayerContext } from './layer.ts';
import { heedingCode, residualMask } from './masks.ts';

/** The smallest stride that takes every axis from one size to the other: ⌈size/stride⌉ positions. */
function strides(g: GraphBuilder, from: readonly number[], to: readonly number[]): number[] {
  return from.map((size, axis) => {
    const wanted = to[axis] as number;
    const stride = Math.ceil(size / wanted);
    if (Math.ceil(size / stride) !== wanted)
      g.refuse(
        `no stride takes the input [${from.join(', ')}] to the size of the layers inside, [${to.join(', ')}]`,
      );
    return stride;
  });
}

/** x, every `stride`-th time step of it, times a kernel [in, out]. */
function projectFeatures(
  context: LayerContext,
  x: Tensor,
  shape: readonly number[],
  initializer: InitializerConfig,
): Tensor {
  const { g } = context;
  const [fanIn, fanOut] = [x.shape.at(-1) ?? 1, shape.at(-1) ?? 1];
  const kernel = context.parameter('projection/kernel', [fanIn, fanOut], { fanIn, fanOut, initializer });
  const times = strides(g, x.shape.slice(1, -1), shape.slice(1, -1));
  const thinned = times.reduce(
    (rest, step, i) => c.slice(g, rest, { axis: i + 1, start: 0, step, count: shape[i + 1] as number }),
    x,
  );
  return c.reshape(g, c.gemm(g, c.asMatrix(g, thinned), kernel), shape);
}

/** A 1×1 convolution, kernel [out, in, 1, 1]. */
function projectImage(
  context: LayerContext,
  x: Tensor,
  shape: readonly number[],
  initializer: InitializerConfig,
): Tensor {
  const { g } = context;
  const [fanIn, fanOut] = [x.shape[1] ?? 1, shape[1] ?? 1];
  const kernel = context.parameter('projection/kernel', [fanOut, fanIn, 1, 1], {
    fanIn,
    fanOut,
    initializer,
  });
  const none = { before: [0, 0], after: [0, 0], dilations: [1, 1], groups: 1 };
  return c.conv(g, x, kernel, { strides: strides(g, x.shape.slice(2), shape.slice(2)), ...none });
}

function projectionCode({ inputShape, outputShape, inputFeatures, features }: CodeContext) {
  if (inputShape.join() === outputShape.join()) return null;
  if (inputShape.length !== 3) {
    return {
      pytorch: `nn.Linear(${inputFeatures}, ${features}, bias=False)`,
      keras: `layers.Dense(${features}, use_bias=False)`,
    };
  }
  const stride = Math.ceil((inputShape[1] as number) / (outputShape[1] as number));
  return {
    pytorch: `nn.Conv2d(${inputFeatures}, ${features}, 1, stride=${stride}, bias=False)`,
    keras: `layers.Conv2D(${features}, 1, strides=${stride}, use_bias=False, data_format="channels_first")`,
  };
}

export const residual = defineLayer({
  type: 'residual',
  family: 'composite',
  title: 'Residual connection',
  synonyms: ['skip_connection', 'shortcut'],
  formula:
    'y = x + f(x), f the layers inside; where shapes differ y = x P + f(x), P (projection/kernel) [in, out]; for images ' +
    'a 1×1 convolution [out, in, 1, 1] with the stride that fits',
  sources: ['He et al. 2016, arXiv:1512.03385'],
  options: { kernel_initializer: kernelInitializerOption.describe('Initializer of the projection') },
  composite: 'built',
  mask: residualMask,
  maskCode: heedingCode,
  build(context, x, { kernel_initializer }) {
    const { g } = context;
    const y = context.body(x);
    if (x.shape.join() === y.shape.join()) return c.add(g, x, y);
    if (x.shape.length !== y.shape.length || x.shape.length > 4)
      g.refuse(
        `the layers inside turn [${x.shape.slice(1).join(', ')}] into [${y.shape.slice(1).join(', ')}]`,
      );
    const project = x.shape.length === 4 ? projectImage : projectFeatures;
    return c.add(g, project(context, x, y.shape, kernel_initializer), y);
  },
  theory: 'the layers inside are followed one by one',
  code(_options, context) {
    const { body, masked } = context;
    const projection = projectionCode(context);
    return {
      pytorch: [
        // With a mask the body is a module that takes it, too.
        `Residual(${masked[0] === true ? body.pytorch.join(', ') : `nn.Sequential(${body.pytorch.join(', ')})`}${projection === null ? '' : `, ${projection.pytorch}`})`,
      ],
      keras: [`Residual([${body.keras.join(', ')}]${projection === null ? '' : `, ${projection.keras}`})`],
    };
  },
});
