/**
 * @file What one snapshot of a training costs, in CPU time of all threads: to write down the weights and the two averages of Adam, and
 * to keep that in a SQLite file. Two whole trainings, one with snapshots and one without, differ by less than two equal ones.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Attempts } from '../../src/jobs/attempts.ts';
import { openDatabase } from '../../src/jobs/database.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { SnapshotStore } from '../../src/jobs/snapshots.ts';
import { JobStore } from '../../src/jobs/store.ts';
import { encodeSnapshot } from '../../src/training/snapshot.ts';
import { packText } from '../../src/util/packed_text.ts';

const ROUNDS = 5;
const INTERVAL_S = 60;
/** The last one is the most that a network may have by default. */
const PARAMETERS = [1e4, 1e5, 1e6, 1e7, 2e7];

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-snapshots-'));
const logger = pino({ level: 'silent' });
const { db, room, close } = await openDatabase({ dataDir: folder, databaseUrl: null, logger });
const most = { max_queued_jobs: 9, max_running_jobs: 9, max_flops_per_hour: 1e18, max_job_seconds: 1e6 };
await new JobStore(db).submit(
  {
    ...{ owner: 'a', experiment: { name: 'a training', metadata: {} }, packed: packText('{}'), files: [] },
    ...{ search: null, webhook: null, flops: 1, idempotency: null },
    estimate: { parameters: 1, flops_per_step: 1, trials: 1, duration_s: 1 },
  },
  most,
);
const job = await new Attempts(db).claim(() => 9);
if (job === null) throw new Error('nothing to claim');
const store = new SnapshotStore({ db, room, machine: machineKind(), seconds: INTERVAL_S, logger });

const records = {
  losses: new Float64Array(1000),
  dataLosses: new Float64Array(1000),
  norms: new Float64Array(1000),
};
const nothing = { running: new Map(), stopping: null, probes: 0, modes: [], pulls: [], unitPasses: [] };
for (const parameters of PARAMETERS) {
  const tensor = () => Float32Array.from({ length: parameters }, Math.random);
  const [weights, ...slots] = [tensor(), tensor(), tensor()] as const;
  const costs: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const before = process.cpuUsage();
    const snapshot = encodeSnapshot(
      round,
      { ...records, rows: [] } as never,
      { ...nothing, weights, slots, initial: {}, ranks: new Map(), tiedUnits: [] } as never,
    );
    await store.keep(job.id, `${parameters}`, round - 1, snapshot);
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / 1000);
  }
  const cost = costs.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
  const share = cost / (10 * INTERVAL_S);
  console.log(
    `${parameters} parameters: ${cost.toFixed(1)} ms in the median of ${ROUNDS} (${costs.map((one) => one.toFixed(0)).join(', ')}), ${share.toFixed(3)} % of ${INTERVAL_S} s`,
  );
}
await close();
rmSync(folder, { recursive: true, force: true });
