/** @file A process of its own: milliseconds from a checked experiment to the end of its first step, the first time and again. */
import { Engine, experimentOf } from './engine.ts';
import { batchOf, networks } from './networks.ts';

const DEEP = 'tanh 50×128, batch 64';

async function firstStep(): Promise<number> {
  const network = networks.find(({ name }) => name === DEEP);
  if (network === undefined) throw new Error(`no network ${DEEP}`);
  const prepared = experimentOf(network, batchOf(network));
  const start = performance.now();
  const engine = await Engine.create(prepared);
  await engine.plainStep();
  const ms = performance.now() - start;
  await engine.release();
  return ms;
}

const first = await firstStep();
// A worker thread of the service compiles many networks in its life.
const again = await firstStep();
process.stdout.write(JSON.stringify({ network: DEEP, first, again }));
