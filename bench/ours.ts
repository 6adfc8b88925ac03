/** @file The process that trains with this project's engine. */
import { Engine, experimentOf } from './engine.ts';
import { type Answer, type Request, serve } from './peer.ts';

const WARM_UP_MS = 500;
const WARM_UP_STEPS = 10;
const PROBE_EVERY = 10;

let engine: Engine | undefined;

/** One step of every kind of run; `i` counts them. */
const modes: Readonly<Record<string, (engine: Engine, i: number) => Promise<void>>> = {
  unprobed: (e) => e.plainStep(),
  statistics: (e) => e.measuredStep(),
  probed: (e) => e.probedStep(),
  'every 10': (e, i) => (i % PROBE_EVERY === 0 ? e.probedStep() : e.plainStep()),
};

async function run(steps: number, mode: string): Promise<Answer> {
  const step = modes[mode];
  if (engine === undefined || step === undefined) throw new Error(`nothing to run: ${mode}`);
  const start = performance.now();
  for (let i = 0; i < steps; i++) await step(engine, i);
  return { ms: (performance.now() - start) / steps, loss: engine.loss };
}

async function warmUp(): Promise<Answer> {
  const start = performance.now();
  let last: Answer = {};
  do {
    for (const mode of Object.keys(modes)) last = await run(WARM_UP_STEPS, mode);
  } while (performance.now() - start < WARM_UP_MS);
  return last;
}

await serve(async (request: Request): Promise<Answer> => {
  if (request.do === 'version') return { version: `Node.js ${process.version}` };
  if (request.do === 'steps') return run(request.steps, request.mode ?? 'statistics');
  await engine?.release();
  engine = await Engine.create(experimentOf(request.network, request.batch));
  return warmUp();
});
