/**
 * @file What snapshots of trainings cost: CPU time of a process, all its threads, for one training with snapshots as often as they
 * may be and without any, in turns. CPU time, since the clock also tells of whatever else the machine does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll, type ServerProcess, startServerProcess } from '../../test/faults/server_process.ts';
import { experiment, report, submit } from '../../test/faults/workload.ts';
import { processorSeconds } from './processor.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '4000' },
    units: { type: 'string', default: '512' },
    /** A snapshot each so many seconds, or as rarely as the bound on their cost asks. */
    seconds: { type: 'string', default: '1' },
  },
});
const units = Number(values.units);
const training = experiment(1, {
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'repeat', times: 3, layers: [{ type: 'dense', units, activation: 'relu' }] },
      { type: 'dense', units: 2 },
    ],
  },
  training: {
    ...{ loss: 'softmax_cross_entropy', optimizer: { type: 'adam' }, batch_size: 32 },
    steps: Number(values.steps),
  },
  diagnostics: { probe_every: 50 },
  remedies: { verify: false },
});
const NEVER = '86400';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-snapshots-'));
try {
  const [kept, plain] = (await Promise.all(
    [values.seconds, NEVER].map((SNAPSHOT_SECONDS) =>
      startServerProcess({
        settings: { SNAPSHOT_SECONDS, DATA_DIR: join(folder, SNAPSHOT_SECONDS), WORKER_THREADS: '1' },
      }),
    ),
  )) as [ServerProcess, ServerProcess];
  const ratios: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const seconds: number[] = [];
    // Who comes first changes: a machine that slows down would be taken for a cost.
    for (const server of round % 2 === 0 ? [kept, plain] : [plain, kept]) {
      const before = processorSeconds(server.pid);
      await report(server.url, await submit(server.url, training));
      seconds.push(processorSeconds(server.pid) - before);
    }
    const [one, other] = (round % 2 === 0 ? seconds : seconds.reverse()) as [number, number];
    ratios.push(one / other);
    console.log(`with ${one.toFixed(1)} s, without ${other.toFixed(1)} s: ${(one / other).toFixed(4)}`);
  }
  ratios.sort((a, b) => a - b);
  console.log(`median ${(ratios[Math.floor(ratios.length / 2)] as number).toFixed(4)}`);
} finally {
  killAll();
  rmSync(folder, { recursive: true, force: true });
}
