/** @file What every operator is tried on: shapes, inputs, attributes. Read by the tests of values and of derivatives. */
import {
  type Convolution,
  calculus as c,
  GraphBuilder,
  type Operator,
  type SliceAttributes,
  scan,
  type Tensor,
} from '../../../src/graph/index.ts';
import { between, type Draw, grid, nonzero, ordinary, positive } from './draws.ts';

export interface OperatorCase {
  readonly name: string;
  readonly inputs: readonly { readonly shape: readonly number[]; readonly draw: Draw }[];
  readonly build: (g: GraphBuilder, ...inputs: Tensor[]) => Tensor;
  /** Inputs through which no gradient flows by intent, whatever the differences say. */
  readonly stopped?: readonly number[];
}

type Unary = (g: GraphBuilder, x: Tensor) => Tensor;
type Binary = (g: GraphBuilder, a: Tensor, b: Tensor) => Tensor;
type Ternary = (g: GraphBuilder, a: Tensor, b: Tensor, c: Tensor) => Tensor;
type Shapes = readonly (readonly number[])[];

const text = (shapes: Shapes) => shapes.map((shape) => `[${shape}]`).join(' ');

const make = (shapes: Shapes, draws: readonly Draw[], build: OperatorCase['build']): OperatorCase => ({
  name: text(shapes),
  inputs: shapes.map((shape, i) => ({ shape, draw: draws[i] ?? ordinary })),
  build,
});

/** Elementwise: a scalar, a vector of an odd size (vector units have remainders), a cube. */
const unary = (apply: Unary, draw: Draw = ordinary): OperatorCase[] =>
  [[], [7], [2, 3, 4]].map((shape) => make([shape], [draw], apply as OperatorCase['build']));

/** Every way in which two shapes can broadcast: not, by rank, by size, both at once, from a scalar. */
const pairs: readonly Shapes[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[1], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[], [2, 3]],
  [
    [4, 1, 3],
    [2, 1],
  ],
];

const binary = (apply: Binary, left: Draw = ordinary, right: Draw = left): OperatorCase[] =>
  pairs.map((shapes) => make(shapes, [left, right], apply as OperatorCase['build']));

/** A comparison chooses between two further inputs; gradients reach those and never the compared ones. */
const comparison = (apply: Binary): OperatorCase[] =>
  pairs.map((shapes) =>
    make([...shapes, [], [3]], [grid(0), grid(1 / 8)], (g, a, b, yes, no) =>
      c.where(g, apply(g, a as Tensor, b as Tensor), yes as Tensor, no as Tensor),
    ),
  );

const reductions = [
  { shape: [5], axes: [0], keepdims: false },
  { shape: [2, 3, 4], axes: [1], keepdims: false },
  { shape: [2, 3, 4], axes: [0, 2], keepdims: false },
  { shape: [2, 3, 4], axes: [1, 2], keepdims: true },
  { shape: [2, 1, 4], axes: [0, 1, 2], keepdims: false },
] as const;

const alongAxes = (apply: (g: GraphBuilder, x: Tensor, axis: number) => Tensor): OperatorCase[] =>
  [-1, 0, 1].map((axis) => ({
    ...make([[3, 4, 2]], [ordinary], (g, x) => apply(g, x as Tensor, axis)),
    name: `axis ${axis}`,
  }));

/** [m, k] · [k, n] with m = 2, k = 3, n = 4, each stored as it is or transposed; bias by column, by row, whole, none. */
const gemms: OperatorCase[] = [false, true].flatMap((transA) =>
  [false, true].flatMap((transB) =>
    [null, [4], [2, 1], [2, 4], []].map((bias) => {
      const shapes = [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], ...(bias === null ? [] : [bias])];
      const built = make(shapes, [], (g, ...inputs) => g.apply('Gemm', inputs, { transA, transB }));
      return { ...built, name: `transA ${transA}, transB ${transB}, bias ${bias && `[${bias}]`}` };
    }),
  ),
);

const products: readonly Shapes[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [5, 2, 3],
    [5, 3, 4],
  ],
  [
    [5, 2, 3],
    [3, 4],
  ],
  [
    [2, 3],
    [5, 3, 4],
  ],
  [
    [2, 1, 2, 3],
    [5, 3, 1],
  ],
  [
    [1, 2, 1],
    [4, 1, 3],
  ],
];

const conditions: readonly Shapes[] = [
  [
    [2, 3],
    [2, 3],
    [2, 3],
  ],
  [[3], [2, 1], []],
  [[2, 1], [2, 3], [3]],
  [[], [1, 3], [2, 1]],
];

const choose: Ternary = (g, a, yes, no) => c.where(g, c.greater(g, a, g.constant(0)), yes, no);

const convolution = (given: Partial<Convolution>, rank: number): Convolution => ({
  strides: Array(rank).fill(1),
  dilations: Array(rank).fill(1),
  before: Array(rank).fill(0),
  after: Array(rank).fill(0),
  groups: 1,
  ...given,
});

/** x [batch, in, …size], kernel [out, in/groups, …window] */
const convolutions: readonly {
  readonly shapes: readonly [number[], number[]];
  readonly given: Partial<Convolution>;
}[] = [
  {
    shapes: [
      [2, 1, 5],
      [3, 1, 2],
    ],
    given: {},
  },
  {
    shapes: [
      [2, 2, 3, 4],
      [2, 2, 2, 3],
    ],
    given: {},
  },
  {
    shapes: [
      [1, 2, 3, 3],
      [2, 2, 3, 3],
    ],
    given: {},
  },
  {
    shapes: [
      [1, 2, 4, 4],
      [2, 2, 3, 3],
    ],
    given: { before: [1, 1], after: [1, 1] },
  },
  // The window leaves the last column unread.
  {
    shapes: [
      [2, 2, 5, 6],
      [1, 2, 3, 2],
    ],
    given: { strides: [2, 3] },
  },
  {
    shapes: [
      [1, 2, 7, 6],
      [2, 2, 3, 2],
    ],
    given: { dilations: [2, 3], before: [0, 1], after: [2, 0] },
  },
  {
    shapes: [
      [1, 4, 4, 4],
      [4, 2, 3, 3],
    ],
    given: { groups: 2, strides: [2, 2], before: [1, 1], after: [1, 1] },
  },
  {
    shapes: [
      [2, 3, 4],
      [3, 1, 2],
    ],
    given: { groups: 3, dilations: [2] },
  },
];

const biasedConvolution = make([[2, 2, 3, 4], [3, 2, 2, 3], [3]], [], (g, x, w, bias) =>
  c.conv(g, x as Tensor, w as Tensor, convolution({}, 2), bias),
);

const convolutionCases = (transposed: boolean): OperatorCase[] =>
  convolutions.map(({ shapes: [x, kernel], given }) => {
    const attributes = convolution(given, x.length - 2);
    const size = x.slice(2);
    const built = make([x, kernel], [], (g, a, w) => {
      const y = c.conv(g, a as Tensor, w as Tensor, attributes);
      return transposed ? g.apply('ConvTranspose', [y, w as Tensor], { ...attributes, size }) : y;
    });
    return { ...built, name: `${built.name} ${JSON.stringify(given)}` };
  });

const kernelGradients: OperatorCase[] = convolutions.map(({ shapes: [x, kernel], given }) => {
  const attributes = convolution(given, x.length - 2);
  const g = new GraphBuilder();
  const y = g.infer('Conv', [g.input('x', x), g.input('kernel', kernel)], attributes);
  const built = make([x, y], [], (builder, a, dy) =>
    c.kernelGradient(builder, a as Tensor, dy as Tensor, kernel.slice(2), attributes),
  );
  return { ...built, name: `${built.name} ${JSON.stringify(given)}` };
});

const slices: readonly {
  readonly shape: number[];
  readonly parts: readonly SliceAttributes[];
  readonly why: string;
}[] = [
  { shape: [5], parts: [{ axis: 0, start: 1, step: 1, count: 3 }], why: 'inside' },
  { shape: [2, 7], parts: [{ axis: 1, start: 1, step: 2, count: 3 }], why: 'every second' },
  { shape: [2, 7], parts: [{ axis: 1, start: 1, step: 3, count: 2 }], why: 'every third, the end unread' },
  {
    shape: [2, 6],
    parts: [0, 2, 4].map((start) => ({ axis: 1, start, step: 1, count: 2 })),
    why: 'tiles',
  },
  {
    shape: [6, 2],
    parts: [1, 0].map((start) => ({ axis: 0, start, step: 2, count: 3 })),
    why: 'interleaved',
  },
  {
    shape: [2, 5],
    parts: [0, 1, 2].map((start) => ({ axis: 1, start, step: 1, count: 3 })),
    why: 'overlapping',
  },
  {
    shape: [3, 3],
    parts: [
      { axis: 0, start: 0, step: 1, count: 1 },
      { axis: 1, start: 2, step: 1, count: 1 },
    ],
    why: 'of two axes',
  },
];

/** The sum of slices, each times a number of its own. */
const sliceCases: OperatorCase[] = slices.map(({ shape, parts, why }) => ({
  ...make([shape], [], (g, x) => {
    const terms = parts.map((part, i) =>
      c.total(g, c.mul(g, c.sin(g, c.slice(g, x as Tensor, part)), g.constant(i + 1))),
    );
    return terms.reduce((sum, term) => c.add(g, sum, term));
  }),
  name: `[${shape}], ${why}`,
}));

/**
 * h ← tanh(x + h W) · (1 + b), from h0 [2, 3], over x [4, 2, 3]; with a second state that counts, a captured vector that
 * is not a factor of a product, and results that are stacked, final, or both.
 */
const loops = (result: 'stacked' | 'final' | 'both' | 'state'): OperatorCase => ({
  ...make([[2, 3], [4, 2, 3], [3, 3], [3]], [], (g, initial, sequence, kernel, bias) => {
    const { final, outputs } = scan(
      g,
      {
        initial: [initial as Tensor, g.tensor([1], Float32Array.of(0.5))],
        sequences: [sequence as Tensor],
        captured: [kernel as Tensor, bias as Tensor],
      },
      (b, { states: [h, count], elements: [x], captured: [w, v] }) => {
        const sum = c.add(b, x as Tensor, c.gemm(b, h as Tensor, w as Tensor));
        const scaled = c.mul(b, c.tanh(b, sum), c.add(b, b.constant(1), v as Tensor));
        const next = c.mul(b, scaled, count as Tensor);
        return { next: [next, c.add(b, count as Tensor, b.constant(0.25))], outputs: [next, h as Tensor] };
      },
    );
    const [last] = final as [Tensor];
    const [each, before] = outputs as [Tensor, Tensor];
    if (result === 'stacked') return each;
    if (result === 'state') return before;
    return result === 'final' ? last : c.add(g, each, last);
  }),
  name: result,
});

/** Total: a new operator without a case does not compile. */
export const cases: { readonly [O in Operator]: readonly OperatorCase[] } = {
  Abs: unary(c.abs, nonzero),
  Add: binary(c.add),
  Concat: [
    make(
      [
        [2, 3],
        [1, 3],
        [4, 3],
      ],
      [],
      (g, ...xs) => c.concat(g, xs, 0),
    ),
    make(
      [
        [2, 3, 1],
        [2, 2, 1],
      ],
      [],
      (g, ...xs) => c.concat(g, xs, 1),
    ),
    // The same tensor twice: it gets the gradients of both places.
    make([[2, 2]], [], (g, x) => c.concat(g, [x as Tensor, x as Tensor], 1)),
  ],
  Conv: [...convolutionCases(false), biasedConvolution],
  ConvTranspose: convolutionCases(true),
  Cos: unary(c.cos),
  Div: binary(c.div, ordinary, nonzero),
  Erf: unary(c.erf),
  Exp: unary(c.exp),
  Expand: [
    make([[]], [], (g, x) => c.expand(g, x as Tensor, [2, 3])),
    make([[3, 1]], [], (g, x) => c.expand(g, x as Tensor, [2, 3, 4])),
    // ONNX stretches both ways: a 1 in the wanted shape leaves the input's size.
    make([[2, 3]], [], (g, x) => c.expand(g, x as Tensor, [4, 1, 3])),
  ],
  Gather: [
    // Rows 0 and 2 twice, row 3 never.
    make([[4, 3]], [], (g, table) =>
      c.gather(g, table as Tensor, g.tensor([2, 3], Float32Array.of(0, 2, 1, 2, 0, 1))),
    ),
  ],
  Gemm: gemms,
  Greater: comparison(c.greater),
  GreaterOrEqual: comparison(c.greaterOrEqual),
  KernelGradient: kernelGradients,
  Less: comparison(c.less),
  LessOrEqual: comparison(c.lessOrEqual),
  Log: unary(c.log, positive),
  LogSoftmax: alongAxes(c.logSoftmax),
  MatMul: products.map((shapes) => make(shapes, [], c.matMul as OperatorCase['build'])),
  Max: binary(c.max, grid(0), grid(1 / 8)),
  Min: binary(c.min, grid(0), grid(1 / 8)),
  Mul: binary(c.mul),
  Neg: unary(c.neg),
  Pad: [
    make([[3]], [], (g, x) => c.pad(g, x as Tensor, [2], [1])),
    make([[2, 3, 2]], [], (g, x) => c.pad(g, x as Tensor, [0, 1, 2], [3, 0, 1])),
  ],
  Pow: [
    ...binary(c.pow, positive, ordinary),
    // Negative bases have real powers for whole exponents only, which cannot be varied: here they are constants.
    ...[-1, 0, 1, 2, 3].map((exponent) => ({
      ...make([[7]], [nonzero], (g, x) => c.pow(g, x as Tensor, g.constant(exponent))),
      name: `[7], exponent ${exponent}`,
    })),
  ],
  ReduceSum: reductions.map(({ shape, axes, keepdims }) => ({
    ...make([shape], [], (g, x) => c.reduceSum(g, x as Tensor, axes, keepdims)),
    name: `[${shape}] over ${axes}${keepdims ? ', kept' : ''}`,
  })),
  Relu: unary(c.relu, nonzero),
  Reshape: [
    make([[2, 3, 4]], [], (g, x) => c.reshape(g, x as Tensor, [6, 4])),
    make([[1]], [], (g, x) => c.reshape(g, x as Tensor, [])),
    make([[]], [], (g, x) => c.reshape(g, x as Tensor, [1, 1])),
  ],
  Scan: [loops('stacked'), loops('both')],
  ScanOutput: [loops('final'), loops('state')],
  ScatterAdd: [
    make([[2, 3, 2]], [], (g, updates) => {
      const indices = g.tensor([2, 3], Float32Array.of(3, 0, 3, 1, 0, 3));
      return g.apply('ScatterAdd', [indices, updates as Tensor], { rows: 5 });
    }),
  ],
  Sigmoid: unary(c.sigmoid, between(-4, 4)),
  Sin: unary(c.sin),
  Slice: sliceCases,
  Softmax: alongAxes(c.softmax),
  Softplus: unary(c.softplus, between(-4, 4)),
  Sqrt: unary(c.sqrt, positive),
  // The product has two factors, of which one is held fixed.
  StopGradient: binary((g, a, b) => c.mul(g, a, c.stopGradient(g, b))).map((one) => ({
    ...one,
    stopped: [1],
  })),
  Sub: binary(c.sub),
  Tanh: unary(c.tanh),
  Transpose: [
    make([[2, 3]], [], (g, x) => c.transpose(g, x as Tensor, [1, 0])),
    // Not its own inverse, unlike every exchange of two axes.
    make([[2, 3, 4]], [], (g, x) => c.transpose(g, x as Tensor, [1, 2, 0])),
    make([[2, 3, 4, 5]], [], (g, x) => c.transpose(g, x as Tensor, [3, 0, 2, 1])),
  ],
  Where: conditions.map((shapes) => make(shapes, [nonzero], choose as OperatorCase['build'])),
};
