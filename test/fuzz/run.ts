/** @file `npm run test:fuzz`: 10,000 requests, or `--requests N`, the same for the same `--seed`. Exit code 1 with faults. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { heavyFaults, sendHeavy } from './heavy.ts';

/** What a process may have gained after nine tenths more of the same requests: caches fill, nothing piles up. */
const MAX_GROWTH = 1.25;

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '20261123' }, requests: { type: 'string', default: '10000' } },
});
const say = (text: string) => process.stdout.write(`${text}\n`);

const outcome = await fuzz(Number(values.seed), Number(values.requests), say);
const { faults, statuses, foreign, memory, afterwards } = outcome;
const growth = (memory.at(-1) ?? 0) / (memory[0] ?? 1);
if (growth > MAX_GROWTH)
  faults.push(`memory grew by a factor of ${growth.toFixed(2)}: ${memory.join(', ')} MiB`);
if (afterwards !== 'succeeded') faults.push(`the job afterwards: ${afterwards}`);
faults.push(...heavyFaults(await sendHeavy('long', say), { quiet: true }));
for (const fault of faults) say(fault);
say(`seed ${values.seed}: ${faults.length} faults; statuses ${JSON.stringify(statuses)}`);
say(`${foreign} requests for a job of another key; memory ${memory.join(', ')} MiB (× ${growth.toFixed(2)})`);
process.exitCode = faults.length === 0 ? 0 : 1;
