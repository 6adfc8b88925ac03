/** @file The report file: the report, the job, and the grids that its pictures are drawn from. */
import type { Job } from '../../jobs/index.ts';
import {
  decodeTensor,
  type Grid,
  gridOf,
  type StuckOfLayer,
  stuckOf,
  type Trace,
} from '../../statistics/index.ts';
import type { Report, SearchReport } from '../../study/index.ts';
import { webApplication } from '../../web/index.ts';
import { jsonOf, textOf } from './text.ts';

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
/** Indices of stuck units: what is beyond is told as a number alone. */
const MAX_STUCK = 10_000;
/** The fewest points, even for a network so deep that it then has more cells than that. */
const MIN_POINTS = 60;

const pointsFor = (layers: number, runs: number): number => {
  const metrics = PICTURES.reduce((sum, [, { length }]) => sum + length, 0);
  return Math.min(MAX_POINTS, Math.max(MIN_POINTS, Math.floor(CELLS / (metrics * layers * runs))));
};

/** Keeps the first layers, as many as have room. */
function fewStuck(trace: Pick<Trace, 'unit_passes'>): StuckOfLayer[] {
  let room = MAX_STUCK;
  return stuckOf(trace).filter(({ dead, saturated }) => {
    room -= (dead?.length ?? 0) + (saturated?.length ?? 0);
    return room >= 0;
  });
}

type NamedGrid = Grid & { readonly run: string; readonly tensor: string | null };

export interface ShownRuns {
  /** Runs whose curves are shown. */
  readonly curves: readonly string[];
  /** Those of them whose layers are. */
  readonly pictures: readonly string[];
}

/** @param known the finished runs */
export function shownRuns(
  [bytes]: readonly Uint8Array[],
  { known }: { readonly known: readonly string[] },
): ShownRuns {
  const report = JSON.parse(textOf(bytes as Uint8Array)) as Report | SearchReport;
  const recommended = 'kind' in report ? null : report.recommendation;
  const names = known.filter((run) => run.startsWith('baseline/'));
  // The seeds of its proof, as on the page: not those that have chosen it.
  const arm = recommended?.remedies.join('+');
  const proof = new Set(recommended?.seeds.map((seed) => `${arm}/${seed}`));
  const cured = known.filter((run) => proof.has(run));
  return { curves: [...names, ...cured], pictures: [names[0], cured[0]].filter((run) => run !== undefined) };
}

export interface PictureOptions {
  readonly run: string;
  /** How many runs share the room for pictures; null where this one has curves alone. */
  readonly pictures: number | null;
}

/** JSON of the run's grids. */
export async function gridsOfReport(
  [encoded]: readonly Uint8Array[],
  { run, pictures }: PictureOptions,
): Promise<Uint8Array> {
  const read = (tensor: string | null) => decodeTensor(encoded as Uint8Array, tensor);
  const trace = await read(null);
  const curves = { run, tensor: null, ...gridOf(trace, { tensor: null, max_points: MAX_POINTS }) };
  const grids: object[] = [curves];
  const max_points = pictures === null ? 0 : pointsFor(trace.layers.length, pictures);
  for (const [tensor, metrics] of pictures === null ? [] : PICTURES) {
    const grid = { run, tensor, ...gridOf(await read(tensor), { tensor, metrics, max_points }) };
    grids.push(tensor === 'output' ? { ...grid, stuck_units: fewStuck(trace) } : grid);
  }
  return jsonOf(grids);
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

export interface ReportText {
  readonly html: Uint8Array;
  readonly policy: string;
}

/** @param documents the report, and the grids of each run that is shown */
export async function reportFile(
  [result, ...grids]: readonly Uint8Array[],
  { job }: { readonly job: Job },
): Promise<ReportText> {
  const report = JSON.parse(textOf(result as Uint8Array)) as Report | SearchReport;
  const shown = grids.flatMap((one): NamedGrid[] => JSON.parse(textOf(one)));
  const web = await webApplication();
  const title = `${job.name ?? job.id} · GradClinic`;
  const { html, policy } = web.report(title, summaryOf(job, report), { job, report, grids: shown });
  return { html: Buffer.from(html), policy };
}
