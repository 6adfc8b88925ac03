/** @file `gradclinic diagnose`: posts an experiment, shows its progress, prints the diagnosis. */
import type { Job, Report } from '../../client/index.ts';
import { pageOf, readGradients, readReport, readReportFile, submit } from '../calls.ts';
import { type Connection, connect, placeOf } from '../connection.ts';
import { type DataArguments, withData } from '../data.ts';
import { follow } from '../follow.ts';
import { createStyle } from '../format.ts';
import { askOnInterrupt } from '../interrupt.ts';
import {
  type Command,
  checkReadable,
  EXIT_CODES,
  exitCodeOf,
  onlyArgument,
  Refusal,
  readArguments,
  readText,
  SERVICE_OPTIONS,
  writeText,
} from '../program.ts';
import { renderReport } from '../render.ts';
import { renderSummary } from '../summary.ts';

const USAGE = `usage: gradclinic diagnose FILE [--url URL] [--api-key KEY] [--json] [--details] [--report FILE]
                                [--data FILE [--targets NAMES] [--inputs NAMES]]

  FILE       an experiment (JSON), for example examples/deep-sigmoid.json
  --url      the service (or GRADCLINIC_URL); default http://127.0.0.1:PORT (8080), or an embedded one if none answers there
  --api-key  sent as a bearer token (or GRADCLINIC_API_KEY)
  --json     print the report and nothing else
  --details  print every check, remedy and the code, not only the summary
  --report   also write the report as one HTML file
  --data     a file of your own that becomes the data: CSV, Parquet, NPZ, a zip of images, … (docs/data.md)
  --targets  what is to be predicted: columns or an array of it, separated by commas
  --inputs   what it is predicted from; by default everything else

${EXIT_CODES}`;

const OPTIONS = {
  ...SERVICE_OPTIONS,
  json: { type: 'boolean', default: false },
  details: { type: 'boolean', default: false },
  report: { type: 'string' },
  data: { type: 'string' },
  targets: { type: 'string' },
  inputs: { type: 'string' },
} as const;

interface Wanted {
  readonly file: string;
  readonly json: boolean;
  readonly details: boolean;
  readonly reportPath: string | undefined;
}

async function print(connection: Connection, job: Job, report: Report, { details, reportPath }: Wanted) {
  const style = createStyle(process.stdout.isTTY === true && !process.env.NO_COLOR);
  const places = [
    ...(connection.embedded ? [] : [`Page:     ${pageOf(connection, job)}`]),
    ...(reportPath === undefined ? [] : [`Report:   ${reportPath}`]),
    ...(details ? [] : ['Details:  --details']),
  ];
  console.log(renderSummary(report, places, style));
  if (!details) return;
  const first = report.baseline.runs[0]?.seed ?? 0;
  const gradients = await readGradients(connection.client, job.id, `baseline/${first}`);
  console.log(renderReport(report, gradients, style));
}

async function watch(connection: Connection, experiment: string, wanted: Wanted): Promise<number> {
  const { client } = connection;
  const submitted = await submit(client, experiment, wanted.file);
  const page = pageOf(connection, submitted);
  console.error(`job ${submitted.id}: ${page}`);
  const stopAsking = askOnInterrupt(connection, submitted, page);
  const job = await follow(client, submitted);
  stopAsking();
  if (job.status !== 'succeeded')
    throw new Refusal(
      `the job is ${job.status}${job.error ? `: ${job.error.detail} [${job.error.code}]` : ''}`,
    );
  if (wanted.reportPath !== undefined) writeText(wanted.reportPath, await readReportFile(client, job.id));
  const report = (await readReport(client, job.id)) as Report;
  if (wanted.json) console.log(JSON.stringify(report, null, 2));
  else await print(connection, job, report, wanted);
  return exitCodeOf(report.verdict);
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('diagnose', args, OPTIONS);
  const file = onlyArgument('diagnose', 'experiment file', positionals);
  const { json, details, report: reportPath, data, targets, inputs } = values;
  if (data === undefined && (targets ?? inputs) !== undefined)
    throw new Refusal('--targets and --inputs name columns of the file that --data gives');
  const own: DataArguments | null = data === undefined ? null : { data, targets, inputs };
  const text = readText(file);
  if (data !== undefined) checkReadable(data);
  const connection = await connect(placeOf(values));
  try {
    const experiment = own === null ? text : await withData(text, own, connection.client);
    return await watch(connection, experiment, { file, json, details, reportPath });
  } finally {
    await connection.close();
  }
}

export const diagnose: Command = { usage: USAGE, run };
