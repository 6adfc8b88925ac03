/** @file What the report file carries beside the report: the job and the grids that its pictures are drawn from. */
import type { Job, JobService } from '../jobs/index.ts';
import { type Grid, gridOf } from '../statistics/index.ts';
import type { Report, SearchReport } from '../study/index.ts';
import { type ReportFile, webApplication } from '../web/index.ts';

const QUANTILES = ['abs_p05', 'abs_p25', 'abs_p50', 'abs_p75', 'abs_p95'];

/** By tensor, of each layer. */
const PICTURES: readonly (readonly [string, readonly string[]])[] = [
  ['kernel.gradient', ['rms', ...QUANTILES]],
  ['output_gradient', ['rms']],
  ['kernel.update', ['ratio_to_weight']],
  ['output', ['rms', 'dead_unit_fraction', 'saturated_fraction', 'effective_rank', ...QUANTILES]],
];

/** Numbers in a file: with so many of eight characters it stays well below 1 MB. */
const CELLS = 50_000;
const MAX_POINTS = 200;
/** Of a network so deep that it needs more than that. */
const MIN_POINTS = 60;

const pointsFor = (layers: number, runs: number): number => {
  const metrics = PICTURES.reduce((sum, [, { length }]) => sum + length, 0);
  return Math.min(MAX_POINTS, Math.max(MIN_POINTS, Math.floor(CELLS / (metrics * layers * runs))));
};

type NamedGrid = Grid & { readonly run: string; readonly tensor: string | null };

/** Runs whose curves are shown, and those of them whose layers are. */
function shownRuns(report: Report | SearchReport, known: readonly string[]) {
  const recommended = 'kind' in report ? null : report.recommendation;
  const names = known.filter((run) => run.startsWith('baseline/'));
  const cured =
    recommended === null ? [] : known.filter((run) => run.startsWith(`${recommended.remedies.join('+')}/`));
  return { curves: [...names, ...cured], pictures: [names[0], cured[0]].filter((run) => run !== undefined) };
}

async function gridsOf(jobs: JobService, id: string, report: Report | SearchReport): Promise<NamedGrid[]> {
  const { curves, pictures } = shownRuns(report, await jobs.runs(id));
  const grids: NamedGrid[] = [];
  for (const run of curves) {
    const trace = await jobs.trace(id, run);
    if (trace === null) continue;
    grids.push({ run, tensor: null, ...gridOf(trace, { tensor: null, max_points: MAX_POINTS }) });
    if (!pictures.includes(run)) continue;
    const max_points = pointsFor(trace.layers.length, pictures.length);
    for (const [tensor, metrics] of PICTURES)
      grids.push({ run, tensor, ...gridOf(trace, { tensor, metrics, max_points }) });
  }
  return grids;
}

/** For who opens the file where scripts do not run. */
function summaryOf(job: Job, report: Report | SearchReport): string {
  const title = job.name ?? job.id;
  if ('kind' in report) return `${title}\n\nA search over ${report.ranking.length} candidates.`;
  const findings = report.checks
    .filter(({ status }) => status === 'found')
    .map(({ rule, severity, explanation }) => `- ${rule} (${severity}): ${explanation}`);
  const { recommendation, recommendation_note: note } = report;
  const change = recommendation === null ? (note ?? 'none needed') : recommendation.remedies.join(' + ');
  return [title, `Verdict: ${report.verdict}`, ...findings, `Recommended: ${change}`].join('\n\n');
}

/** The report of a succeeded job as one file. */
export async function reportFileOf(jobs: JobService, job: Job, result: Buffer): Promise<ReportFile> {
  const report = JSON.parse(result.toString()) as Report | SearchReport;
  const grids = await gridsOf(jobs, job.id, report);
  const web = await webApplication();
  return web.report(`${job.name ?? job.id} · GradClinic`, summaryOf(job, report), { job, report, grids });
}
