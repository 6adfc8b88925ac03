/**
 * @file What grows with the data of a request, and with the trace of a training: CPU time of each step, by where it runs.
 * `npx node bench/data.ts`, with `--write` into docs/performance.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { loadData } from '../src/data/index.ts';
import { type Experiment, parseExperiment } from '../src/experiment/index.ts';
import { includeData } from '../src/http/readings/included_data.ts';
import { pieceOfRows } from '../src/http/readings/statistics.ts';
import { trialKey } from '../src/jobs/packing.ts';
import { decodeTrace, encodeTrace, gridOf, type Trace } from '../src/statistics/index.ts';
import { packText, unpackText } from '../src/util/packed_text.ts';
import { median } from './rounds.ts';

const SAMPLES = [5000, 50_000, 200_000] as const;
const FEATURES = 10;
/** Of a trace with 2000 series: 50 layers, of which 40 metrics each are measured. */
const STEPS = [10, 100, 1000] as const;
const SERIES = 2000;
const ROUNDS = 3;

type Place = 'request thread' | 'event loop' | 'study thread' | 'worker thread' | 'reading thread';

interface Step {
  readonly name: string;
  readonly where: Place;
  readonly often: string;
  run(): unknown;
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const bodyOf = (samples: number) =>
  JSON.stringify({
    network: { input: { shape: [FEATURES] }, layers: [{ type: 'dense', units: 2 }] },
    data: {
      type: 'inline',
      inputs: Array.from({ length: samples }, (_, i) =>
        Array.from({ length: FEATURES }, (_unused, j) => (i * 7 + j) % 1000),
      ),
      targets: Array.from({ length: samples }, (_, i) => i % 2),
    },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 3 },
  });

function parsed(text: string): Experiment {
  const result = parseExperiment(JSON.parse(text));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.experiment;
}

/** With the settings of the service. */
function openDatabase(folder: string) {
  const database = new Database(join(folder, 'bench.sqlite'));
  for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL']) database.pragma(pragma);
  database.exec('create table if not exists documents (bytes blob not null)');
  return {
    store: (bytes: Uint8Array) => database.prepare('insert into documents values (?)').run(bytes),
    read: () => database.prepare('select bytes from documents').get(),
    clear: () => database.exec('delete from documents'),
    close: () => database.close(),
  };
}

type Documents = ReturnType<typeof openDatabase>;

function dataSteps(samples: number, documents: Documents): Step[] {
  const text = bodyOf(samples);
  const experiment = parsed(text);
  const packed = packText(JSON.stringify(experiment));
  const report = Buffer.from(JSON.stringify({ experiment: { data: {} } }));
  const inputs = [{ name: null, shape: [FEATURES], dtype: 'float' as const }];
  documents.clear();
  return [
    {
      name: 'JSON → checked numbers, SHA-256',
      where: 'request thread',
      often: 'once a request',
      run: () => parsed(text),
    },
    {
      ...{ name: 'experiment → packed text', where: 'request thread', often: 'once a job' },
      run: () => packText(JSON.stringify(experiment)),
    },
    {
      name: 'packed text → database',
      where: 'event loop',
      often: 'once a job',
      run: () => documents.store(packed),
    },
    {
      name: 'database → packed text',
      where: 'event loop',
      often: 'once an attempt',
      run: () => documents.read(),
    },
    {
      ...{ name: 'packed text → checked numbers', where: 'study thread', often: 'once an attempt' },
      run: () => parsed(unpackText(packed)),
    },
    {
      ...{ name: 'key of a trial', where: 'study thread', often: 'once a trial' },
      run: () => trialKey({ experiment, seed: 0, keepWeights: false }),
    },
    {
      ...{ name: 'samples → splits', where: 'worker thread', often: 'once a trial' },
      run: () => loadData(experiment.data, 0, inputs as never),
    },
    {
      ...{
        name: 'numbers into a report (`?include=data`)',
        where: 'reading thread',
        often: 'when asked for',
      },
      run: () => includeData([report, packed]),
    },
  ];
}

function traceOf(steps: number): Trace {
  const at = Int32Array.from({ length: steps }, (_, i) => i);
  const series = Array.from({ length: SERIES }, (_, i) => ({
    layer: `dense_${i % 50}`,
    tensor: 'output',
    metric: `metric_${Math.floor(i / 50)}`,
    steps: at,
    values: Float64Array.from(at, (step) => Math.sin(i + step)),
  }));
  return { series, losses: new Float64Array(steps), layers: [] } as never;
}

function traceSteps(steps: number, documents: Documents): Step[] {
  const trace = traceOf(steps);
  const encoded = encodeTrace(trace);
  const filter = { layer: undefined, tensor: undefined, metric: undefined } as never;
  const rows = {
    run: 'baseline/0',
    filter,
    offset: 0,
    limit: 100_000,
    format: 'csv' as const,
    place: 0,
    key: null,
  };
  documents.clear();
  return [
    { name: 'trace → packed', where: 'worker thread', often: 'once a trial', run: () => encodeTrace(trace) },
    {
      name: 'packed trace → database',
      where: 'event loop',
      often: 'once a trial',
      run: () => documents.store(encoded),
    },
    { name: 'database → packed trace', where: 'event loop', often: 'when read', run: () => documents.read() },
    {
      ...{
        name: 'packed → trace, of a trial that is known',
        where: 'study thread',
        often: 'once a trial that an earlier attempt or another process trained',
      },
      run: () => decodeTrace(encoded),
    },
    {
      ...{ name: 'packed → grid of every series', where: 'reading thread', often: 'once a request' },
      run: async () => JSON.stringify(gridOf(await decodeTrace(encoded), { tensor: 'output' })),
    },
    {
      ...{ name: 'packed → 100,000 rows of CSV', where: 'reading thread', often: 'once a piece' },
      run: () => pieceOfRows([encoded], rows),
    },
  ];
}

async function timesOf(steps: readonly Step[]): Promise<number[]> {
  const times: number[][] = steps.map(() => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { run }] of steps.entries()) {
      const before = cpuMs();
      await run();
      // The first round compiles.
      if (round > 0) times[i]?.push(cpuMs() - before);
    }
  }
  return times.map(median);
}

type Make<Size> = (size: Size, documents: Documents) => Step[];

async function tableOf<Size extends number>(
  sizes: readonly Size[],
  unit: string,
  make: Make<Size>,
  documents: Documents,
): Promise<string[]> {
  const columns: number[][] = [];
  let steps: Step[] = [];
  for (const size of sizes) {
    steps = make(size, documents);
    columns.push(await timesOf(steps));
  }
  const heads = sizes.map((size) => `${size.toLocaleString('en')} ${unit}`);
  return [
    `| step | where | how often | ${heads.join(' | ')} |`,
    `| --- | --- | --- | ${heads.map(() => '---:').join(' | ')} |`,
    ...steps.map(
      ({ name, where, often }, i) =>
        `| ${name} | ${where} | ${often} | ${columns.map((column) => (column[i] as number).toFixed(1)).join(' | ')} |`,
    ),
  ];
}

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-bench-'));
const documents = openDatabase(folder);
const text = [
  `CPU milliseconds, median of ${ROUNDS}; Node.js ${process.version}.`,
  '',
  ...(await tableOf(SAMPLES, 'samples', dataSteps, documents)),
  '',
  ...(await tableOf(STEPS, 'probes', traceSteps, documents)),
].join('\n');
documents.close();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${text}\n`);

if (process.argv.includes('--write')) {
  const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
  const [start, end] = ['<!-- generated by bench/data.ts -->', '<!-- end of data part -->'];
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split(start);
  const [, after = ''] = rest.split(end);
  writeFileSync(page, `${before}${start}\n\n${text}\n\n${end}${after}`);
}
