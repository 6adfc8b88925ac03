/** @file Multi-head self-attention. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { initializerArgument, python } from './code.ts';
import {
  biasInitializerOption,
  defineLayer,
  kernelInitializerOption,
  type LayerContext,
  type ParameterOptions,
  useBiasOption,
} from './layer.ts';
import { checkSequence } from './window.ts';

interface Projection {
  readonly use_bias: boolean;
  readonly kernel_initializer: ParameterOptions['initializer'];
  readonly bias_initializer: ParameterOptions['initializer'];
}

/** x W + b, on the features: [batch, time, features] → the same. */
function project(context: LayerContext, name: string, x: Tensor, options: Projection): Tensor {
  const { g } = context;
  const features = x.shape.at(-1) ?? 1;
  const fans = { fanIn: features, fanOut: features };
  const kernel = context.parameter(`${name}/kernel`, [features, features], {
    ...fans,
    initializer: options.kernel_initializer,
  });
  const rows = c.asMatrix(g, x);
  if (!options.use_bias) return c.reshape(g, c.gemm(g, rows, kernel), x.shape);
  const bias = context.parameter(`${name}/bias`, [features], {
    ...fans,
    initializer: options.bias_initializer,
  });
  return c.reshape(g, c.affine(g, rows, kernel, bias), x.shape);
}

/** 1 where row t may look at column s ≤ t, else 0: [time, time] */
const past = (g: GraphBuilder, time: number): Tensor =>
  g.madeTensor([time, time], () => {
    const mask = new Float32Array(time * time);
    for (let t = 0; t < time; t++) mask.fill(1, t * time, t * time + t + 1);
    return mask;
  });

export const selfAttention = defineLayer({
  type: 'self_attention',
  family: 'attention',
  title: 'Multi-head self-attention',
  formula:
    'q, k, v = x Wq + bq, x Wk + bk, x Wv + bv, split into heads (contiguous blocks of features); y = ' +
    'softmax(q kᵀ/√(features/heads)) v, heads joined, · Wo + bo; x, y [time, features]; kernels query/kernel, ' +
    'key/kernel, value/kernel, output/kernel [features, features], biases alike',
  sources: ['Vaswani et al. 2017, arXiv:1706.03762, section 3.2'],
  options: {
    heads: z.int().min(1).max(1024).default(1).describe('Divides the number of features'),
    causal: z.boolean().default(false).describe('Every position sees only itself and those before it'),
    use_bias: useBiasOption,
    kernel_initializer: kernelInitializerOption,
    bias_initializer: biasInitializerOption,
  },
  build(context, x, options) {
    const { g } = context;
    checkSequence(g, x);
    const [batch = 1, time = 1, features = 1] = x.shape;
    const { heads } = options;
    if (features % heads !== 0) g.refuse(`${features} features do not split into ${heads} heads`);
    const size = features / heads;
    const apart = (y: Tensor) => c.transpose(g, c.reshape(g, y, [batch, time, heads, size]), [0, 2, 1, 3]);
    const [query, key, value] = ['query', 'key', 'value'].map((name) =>
      apart(project(context, name, x, options)),
    ) as [Tensor, Tensor, Tensor];
    const products = c.matMul(g, query, c.transpose(g, key, [0, 1, 3, 2]));
    const scores = c.mul(g, products, g.constant(1 / Math.sqrt(size)));
    const seen = options.causal
      ? c.where(g, c.greater(g, past(g, time), g.constant(0)), scores, g.constant(Number.NEGATIVE_INFINITY))
      : scores;
    const mixed = c.matMul(g, c.softmax(g, seen, 3), value);
    const joined = c.reshape(g, c.transpose(g, mixed, [0, 2, 1, 3]), [batch, time, features]);
    return project(context, 'output', joined, options);
  },
  theory: 'attention weighs positions by their own products',
  code({ heads, causal, use_bias, kernel_initializer }, { features }) {
    const bias = use_bias ? '' : `, bias=${python(false)}`;
    const mask = causal ? ', causal=True' : '';
    const kernel = initializerArgument('kernel', kernel_initializer, 'glorot_uniform');
    return {
      pytorch: [`SelfAttention(${features}, ${heads}${mask}${bias})`],
      keras: [
        `SelfAttention(layers.MultiHeadAttention(${heads}, ${features / heads}${use_bias ? '' : ', use_bias=False'}${kernel})${mask})`,
      ],
    };
  },
});
