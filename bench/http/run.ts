/**
 * @file Load on the service while all of its worker threads train: 200 clients for a minute, beside a bare Fastify route that
 * answers the same bytes. Prints a table; `--write` puts it into docs/performance.md. Exit code 1 where an accepted job is
 * lost or an answer is a 5xx other than 503.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Load, load, start, stopAll } from './processes.ts';

const [POLLING, SUBMITTING] = [180, 20];
/** Of polls alone, in turns: the quotient of their medians is what is compared. */
const [ROUNDS, ROUND_S] = [9, 4];

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, write: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);

const experiment = (steps: number) => ({
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'dense', units: 16, activation: 'tanh' },
      { type: 'dense', units: 2 },
    ],
  },
  data: { type: 'moons', samples: 200 },
  // A long training probed as often as a short one would leave a larger trace than the service takes.
  diagnostics: { probe_every: Math.max(10, steps / 1000) },
  training: { loss: 'softmax_cross_entropy', optimizer: { type: 'adam', learning_rate: 0.01 }, steps },
});
const small = JSON.stringify(experiment(20));

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;

const post = async (url: string, body: string) => {
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  if (response.status !== 202) throw new Error(`not accepted: ${await response.text()}`);
  return (await response.json()) as { id: string; status: string };
};

/** Polls and submissions at once. */
async function both(url: string, id: string, onAccepted: (body: string) => void) {
  const options = { url: `${url}/v1/jobs/${id}`, connections: POLLING, duration: seconds };
  const submit = { url: `${url}/v1/jobs`, method: 'POST' as const, body: small, connections: SUBMITTING };
  const [polls, submissions] = await Promise.all([
    load(options),
    load({ ...submit, duration: seconds }, onAccepted),
  ]);
  return { polls, submissions };
}

const polls = (url: string, id: string) =>
  load({ url: `${url}/v1/jobs/${id}`, connections: POLLING + SUBMITTING, duration: ROUND_S });

const row = (name: string, ours: Load, bare: Load) =>
  `| ${[
    name,
    ours.rate.toFixed(0),
    ours.p50.toFixed(0),
    ours.p99.toFixed(0),
    bare.rate.toFixed(0),
    bare.p50.toFixed(0),
    bare.p99.toFixed(0),
  ].join(' | ')} |`;

const failed = ({ statuses }: Load) =>
  Object.entries(statuses).filter(([status]) => Number(status) >= 500 && status !== '503');

/** How many of the ids the service does not know. */
async function lost(url: string, ids: readonly string[]): Promise<number> {
  let missing = 0;
  for (let i = 0; i < ids.length; i += 50) {
    const found = await Promise.all(ids.slice(i, i + 50).map((id) => fetch(`${url}/v1/jobs/${id}`)));
    missing += found.filter(({ status }) => status !== 200).length;
  }
  return missing;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-load-'));
  const high = '1000000000';
  const threads = availableParallelism();
  const environment = {
    ...{ DATA_DIR: folder, PORT: '0', WORKER_THREADS: String(threads), LOG_LEVEL: 'info' },
    ...{ RATE_LIMIT_PER_MINUTE: high, MAX_QUEUED_JOBS: high },
  };
  const url = await start(new URL('../../src/server.ts', import.meta.url), [], environment, (line) =>
    line.includes('"msg":"listening"') ? (JSON.parse(line) as { url: string }).url : null,
  );
  try {
    const { id } = await post(url, JSON.stringify(experiment(1_000_000)));
    let job = '';
    do job = await (await fetch(`${url}/v1/jobs/${id}`)).text();
    while (!job.includes('"running"'));
    const accepted = JSON.stringify(await post(url, small));
    const bare = await start(new URL('./bare.ts', import.meta.url), [job, accepted], {}, (line) => line);
    // Warm both up, then in turns.
    await Promise.all([polls(url, id), polls(bare, id)]);
    const rounds: { ours: Load; bare: Load }[] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push({ ours: await polls(url, id), bare: await polls(bare, id) });
    const share = median(rounds.map(({ ours, bare: other }) => ours.rate / other.rate));
    const ids = new Set<string>();
    const ours = await both(url, id, (body) => {
      const answer = JSON.parse(body) as { id?: string; status: unknown };
      if (answer.id !== undefined) ids.add(answer.id);
    });
    const other = await both(bare, id, () => {});
    const missing = await lost(url, [...ids]);
    const still = (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as { status: string };
    const middle = (side: 'ours' | 'bare') =>
      rounds.map((round) => round[side]).toSorted((a, b) => a.rate - b.rate)[rounds.length >> 1] as Load;
    const refused = (ours.polls.statuses['503'] ?? 0) + (ours.submissions.statuses['503'] ?? 0);
    const text = `${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model.trim()}, ${threads} cores, which the clients share; Node.js ${process.version}; load average ${loadavg()[0]?.toFixed(1)}. All ${threads} worker threads train throughout (the job was ${still.status} at the end). Milliseconds.

|  | answers/s | p50 | p99 | bare, answers/s | p50 | p99 |
| --- | --- | --- | --- | --- | --- | --- |
${row(`GET /v1/jobs/{id}, ${POLLING + SUBMITTING} clients`, middle('ours'), middle('bare'))}
${row(`GET /v1/jobs/{id}, ${POLLING} clients, beside the next row`, ours.polls, other.polls)}
${row(`POST /v1/jobs, ${SUBMITTING} clients`, ours.submissions, other.submissions)}

Throughput of the poll: ${(100 * share).toFixed(0)} % of the bare route (median of ${ROUNDS} pairs of ${ROUND_S} s in turns; wanted: 50 %). In ${seconds} s of
both, ${ids.size} jobs were accepted and ${missing} of them lost; ${refused} answers were 503 (back-pressure), ${ours.polls.errors + ours.submissions.errors} connections failed.
`;
    console.log(text);
    if (values.write) writeInto(text);
    const bad = [...failed(ours.polls), ...failed(ours.submissions)];
    if (missing > 0 || bad.length > 0) {
      console.error({ missing, bad });
      process.exitCode = 1;
    }
  } finally {
    stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

const [BEGIN, END] = ['<!-- generated by bench/http/run.ts -->', '<!-- end of http part -->'];

function writeInto(text: string): void {
  const file = new URL('../../docs/performance.md', import.meta.url);
  const old = readFileSync(file, 'utf8');
  const [from, to] = [old.indexOf(BEGIN), old.indexOf(END)];
  if (from < 0 || to < 0) throw new Error('docs/performance.md has no place for it');
  writeFileSync(file, `${old.slice(0, from + BEGIN.length)}\n\n${text}\n${old.slice(to)}`);
}

await main();
