/** @file How the time of a training grows with depth, width, batch and steps: points, and the exponent of their last half. */
import { Engine, experimentOf } from './engine.ts';
import { batchOf, type Layer, type Network } from './networks.ts';
import { interleave, type Measurement, median } from './rounds.ts';

export interface Growth {
  /** What grows: `depth`. */
  readonly name: string;
  /** Of the rest: `width 64, batch 64`. */
  readonly fixed: string;
  readonly points: readonly { readonly at: number; readonly ms: number }[];
  /** Slope of ln time over ln size, by least squares: of all points, and of the upper half. */
  readonly exponent: number;
  readonly last: number;
}

const DEFAULTS = { depth: 10, width: 64, batch: 64, steps: 20 };
type Sizes = typeof DEFAULTS;

const RANGES: Readonly<Record<keyof Sizes, readonly number[]>> = {
  depth: [10, 20, 50, 100, 200],
  width: [32, 64, 128, 256, 512],
  batch: [16, 32, 64, 128, 256, 512],
  steps: [10, 20, 50, 100, 200],
};

const CLASSES = 10;

function networkOf({ depth, width, batch }: Sizes): Network {
  const layer: Layer = { type: 'dense', units: width, activation: 'tanh' };
  return {
    name: `tanh ${depth}×${width}, batch ${batch}`,
    input: [width],
    layers: [...new Array<Layer>(depth).fill(layer), { type: 'dense', units: CLASSES }],
    batch,
    wanted: { pytorch: null, tfjs: null },
  };
}

/** Slope of the straight line through (ln x, ln y) by least squares. */
function exponentOf(points: readonly { readonly at: number; readonly ms: number }[]): number {
  const logs = points.map(({ at, ms }) => [Math.log(at), Math.log(ms)] as const);
  const mean = (k: 0 | 1) => logs.reduce((sum, pair) => sum + pair[k], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return covariance / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

async function measureAlong(name: keyof Sizes, rounds: number): Promise<Growth> {
  const engines: Engine[] = [];
  const measurements = new Map<number, Measurement>();
  for (const at of RANGES[name]) {
    const sizes = { ...DEFAULTS, [name]: at };
    const network = networkOf(sizes);
    const engine = await Engine.create(experimentOf(network, batchOf(network)));
    await engine.plainStep();
    engines.push(engine);
    measurements.set(at, async () => {
      const start = performance.now();
      for (let i = 0; i < sizes.steps; i++) await engine.plainStep();
      return performance.now() - start;
    });
  }
  await interleave(1, measurements);
  const found = await interleave(rounds, measurements);
  for (const engine of engines) await engine.release();
  const points = [...found].map(([at, times]) => ({ at, ms: median(times) }));
  const { [name]: _grown, ...rest } = DEFAULTS;
  return {
    name,
    fixed: Object.entries(rest)
      .map(([key, value]) => `${key} ${value}`)
      .join(', '),
    points,
    exponent: exponentOf(points),
    last: exponentOf(points.slice(-3)),
  };
}

export async function measureGrowth(rounds: number): Promise<Growth[]> {
  const found: Growth[] = [];
  for (const name of Object.keys(RANGES) as (keyof Sizes)[]) found.push(await measureAlong(name, rounds));
  return found;
}
