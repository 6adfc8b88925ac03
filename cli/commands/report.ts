/** @file `gradclinic report`: what a finished job has found, in lines, as JSON, or as one HTML file. */
import { isSearch } from '../../client/index.ts';
import { isOver, pageOf, readGradients, readJob, readReport, readReportFile } from '../calls.ts';
import { connectNamed, placeOf } from '../connection.ts';
import { createStyle } from '../format.ts';
import {
  type Command,
  EXIT_CODES,
  exitCodeOf,
  onlyArgument,
  Refusal,
  readArguments,
  SERVICE_OPTIONS,
  writeText,
} from '../program.ts';
import { renderReport } from '../render.ts';
import { renderSearch } from '../search.ts';
import { renderSummary } from '../summary.ts';

const OPTIONS = {
  ...SERVICE_OPTIONS,
  json: { type: 'boolean', default: false },
  details: { type: 'boolean', default: false },
  out: { type: 'string' },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('report', args, OPTIONS);
  const id = onlyArgument('report', 'id of a job', positionals);
  const connection = await connectNamed(placeOf(values));
  const { client } = connection;
  const job = await readJob(client, id, 0);
  if (!isOver(job))
    throw new Refusal(
      `the job is ${job.status}: there is no report yet. Watch it at ${pageOf(connection, job)}`,
    );
  const report = await readReport(client, id);
  if (values.out !== undefined) writeText(values.out, await readReportFile(client, id));
  const style = createStyle(process.stdout.isTTY === true && !process.env.NO_COLOR);
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else if (isSearch(report)) console.log(renderSearch(report));
  else {
    const places = [`Page:     ${pageOf(connection, job)}`];
    console.log(
      renderSummary(
        report,
        values.out === undefined ? places : [...places, `Report:   ${values.out}`],
        style,
      ),
    );
    const first = report.baseline.runs[0]?.seed ?? 0;
    if (values.details)
      console.log(renderReport(report, await readGradients(client, id, `baseline/${first}`), style));
  }
  return isSearch(report) ? 0 : exitCodeOf(report.verdict);
}

export const report: Command = {
  usage: `usage: gradclinic report JOB_ID [--url URL] [--api-key KEY] [--json] [--details] [--out FILE]

  JOB_ID     of a job that has ended: job_…
  --url      the service (or GRADCLINIC_URL); default http://127.0.0.1:PORT (8080)
  --api-key  sent as a bearer token (or GRADCLINIC_API_KEY)
  --json     print the report and nothing else
  --details  print every check, remedy and the code, not only the summary
  --out      also write the report as one HTML file

${EXIT_CODES} (a search has no verdict: 0)`,
  run,
};
