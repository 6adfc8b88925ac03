/** @file Posts an experiment, shows its progress, prints the diagnosis. Exit code: 0 healthy, 1 unhealthy, 2 refused or failed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { readConfig } from '../src/config.ts';
import type { Job } from '../src/jobs/index.ts';
import { answers, Client, ServiceError } from './client.ts';
import { type DataArguments, withData } from './data.ts';
import { createStyle } from './format.ts';
import { renderReport } from './render.ts';
import { renderSummary } from './summary.ts';

const USAGE = `usage: npm run diagnose -- FILE [--url URL] [--api-key KEY] [--json]
                               [--details] [--report FILE]
                               [--data FILE [--targets NAMES] [--inputs NAMES]]

  FILE       an experiment (JSON), for example examples/deep-sigmoid.json
  --url      the service; default http://127.0.0.1:PORT (8080), or an embedded one if none answers there
  --api-key  sent as a bearer token
  --json     print the report and nothing else
  --details  print every check, remedy and the code, not only the summary
  --report   also write the report as one HTML file
  --data     a file of your own that becomes the data: CSV, Parquet, NPZ, a zip of images, … (docs/data.md)
  --targets  what is to be predicted: columns or an array of it, separated by commas
  --inputs   what it is predicted from; by default everything else

exit code: 0 healthy, 1 unhealthy, 2 refused or failed`;

/** Standard output is for the report alone: `--json | jq`. */
const STDERR = 2;

/** As the service itself: PORT says where it listens. */
const DEFAULT_URL = `http://127.0.0.1:${Number(process.env.PORT) || 8080}`;

function readArguments(): {
  file: string;
  url: string | undefined;
  apiKey: string | undefined;
  json: boolean;
  details: boolean;
  reportPath: string | undefined;
  own: DataArguments | null;
} {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      'api-key': { type: 'string' },
      json: { type: 'boolean', default: false },
      details: { type: 'boolean', default: false },
      report: { type: 'string' },
      data: { type: 'string' },
      targets: { type: 'string' },
      inputs: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1)
    throw new ServiceError(`one experiment file is needed\n${USAGE}`);
  const { data, targets, inputs, url, json, details, report: reportPath } = values;
  const own = data === undefined ? null : { data, targets, inputs };
  return { file, url, apiKey: values['api-key'], json, details, reportPath, own };
}

interface Connection {
  readonly url: string;
  /** Of this call alone: its jobs end with it. */
  readonly embedded: boolean;
  close(): Promise<void>;
}

/** The service at `url`, or the default one, or one of our own for this call. */
async function connect(url: string | undefined): Promise<Connection> {
  const nothing = async () => {};
  if (url !== undefined) return { url: url.replace(/\/+$/, ''), embedded: false, close: nothing };
  if (await answers(DEFAULT_URL)) return { url: DEFAULT_URL, embedded: false, close: nothing };
  console.error(`no service at ${DEFAULT_URL}: starting an embedded one`);
  const { startService } = await import('../src/service.ts');
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-'));
  const config = { ...readConfig({}), port: 0, dataDir: folder, logLevel: 'error' };
  const service = await startService(config, undefined, STDERR);
  return {
    url: service.url,
    embedded: true,
    close: async () => {
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Follows the job to its end: a bar on a terminal, a line for each phase elsewhere. */
async function follow(client: Client, submitted: Job): Promise<Job> {
  const terminal = process.stderr.isTTY === true;
  const bar = new SingleBar(
    { format: '{phase} |{bar}| {value}/{total} trials', hideCursor: true, stream: process.stderr },
    Presets.shades_classic,
  );
  if (terminal) bar.start(submitted.progress.total_trials, 0, { phase: 'queued' });
  let job = submitted;
  let shown = '';
  while (job.status === 'queued' || job.status === 'running') {
    job = await client.job(submitted.id, 0);
    const { phase, completed_trials, total_trials } = job.progress;
    if (terminal) {
      bar.setTotal(Math.max(1, total_trials));
      bar.update(completed_trials, { phase: phase.padEnd(14) });
    } else if (phase !== shown) console.error(`${phase}: ${completed_trials}/${total_trials} trials`);
    shown = phase;
    if (job.status === 'queued' || job.status === 'running')
      await new Promise((resolve) => setTimeout(resolve, 200));
  }
  bar.stop();
  return job;
}

/** Ctrl-C: the job is the service's and goes on, unless it is to be canceled. A second Ctrl-C ends this program at once. */
function askOnInterrupt(client: Client, job: Job, page: string, { embedded }: Connection): void {
  process.once('SIGINT', async () => {
    // Nobody to ask, or nothing that would go on.
    if (embedded || process.stdin.isTTY !== true) {
      if (!embedded) console.error(`\nthe job goes on: ${page}`);
      process.exit(2);
    }
    const asked = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await asked.question('\nCancel the job? It goes on otherwise. [y/N] ');
    asked.close();
    if (/^y(es)?$/i.test(answer.trim())) await client.cancel(job.id).catch(() => {});
    else console.error(`the job goes on: ${page}`);
    process.exit(2);
  });
}

async function print(client: Client, job: Job, page: string | null, details: boolean, reportPath?: string) {
  const report = await client.report(job.id);
  const style = createStyle(process.stdout.isTTY === true && !process.env.NO_COLOR);
  const places = [
    ...(page === null ? [] : [`Page:     ${page}`]),
    ...(reportPath === undefined ? [] : [`Report:   ${reportPath}`]),
    ...(details ? [] : ['Details:  --details']),
  ];
  console.log(renderSummary(report, places, style));
  if (!details) return;
  const gradients = await client.gradientRms(job.id, `baseline/${report.baseline.runs[0]?.seed ?? 0}`);
  console.log(renderReport(report, gradients, style));
}

async function main(): Promise<number> {
  const { file, url, apiKey, json, details, reportPath, own } = readArguments();
  const text = readFileSync(file, 'utf8');
  const connection = await connect(url);
  try {
    const client = new Client(connection.url, apiKey);
    const experiment = own === null ? text : await withData(text, own, client);
    const submitted = await client.submit(experiment);
    const page = `${connection.url}${submitted.links?.web ?? ''}`;
    console.error(`job ${submitted.id}: ${page}`);
    askOnInterrupt(client, submitted, page, connection);
    const job = await follow(client, submitted);
    if (job.status !== 'succeeded') {
      throw new ServiceError(
        `the job is ${job.status}${job.error ? `: ${job.error.detail} [${job.error.code}]` : ''}`,
      );
    }
    if (reportPath !== undefined) writeFileSync(reportPath, await client.reportFile(job.id));
    const report = await client.report(job.id);
    if (json) console.log(JSON.stringify(report, null, 2));
    else await print(client, job, connection.embedded ? null : page, details, reportPath);
    return report.verdict === 'healthy' ? 0 : 1;
  } finally {
    await connection.close();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 2;
});
