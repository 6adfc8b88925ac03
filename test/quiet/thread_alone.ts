/** @file A process whose main thread never loads the runtime: its one worker thread trains what standard input says. */
import { json } from 'node:stream/consumers';
import { parseExperiment } from '../../src/experiment/index.ts';
import { createPool } from '../../src/jobs/pool.ts';

const parsed = parseExperiment(await json(process.stdin));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const pool = createPool(1);
const { experiment } = parsed.value;
const trained = await pool.run({ experiment, seed: 0, keepWeights: false, cancel: new SharedArrayBuffer(4) });
await pool.close(10_000);
process.stdout.write(JSON.stringify({ ok: trained.ok }));
