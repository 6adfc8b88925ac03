/** @file The trained network of a run: which experiment it is of, and its weights as a file. */
import { createHash } from 'node:crypto';
import { parseExperiment, type ReportedExperiment, reportedExperiment } from '../../experiment/index.ts';
import { exportOnnx, torchState } from '../../export/index.ts';
import type { Report, SearchReport } from '../../study/index.ts';
import { canonicalJson } from '../../util/json.ts';
import { unpackText } from '../../util/packed_text.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../util/safetensors.ts';
import { HttpProblem, validationFailed } from '../problem.ts';
import { textOf } from './text.ts';
import { unpack } from './trace.ts';

export const weightLayouts = ['gradclinic', 'torch'] as const;
export type WeightLayout = (typeof weightLayouts)[number];

/** The arms of a report that have weights: the recommendation and the baseline. */
function armsOf({ experiment, recommendation }: Pick<Report, 'experiment' | 'recommendation'>) {
  const baseline = { name: 'baseline', experiment };
  if (recommendation === null) return [baseline];
  return [{ name: recommendation.remedies.join('+'), experiment: recommendation.experiment }, baseline];
}

/** @param report empty while there is none: then the experiment as it was accepted is that of the baseline */
function experimentOf(run: string, report: Uint8Array, accepted: Uint8Array): ReportedExperiment | null {
  if (report.length > 0) {
    const whole = JSON.parse(textOf(report)) as Report | SearchReport;
    const arms = 'kind' in whole ? [] : armsOf(whole);
    return arms.find(({ name }) => run.startsWith(`${name}/`))?.experiment ?? null;
  }
  if (accepted.length === 0 || !run.startsWith('baseline/')) return null;
  const parsed = parseExperiment(JSON.parse(unpackText(accepted)));
  return parsed.ok ? reportedExperiment(parsed.value.experiment) : null;
}

interface Wanted {
  readonly run: string;
  readonly at: 'initial' | 'final';
}

/** True if the weights of the run were kept. */
export const keepsWeights = async ([trace]: readonly Uint8Array[]): Promise<boolean> =>
  (await unpack(trace as Uint8Array)).weights !== null;

async function tensorsOf(trace: Uint8Array, at: Wanted['at']): Promise<Map<string, NamedTensor>> {
  const { weights } = await unpack(trace);
  const tensors = weights === null ? null : decodeSafetensors(weights[at]);
  if (tensors === null || !tensors.ok) throw new Error('a run without weights was asked for them');
  return tensors.value;
}

function laidOutForTorch(experiment: ReportedExperiment, tensors: ReadonlyMap<string, NamedTensor>) {
  const state = torchState(experiment, tensors);
  if (state.ok) return state.value;
  throw validationFailed([
    {
      pointer: '/query/layout',
      message: `the PyTorch code of this network has no place for ${state.error.slice(0, 8).join(', ')}`,
      fix: 'take the weights without `layout`',
    },
  ]);
}

export interface WeightsOptions extends Wanted {
  readonly layout: WeightLayout;
}

/** The hash of an experiment: SHA-256 of its canonical JSON as the report has it, whose data of its own are a hash already. */
const hashOf = (experiment: unknown): string =>
  createHash('sha256').update(canonicalJson(experiment)).digest('hex');

const frameworkOf: Readonly<Record<WeightLayout, Record<string, string>>> = {
  gradclinic: { framework: 'gradclinic', layout: 'gradclinic' },
  // Libraries for PyTorch look for this entry.
  torch: { framework: 'pytorch', layout: 'torch', format: 'pt' },
};

/** @param documents the trace; the report and the experiment as it was accepted, by `packText`, one of which may be empty */
export async function weightsFile(
  documents: readonly Uint8Array[],
  { run, at, layout }: WeightsOptions,
): Promise<Uint8Array> {
  const [trace, report, accepted] = documents as [Uint8Array, Uint8Array, Uint8Array];
  const experiment = experimentOf(run, report, accepted);
  const tensors = await tensorsOf(trace, at);
  const metadata = {
    ...frameworkOf[layout],
    ...{ run, at },
    ...(experiment !== null && { experiment_sha256: hashOf(experiment) }),
  };
  if (layout === 'gradclinic') return encodeSafetensors(tensors, metadata);
  if (experiment === null)
    throw new HttpProblem('job_not_finished', `only the report tells which network "${run}" is of`);
  return encodeSafetensors(laidOutForTorch(experiment, tensors), metadata);
}

/** The run whose model is meant where none is named: of the recommendation, if there is one. */
export function firstTrained([report]: readonly Uint8Array[]): string {
  const { baseline, recommendation } = JSON.parse(textOf(report as Uint8Array)) as Report;
  return recommendation === null
    ? `baseline/${baseline.runs[0]?.seed}`
    : `${recommendation.remedies.join('+')}/${recommendation.seeds[0]}`;
}

/** @param documents the trace and the report */
export async function modelFile(
  documents: readonly Uint8Array[],
  { run, at, batch_size }: Wanted & { readonly batch_size: number | null },
): Promise<Uint8Array> {
  const [trace, report] = documents as [Uint8Array, Uint8Array];
  const experiment = experimentOf(run, report, new Uint8Array());
  if (experiment === null) throw new Error(`no experiment belongs to the weights of ${run}`);
  return exportOnnx(experiment, await tensorsOf(trace, at), batch_size);
}
