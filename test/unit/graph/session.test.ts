/** @file Running a graph: outputs of every kind, shared buffers, repeated runs. */
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test, vi } from 'vitest';
import {
  calculus as c,
  createSession,
  GraphBuilder,
  type GraphInput,
  sizeOf,
  type Tensor,
} from '../../../src/graph/index.ts';
import { createRandom } from '../../../src/util/random.ts';
import { evaluate } from '../../reference/evaluate.ts';
import { memoryBefore } from '../memory.ts';
import { graphOf, runOnnx } from './harness.ts';

const X = [1, -2, 3];

test('elements are dealt in their order, those left over to none', async () => {
  const graph = graphOf([[2, 7]], (g, x) => {
    c.deal(g, x as Tensor, 1, 3).forEach((part, i) => {
      g.output(`${i}`, part);
    });
  });
  const values = await runOnnx(graph, new Map([['x0', [...Array(14).keys()]]]));
  expect([0, 1, 2].map((i) => [...(values.get(`${i}`) ?? [])])).toEqual([
    [0, 3, 7, 10],
    [1, 4, 8, 11],
    [2, 5, 9, 12],
  ]);
});

describe('an output may be', () => {
  test('an input, under its own or several names', async () => {
    const graph = graphOf([[3]], (g, x) => {
      g.output('copy', x as Tensor);
      g.output('another', x as Tensor);
    });
    const values = await runOnnx(graph, new Map([['x0', X]]));
    expect([...(values.get('copy') ?? [])]).toEqual(X);
    expect([...(values.get('another') ?? [])]).toEqual(X);
  });

  test('a constant, also where nothing is fed', async () => {
    const graph = graphOf([], (g) => g.output('two', g.constant(2)));
    expect((await runOnnx(graph, new Map())).get('two')).toEqual(Float64Array.of(2));
  });

  test('the same computed tensor twice, also one that later nodes read', async () => {
    const graph = graphOf([[3]], (g, x) => {
      const y = c.neg(g, x as Tensor);
      g.output('first', y);
      g.output('second', y);
      g.output('third', c.mul(g, y, y));
    });
    const values = await runOnnx(graph, new Map([['x0', X]]));
    expect([...(values.get('first') ?? [])]).toEqual([-1, 2, -3]);
    expect([...(values.get('second') ?? [])]).toEqual([-1, 2, -3]);
    expect([...(values.get('third') ?? [])]).toEqual([1, 4, 9]);
  });

  test('a gradient that is a constant: of a sum, and of what the loss does not see', async () => {
    const graph = graphOf([[3], [2]], (g, x, other) => {
      g.output('ones', c.expand(g, g.constant(1), (x as Tensor).shape));
      g.output('zeros', c.zeros(g, (other as Tensor).shape));
    });
    const values = await runOnnx(
      graph,
      new Map([
        ['x0', X],
        ['x1', [5, 5]],
      ]),
    );
    expect([...(values.get('ones') ?? [])]).toEqual([1, 1, 1]);
    expect([...(values.get('zeros') ?? [])]).toEqual([0, 0]);
  });
});

describe('a session', () => {
  test('takes an input that nothing reads', async () => {
    const graph = graphOf([[2], [3]], (g, _unused, x) => g.output('y', c.abs(g, x as Tensor)));
    const values = await runOnnx(
      graph,
      new Map([
        ['x0', [0, 0]],
        ['x1', X],
      ]),
    );
    expect([...(values.get('y') ?? [])]).toEqual([1, 2, 3]);
  });

  test('reads and writes shared buffers, views into a larger array included', async () => {
    const graph = graphOf([[3]], (g, x) => g.output('y', c.mul(g, x as Tensor, g.constant(10))));
    const all = Float32Array.of(7, 1, 2, 3, 7, 0, 0, 0, 7);
    const shared = new Map([
      ['x0', all.subarray(1, 4)],
      ['y', all.subarray(5, 8)],
    ]);
    const session = await createSession(graph, shared);
    await session.run();
    expect([...all]).toEqual([7, 1, 2, 3, 7, 10, 20, 30, 7]);
    // A change of the weights is seen by the next run, without a new session.
    all[1] = 4;
    await session.run();
    expect([...all]).toEqual([7, 4, 2, 3, 7, 40, 20, 30, 7]);
    await session.release();
    expect(session.output('y')[0]).toBe(40);
  });

  test.each([
    ['first', true],
    ['first', false],
    ['second', true],
    ['second', false],
  ])(
    'leaves an output as it is whose sum is rectified: the %s of them, biased: %s',
    async (place, biased) => {
      const graph = graphOf([[2, 3, 6, 6], [4, 3, 3, 3], [4, 3, 3, 3], [4]], (g, ...inputs) => {
        const [x, first, second, bias] = inputs as [Tensor, Tensor, Tensor, Tensor];
        const window = { strides: [1, 1], dilations: [1, 1], before: [1, 1], after: [1, 1], groups: 1 };
        const a = c.conv(g, x, first, window);
        const b = biased ? c.conv(g, x, second, window, bias) : c.conv(g, x, second, window);
        g.output('b', b);
        g.output('rectified', c.relu(g, place === 'first' ? c.add(g, b, a) : c.add(g, a, b)));
      });
      const random = createRandom(0, 'branches');
      const feeds = new Map(
        graph.inputs.map(({ name, tensor }) => [
          name,
          Array.from({ length: sizeOf(tensor.shape) }, () => Math.fround(random.normal())),
        ]),
      );
      const [found, exact] = [
        await runOnnx(graph, feeds),
        evaluate(graph, new Map([...feeds].map(([name, x]) => [name, Float64Array.from(x)]))),
      ];
      for (const name of ['b', 'rectified']) {
        const gaps = exact.get(name)?.map((x, i) => Math.abs(x - (found.get(name)?.[i] as number))) ?? [1];
        expect(Math.max(...gaps), name).toBeLessThan(1e-4);
      }
    },
  );

  test('fetches what it is asked for, the same bits as with all, and refuses what it has not fetched', async () => {
    const graph = graphOf([[3]], (g, x) => {
      const y = c.exp(g, x as Tensor);
      g.output('y', y);
      g.output('z', c.sin(g, y));
    });
    const session = await createSession(graph);
    session.input('x0').set(X);
    await session.run();
    const all = [...session.output('z')];
    session.output('z').fill(0);
    const selection = new Set(['z']);
    await session.run(selection);
    expect([...session.output('z')]).toEqual(all);
    expect(() => session.output('y')).toThrow('y was not fetched');
    await session.run();
    expect(session.output('y')).toHaveLength(3);
    await session.release();
  });

  test('gives the same bits at every run', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', [64, 64]);
    g.output('y', c.total(g, c.softplus(g, c.gemm(g, c.sin(g, x), x, false, true))));
    const session = await createSession(g.finish());
    session.input('x').forEach((_, i, all) => {
      all[i] = Math.sin(i);
    });
    const results = new Set<number>();
    for (let run = 0; run < 10; run++) {
      await session.run();
      results.add(session.output('y')[0] as number);
    }
    expect(results.size).toBe(1);
    await session.release();
  });

  test('of an equal graph shares what is compiled and no number; one constant more or less is another graph', async () => {
    const create = vi.spyOn(InferenceSession, 'create');
    const shifted = (by: number) =>
      graphOf([[3]], (g, x) => g.output('y', c.add(g, x as Tensor, g.constant(by))));
    const [first, second] = [await createSession(shifted(0.125)), await createSession(shifted(0.125))];
    expect(create).toHaveBeenCalledTimes(1);
    const other = await createSession(shifted(0.25));
    expect(create).toHaveBeenCalledTimes(2);
    first.input('x0').set([1, 2, 3]);
    second.input('x0').set([4, 5, 6]);
    await Promise.all([first.run(), second.run(), other.run()]);
    expect([...first.output('y')]).toEqual([1.125, 2.125, 3.125]);
    expect([...second.output('y')]).toEqual([4.125, 5.125, 6.125]);
    expect([...other.output('y')]).toEqual([0.25, 0.25, 0.25]);
    await first.release();
    await second.run();
    expect([...second.output('y')]).toEqual([4.125, 5.125, 6.125]);
    await second.release();
    await other.release();
    await (await createSession(shifted(0.125))).release();
    expect(create).toHaveBeenCalledTimes(2);
    create.mockRestore();
  });
});

describe('inputs and outputs that lie one after another in memory', () => {
  const shapes = [[3], [2, 3], [], [4], [2, 2]];
  const build = (factor: number) =>
    graphOf(shapes, (g, vector, matrix, scalar, _unread, square) => {
      const scaled = c.mul(g, c.exp(g, matrix as Tensor), scalar as Tensor);
      g.output('a', c.add(g, scaled, c.mul(g, vector as Tensor, g.constant(factor))));
      g.output('b', c.total(g, scaled));
      g.output('c', c.gemm(g, square as Tensor, scaled));
      g.output('an input', vector as Tensor);
      g.output('the same again', scaled);
    });
  const side = (part: readonly GraphInput[], all: Float32Array) => {
    let start = 0;
    return part.map(({ name, tensor }) => {
      const end = start + sizeOf(tensor.shape);
      const view = all.subarray(start, end);
      start = end;
      return [name, view] as const;
    });
  };
  const prepare = async (neighbours: boolean, factor = 1) => {
    const graph = build(factor);
    const [ins, outs] = [new Float32Array(18), new Float32Array(22)];
    const shared = new Map([...side(graph.inputs, ins), ...side(graph.outputs, outs)]);
    const session = await createSession(graph, neighbours ? shared : new Map());
    const random = createRandom(0, 'neighbours');
    for (const { name } of graph.inputs) {
      const values = session.input(name);
      for (let i = 0; i < values.length; i++) values[i] = random.normal();
    }
    return { graph, session, outs };
  };

  test('give the same bits as apart, in their own places', async () => {
    const [packed, apart] = [await prepare(true), await prepare(false)];
    await packed.session.run();
    await apart.session.run();
    for (const { name } of packed.graph.outputs) {
      expect([...packed.session.output(name)], name).toEqual([...apart.session.output(name)]);
    }
    expect([...packed.outs]).toEqual(
      packed.graph.outputs.flatMap(({ name }) => [...apart.session.output(name)]),
    );
    expect(packed.outs.every((x) => x !== 0)).toBe(true);
  });

  test('are handed over as one', async () => {
    const create = vi.spyOn(InferenceSession, 'create');
    // Nobody has compiled this one.
    const { session } = await prepare(true, 3);
    const inner: InferenceSession = await create.mock.results[0]?.value;
    create.mockRestore();
    expect(inner.inputNames).toHaveLength(1);
    // Beside the list that is never handed back.
    expect(inner.outputNames).toHaveLength(2);
    await session.release();
  });

  test('may be fetched in part', async () => {
    const { session } = await prepare(true);
    await session.run(new Set(['b']));
    expect(session.output('b')[0]).not.toBe(0);
    expect(() => session.output('c')).toThrow('c was not fetched');
  });
});

describe('what the runtime would copy to hand it back', () => {
  /** The outcome of each call to the runtime, by what it was asked for. */
  async function outcomes(size: number, count: number): Promise<string[]> {
    const graph = graphOf([[size]], (g, x) => {
      for (let i = 0; i < count; i++) g.output(`y${i}`, c.mul(g, x as Tensor, g.constant(i + 1)));
    });
    const create = vi.spyOn(InferenceSession, 'create');
    const session = await createSession(graph);
    const inner: InferenceSession = await create.mock.results[0]?.value;
    create.mockRestore();
    const run = vi.spyOn(inner, 'run');
    session.input('x0').fill(2);
    await session.run();
    session.input('x0').fill(3);
    await session.run();
    const settled = await Promise.allSettled(run.mock.results.map(({ value }) => value));
    run.mockRestore();
    for (let i = 0; i < count; i++) {
      expect(session.output(`y${i}`).every((y) => y === 3 * (i + 1))).toBe(true);
    }
    await session.release();
    return settled.map(({ status }) => status);
  }

  test('is computed and not handed back where it is much', async () => {
    expect(await outcomes(100_000, 2)).toEqual(['rejected', 'rejected']);
    expect(await outcomes(10, 20)).toEqual(['rejected', 'rejected']);
  });

  test('is handed back where refusing costs more', async () => {
    expect(await outcomes(100, 3)).toEqual(['fulfilled', 'fulfilled']);
  });

  test('leaves no memory behind', async () => {
    const graph = graphOf([[250_000]], (g, x) => g.output('y', c.neg(g, x as Tensor)));
    const session = await createSession(graph);
    for (let i = 0; i < 20; i++) await session.run();
    const before = memoryBefore();
    for (let i = 0; i < 300; i++) await session.run();
    const after = process.memoryUsage();
    // 300 MB, were every megabyte kept.
    expect(after.rss - before.rss).toBeLessThan(60e6);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2e6);
    await session.release();
  });

  test.each([10, 100_000])('does not hide a failure of the runtime: %d rows', async (rows) => {
    const graph = graphOf([[4, 3], [rows]], (g, table, indices) =>
      g.output('y', c.gather(g, table as Tensor, indices as Tensor)),
    );
    const session = await createSession(graph);
    session.input('x1').fill(4);
    await expect(session.run()).rejects.toThrow(/out of data bounds/);
    session.input('x1').fill(3);
    await session.run();
    await session.release();
  });
});

test('deep graphs are not kept by the dozen: the runtime needs ten kilobytes a node, however small its tensors', async () => {
  /** One number through 3000 nodes: 36 MB compiled, 12 KB of tensors. */
  const deep = (scale: number) =>
    graphOf([[1]], (g, x) => {
      let y = x as Tensor;
      for (let i = 0; i < 1500; i++) y = c.tanh(g, c.mul(g, y, g.constant(scale)));
      g.output('y', y);
    });
  const open = async (scale: number) => (await createSession(deep(scale))).release();
  for (const scale of [1, 2, 3, 4, 5]) await open(scale);
  const create = vi.spyOn(InferenceSession, 'create');
  await open(5);
  expect(create).not.toHaveBeenCalled();
  // Of at most 128 MiB for all, three are kept.
  await open(1);
  expect(create).toHaveBeenCalledOnce();
  create.mockRestore();
});
