/** @file Convolutions in the runtime's own order: the same numbers as by definition, in sessions alone. */
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { agree, blockTrial } from '../../../src/graph/block_trial.ts';
import { BLOCKED_DOMAIN, encodeReordering } from '../../../src/graph/blocked_convolution.ts';
import {
  type Convolution,
  calculus as c,
  encodeOnnx,
  type Graph,
  type Tensor,
} from '../../../src/graph/index.ts';
import { readModel } from '../../../src/graph/onnx_schema.ts';
import { evaluate } from '../../reference/evaluate.ts';
import { draw, ordinary } from './draws.ts';
import { differentiate, expectClose, graphOf, outputOf, runOnnx, type Values } from './harness.ts';

interface Written {
  readonly opType: string;
  readonly domain: string;
}

const written = (bytes: Uint8Array): Written[] =>
  (readModel(bytes) as { graph: { node: Written[] } }).graph.node;

/** Convolutions of the runtime's own, and of ONNX. */
const convolutions = (bytes: Uint8Array): string[] =>
  written(bytes).flatMap(({ opType, domain }) =>
    opType.startsWith('Conv') ? [domain === BLOCKED_DOMAIN ? 'blocked' : opType] : [],
  );

const sliding = (given: Partial<Convolution>): Convolution => ({
  strides: [1, 1],
  dilations: [1, 1],
  before: [1, 1],
  after: [1, 1],
  groups: 1,
  ...given,
});

/** x, kernel, how it slides; how many of the two convolutions of a step are in blocks; whether a ReLU follows. */
const cases: readonly [string, number[], number[], Partial<Convolution>, number, boolean][] = [
  ['all channels', [5, 16, 6, 6], [32, 16, 3, 3], {}, 2, true],
  ['no square', [9, 16, 6, 5], [32, 16, 1, 5], { before: [0, 2], after: [0, 2] }, 2, false],
  ['padding at one end', [14, 16, 5, 6], [16, 16, 2, 2], { before: [0, 1], after: [1, 0] }, 2, true],
  [
    'holes in the window',
    [6, 16, 6, 6],
    [16, 16, 3, 3],
    { dilations: [2, 1], before: [2, 1], after: [2, 1] },
    2,
    false,
  ],
  ['steps of two', [33, 16, 5, 5], [16, 16, 3, 3], { strides: [2, 2] }, 1, false],
  ['few channels in', [6, 4, 9, 9], [16, 4, 3, 3], {}, 1, true],
  ['few channels out', [6, 16, 9, 9], [4, 16, 3, 3], {}, 1, false],
  ['channels by themselves', [4, 32, 6, 6], [32, 1, 3, 3], { groups: 32 }, 2, true],
  [
    'channels by themselves, steps of two',
    [4, 32, 7, 7],
    [32, 1, 3, 3],
    { groups: 32, strides: [2, 2] },
    2,
    false,
  ],
  [
    'channels by themselves, steps of two and three',
    [4, 32, 8, 9],
    [32, 1, 3, 3],
    { groups: 32, strides: [2, 3], before: [0, 0], after: [1, 0] },
    2,
    false,
  ],
  [
    'channels by themselves, steps that leave something out',
    [4, 32, 8, 8],
    [32, 1, 2, 2],
    { groups: 32, strides: [3, 3], before: [0, 0], after: [0, 0] },
    1,
    false,
  ],
];

/** Sums of some hundred float32 products. */
const TOLERANCE = { relative: 1e-6, ofLargest: 2e-6, absolute: 0 };

function build(x: number[], kernel: number[], given: Partial<Convolution>, rectified: boolean) {
  const feeds: Values = new Map();
  const shapes = [x, kernel, [kernel[0] as number]];
  shapes.forEach((shape, i) => {
    feeds.set(`x${i}`, draw(shape, ordinary, 'blocks', i));
  });
  const graph = graphOf(shapes, (g, a, w, bias) => {
    const y = c.conv(g, a as Tensor, w as Tensor, sliding(given), bias);
    feeds.set('weights', differentiate(g, rectified ? c.relu(g, y) : y, [a, w, bias] as Tensor[]));
  });
  return { graph, feeds };
}

async function expectExact(graph: Graph, feeds: Values): Promise<void> {
  const [exact, measured] = [evaluate(graph, feeds), await runOnnx(graph, feeds)];
  for (const name of ['y', 'gradient of x0', 'gradient of x1', 'gradient of x2'])
    expectClose(outputOf(measured, graph, name), outputOf(exact, graph, name), TOLERANCE, name);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(cases)('%s', (_name, x, kernel, given, blocked, rectified) => {
  test('the numbers of the definition', async () => {
    const { graph, feeds } = build(x, kernel, given, rectified);
    await expectExact(graph, feeds);
  });

  test.each([8, 16])('is written in blocks of %i, and in none for a file', (block) => {
    const { graph } = build(x, kernel, given, rectified);
    const found = convolutions(encodeOnnx(graph, undefined, { inputs: [], outputs: [], block }));
    expect(found.filter((one) => one === 'blocked')).toHaveLength(blocked);
    expect(convolutions(encodeOnnx(graph))).not.toContain('blocked');
  });
});

test('what the runtime cannot take, or what does not pay, is left to ONNX', () => {
  const plain: [number[], number[], Partial<Convolution>][] = [
    [[4, 24, 8, 8], [20, 24, 3, 3], {}],
    [[4, 16, 8, 8], [16, 8, 3, 3], { groups: 2 }],
    [[8, 32, 8, 8], [32, 32, 1, 1], { before: [0, 0], after: [0, 0] }],
    [[1, 64, 4, 4], [64, 64, 3, 3], {}],
  ];
  for (const [x, kernel, given] of plain) {
    const { graph } = build(x, kernel, given, false);
    expect(convolutions(encodeOnnx(graph, undefined, { inputs: [], outputs: [], block: 16 }))).not.toContain(
      'blocked',
    );
  }
});

test('a ReLU that others read as well, or whose input they read, is computed once and right', async () => {
  const feeds: Values = new Map([
    ['x0', draw([4, 16, 8, 8], ordinary, 'read', 0)],
    ['x1', draw([16, 16, 3, 3], ordinary, 'read', 1)],
  ]);
  const graph = graphOf(
    [
      [4, 16, 8, 8],
      [16, 16, 3, 3],
    ],
    (g, x, w) => {
      const linear = c.conv(g, x as Tensor, w as Tensor, sliding({}));
      const rectified = c.relu(g, linear);
      g.output('linear', linear);
      g.output('rectified', rectified);
      g.output('sum', c.add(g, rectified, linear));
    },
  );
  const [exact, measured] = [evaluate(graph, feeds), await runOnnx(graph, feeds)];
  for (const name of ['linear', 'rectified', 'sum'])
    expectClose(outputOf(measured, graph, name), outputOf(exact, graph, name), TOLERANCE, name);
});

/** x, dy, window, how it slides. */
const gradients: readonly [string, number[], number[], [number, number], Partial<Convolution>][] = [
  ['padding', [16, 5, 6, 6], [16, 16, 6, 6], [3, 3], {}],
  ['none, two blocks of samples', [32, 3, 6, 7], [32, 16, 4, 5], [3, 3], { before: [0, 0], after: [0, 0] }],
  ['a window that is not square', [16, 2, 4, 7], [16, 32, 4, 5], [2, 5], { before: [1, 1], after: [0, 1] }],
  [
    'steps of two, a last row that is not read',
    [16, 5, 8, 9],
    [16, 16, 4, 5],
    [3, 3],
    { strides: [2, 2], after: [0, 1] },
  ],
  [
    'steps of two, rows that are not read',
    [16, 5, 8, 8],
    [16, 16, 3, 3],
    [3, 3],
    { strides: [2, 2], before: [0, 0], after: [0, 0] },
  ],
  ['holes in the window', [16, 4, 7, 9], [16, 16, 5, 5], [3, 3], { dilations: [2, 3] }],
];

describe.each(gradients)('the gradient of a kernel with %s', (_name, x, dy, window, given) => {
  const graph = graphOf([x, dy], (g, a, b) => {
    g.output('dw', c.kernelGradient(g, a as Tensor, b as Tensor, window, sliding(given)));
  });

  test('has the numbers of the definition', async () => {
    const feeds: Values = new Map([x, dy].map((shape, i) => [`x${i}`, draw(shape, ordinary, 'gradient', i)]));
    const [exact, measured] = [evaluate(graph, feeds), await runOnnx(graph, feeds)];
    expectClose(outputOf(measured, graph, 'dw'), outputOf(exact, graph, 'dw'), TOLERANCE, 'dw');
  });

  test.each([8, 16])('is a convolution in blocks of %i', (block) => {
    expect(convolutions(encodeOnnx(graph, undefined, { inputs: [], outputs: [], block }))).toEqual([
      'blocked',
    ]);
  });
});

test('gradients of kernels that the runtime cannot take, or that do not pay, are products of windows', () => {
  const plain: [number[], number[], [number, number], Partial<Convolution>][] = [
    [[20, 16, 8, 8], [20, 16, 8, 8], [3, 3], {}],
    [[16, 16, 8, 8], [16, 20, 8, 8], [3, 3], {}],
    [[16, 16, 8, 8], [16, 16, 8, 8], [3, 3], { groups: 16 }],
    [[16, 16, 8, 8], [16, 16, 8, 8], [1, 1], { before: [0, 0], after: [0, 0] }],
    [[64, 16, 28, 28], [64, 16, 28, 28], [3, 3], {}],
  ];
  for (const [x, dy, window, given] of plain) {
    const graph = graphOf([x, dy], (g, a, b) => {
      g.output('dw', c.kernelGradient(g, a as Tensor, b as Tensor, window, sliding(given)));
    });
    const bytes = encodeOnnx(graph, undefined, { inputs: [], outputs: [], block: 16 });
    expect(written(bytes).map(({ domain }) => domain)).not.toContain(BLOCKED_DOMAIN);
  }
});

const reordering = encodeReordering();
const isReordering = (bytes: Uint8Array) => Buffer.compare(bytes, reordering) === 0;

type Create = (bytes: Uint8Array, ...rest: unknown[]) => Promise<InferenceSession>;

/** The convolutions of the graphs that are compiled meanwhile. */
function watch(create: Create): string[] {
  const found: string[] = [];
  vi.spyOn(InferenceSession, 'create').mockImplementation(((bytes: Uint8Array, ...rest: unknown[]) => {
    if (!isReordering(bytes)) found.push(...convolutions(bytes));
    return create(bytes, ...rest);
  }) as never);
  return found;
}

const create = InferenceSession.create.bind(InferenceSession) as unknown as Create;

test('sessions have blocks on this processor', async () => {
  const { graph, feeds } = build([9, 16, 6, 6], [16, 16, 3, 3], {}, true);
  const found = watch(create);
  await runOnnx(graph, feeds);
  expect(found).toEqual(['blocked', 'blocked']);
});

test('where the runtime has none, everything is computed all the same', async () => {
  const { graph, feeds } = build([9, 16, 6, 6], [16, 16, 3, 3], {}, true);
  const found = watch((bytes, ...rest) =>
    isReordering(bytes) ? Promise.reject(new Error('no such operator')) : create(bytes, ...rest),
  );
  vi.resetModules();
  const { runOnnx: runAnew } = await import('./harness.ts');
  const [exact, measured] = [evaluate(graph, feeds), await runAnew(graph, feeds)];
  expectClose(outputOf(measured, graph, 'y'), outputOf(exact, graph, 'y'), TOLERANCE, 'y');
  expect(found).toEqual(['Conv', 'Conv']);
});

test.each([8, 16])('before blocks of %i are used, every kind of convolution is tried in them', (block) => {
  const { graph } = blockTrial(block);
  const inBlocks = convolutions(encodeOnnx(graph, undefined, { inputs: [], outputs: [], block }));
  // Three forward, the gradients at two inputs and at two kernels: those of few channels, and of single ones at their kernel, stay as they are.
  expect(inBlocks.filter((one) => one === 'blocked').length).toBeGreaterThanOrEqual(7);
});

test('numbers in another order, or not numbers, do not agree with those of ONNX', () => {
  const known = Float32Array.of(0.5, -1, 0.25);
  expect(agree(Float32Array.of(0.50001, -1, 0.25), known)).toBe(true);
  expect(agree(Float32Array.of(-1, 0.5, 0.25), known)).toBe(false);
  expect(agree(Float32Array.of(0.5, Number.NaN, 0.25), known)).toBe(false);
  expect(agree(Float32Array.of(0.5, -1), known)).toBe(false);
});
