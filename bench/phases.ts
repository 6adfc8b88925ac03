/** @file Where the time of a step goes, and the floor under it: its floating-point operations at the measured rate of GEMM. */
import { calculus as c, createSession, flopsOf, GraphBuilder } from '../src/graph/index.ts';
import { names } from '../src/training/compile.ts';
import { Engine, experimentOf } from './engine.ts';
import { batchOf, type Network } from './networks.ts';
import { interleave, type Measurement, median } from './rounds.ts';

export interface Phases {
  readonly name: string;
  /** Milliseconds of each. */
  readonly forward: number;
  readonly backward: number;
  /** Batch and targets into their buffers, norm of the gradient, way through the promise. */
  readonly around: number;
  readonly statistics: number;
  readonly update: number;
  readonly floor: number;
}

const GEMM_SIZE = 768;
const GEMM_RUNS = 5;
const WARM_UP_STEPS = 10;

/** Floating-point operations per millisecond of a large product of matrices: the best round, since it is to be a floor. */
export async function measureGemm(rounds: number): Promise<number> {
  const g = new GraphBuilder();
  const side = () => [GEMM_SIZE, GEMM_SIZE];
  g.output('product', c.gemm(g, g.input('a', side()), g.input('b', side())));
  const graph = g.finish();
  const session = await createSession(graph);
  for (const name of ['a', 'b']) session.input(name).fill(0.5);
  const measure = times(GEMM_RUNS, () => session.run());
  await measure();
  const found = await interleave(rounds, new Map([['gemm', measure]]));
  await session.release();
  return flopsOf(graph) / Math.min(...(found.get('gemm') ?? []));
}

const PREDICTION: ReadonlySet<string> = new Set([names.prediction]);

const times =
  (count: number, act: () => Promise<void>): Measurement =>
  async () => {
    const start = performance.now();
    for (let i = 0; i < count; i++) await act();
    return (performance.now() - start) / count;
  };

/** Median over the rounds: both were measured next to each other. */
const difference = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((value, i) => value - (b[i] ?? Number.NaN)));

interface StepParts {
  readonly compute: number[];
  readonly statistics: number[];
  readonly update: number[];
}

/** Parts of real steps, each timed where it stands: repeated on its own, a part would find its numbers in the cache. */
async function timeSteps(engine: Engine, steps: number, into: StepParts): Promise<void> {
  let [compute, statistics, update] = [0, 0, 0];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    const computed = await engine.compute();
    const computedAt = performance.now();
    engine.measure();
    const measuredAt = performance.now();
    engine.update(computed);
    compute += computedAt - start;
    statistics += measuredAt - computedAt;
    update += performance.now() - measuredAt;
  }
  into.compute.push(compute / steps);
  into.statistics.push(statistics / steps);
  into.update.push(update / steps);
}

export async function measurePhases(
  network: Network,
  { rounds, stepsOf, gemm }: { rounds: number; stepsOf: (ms: number) => number; gemm: number },
): Promise<Phases> {
  const engine = await Engine.create(experimentOf(network, batchOf(network)));
  const warm = await times(WARM_UP_STEPS, () => engine.measuredStep())();
  const steps = stepsOf(warm);
  const forward = await engine.forwardSession();
  const training = await engine.trainingSession();
  const parts: StepParts = { compute: [], statistics: [], update: [] };
  const run = {
    forward: () => forward.run(PREDICTION),
    training: () => training.run(engine.needed),
  };
  await run.forward();
  await run.training();
  const sessions = await interleave(
    rounds,
    new Map<'forward' | 'training' | 'steps', Measurement>([
      ['forward', times(steps, run.forward)],
      ['training', times(steps, run.training)],
      ['steps', () => timeSteps(engine, steps, parts).then(() => 0)],
    ]),
  );
  const [forwards, trainings] = [sessions.get('forward') ?? [], sessions.get('training') ?? []];
  const floor = flopsOf(engine.graph) / gemm;
  await Promise.all([engine.release(), forward.release(), training.release()]);
  return {
    name: network.name,
    forward: median(forwards),
    backward: difference(trainings, forwards),
    around: difference(parts.compute, trainings),
    statistics: median(parts.statistics),
    update: median(parts.update),
    floor,
  };
}
