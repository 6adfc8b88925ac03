/** @file The tools that a coding assistant gets: the routes of the service in the order in which a diagnosis needs them. */
import { z } from 'zod';
import {
  type Client,
  type components,
  isSearch,
  type Job,
  type paths,
  type Report,
} from '../../client/index.ts';
import { isOver, pageOf, readJob, readReport, submit } from '../calls.ts';
import { ask, type Connection } from '../connection.ts';
import { createStyle } from '../format.ts';
import { renderSearch } from '../search.ts';
import { renderSummary } from '../summary.ts';

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodRawShape;
  /** Whether it changes nothing at the service. */
  readonly readOnly: boolean;
  /** @returns what the assistant reads: text, or what becomes JSON */
  call(connection: Connection, input: never): Promise<unknown>;
}

const define = <S extends z.ZodRawShape>(
  tool: Omit<Tool, 'call' | 'input'> & {
    readonly input: S;
    call(connection: Connection, input: z.output<z.ZodObject<S>>): Promise<unknown>;
  },
): Tool => tool as unknown as Tool;

const jobId = z.string().describe('job_…, as submit_experiment gave it');
const json = z.record(z.string(), z.unknown());
const experiment = json.describe(
  'The experiment as JSON: network, data, training; see read_catalog for the words, preflight for what is wrong with it',
);

/** What is worth telling of a job while it runs and after. */
const brief = (connection: Connection, job: Job) => ({
  job_id: job.id,
  status: job.status,
  progress: job.progress,
  estimate: job.estimate,
  summary: job.summary,
  error: job.error,
  page: pageOf(connection, job),
});

/** Clients of the protocol give up on a call after a minute. */
const LONGEST_WAIT_S = 50;

/** The report without what its parts repeat; each may be asked for. */
const PARTS = [
  'checks',
  'remedies',
  'recommendation',
  'controls',
  'preflight',
  'baseline',
  'reference',
  'experiment',
] as const;

async function readSummary({ client }: Connection, id: string): Promise<string> {
  const report = await readReport(client, id);
  return isSearch(report) ? renderSearch(report) : renderSummary(report, [], createStyle(false)).trim();
}

async function readParts(client: Client, id: string, parts: readonly string[]): Promise<unknown> {
  const report = await readReport(client, id);
  if (isSearch(report)) return report;
  const { verdict } = report;
  const chosen = parts.map((part) => [part, report[part as keyof Report] ?? null]);
  return { verdict, ...Object.fromEntries(chosen) };
}

type Kind = paths['/v1/catalog/{kind}']['get']['parameters']['path']['kind'];
type Entries = Readonly<Record<string, readonly { readonly id: string }[]>>;

/** The whole catalogue is a quarter of a megabyte: names first. */
const namesOf = (entries: Entries): unknown =>
  Object.fromEntries(Object.entries(entries).map(([kind, list]) => [kind, list.map(({ id }) => id)]));

const statisticsInput = {
  job_id: jobId,
  run: z.string().optional().describe('for example baseline/0; all runs where left out'),
  layer: z.string().optional(),
  tensor: z.string().optional().describe('for example output, output_gradient, kernel, kernel.gradient'),
  metric: z
    .string()
    .optional()
    .describe('for example rms, abs_p50, dead_unit_fraction; loss for the run as a whole'),
  from_step: z.int().min(0).optional(),
  to_step: z.int().min(0).optional(),
  max_points: z.int().min(1).max(1000).default(20).describe('steps of each series, evenly thinned out'),
  limit: z.int().min(1).max(2000).default(500).describe('rows of one answer'),
  cursor: z.string().optional().describe('next_cursor of the answer before'),
};

export const tools: readonly Tool[] = [
  define({
    name: 'preflight',
    description:
      'Checks an experiment without training: shapes and parameters of each layer, cost, what theory predicts of signal and gradient. Quick; use it before submit_experiment.',
    input: { experiment },
    readOnly: true,
    call: ({ client }, input) =>
      ask(client.POST('/v1/preflight', { body: input.experiment as components['schemas']['Experiment'] })),
  }),
  define({
    name: 'submit_experiment',
    description:
      'Trains a network and diagnoses its gradients, then tries remedies and proves one on fresh seeds. Answers at once with the id of the job, which takes seconds to minutes: go on with wait_for_job.',
    input: { experiment },
    readOnly: false,
    call: async (connection, input) =>
      brief(connection, await submit(connection.client, JSON.stringify(input.experiment))),
  }),
  define({
    name: 'wait_for_job',
    description: `Waits until a job has ended, at most ${LONGEST_WAIT_S} s; call it again while the status is queued or running.`,
    input: { job_id: jobId, seconds: z.int().min(0).max(LONGEST_WAIT_S).default(30) },
    readOnly: true,
    call: async (connection, { job_id, seconds }) => {
      const job = await readJob(connection.client, job_id, seconds);
      return { ended: isOver(job), ...brief(connection, job) };
    },
  }),
  define({
    name: 'cancel_job',
    description: 'Ends a job that is queued or running; its report is lost.',
    input: { job_id: jobId },
    readOnly: false,
    call: async (connection, { job_id }) =>
      brief(
        connection,
        await ask(connection.client.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job_id } } })),
      ),
  }),
  define({
    name: 'read_summary',
    description:
      'The diagnosis of a job that has succeeded in a few lines: verdict, root cause, recommended change, loss before and after.',
    input: { job_id: jobId },
    readOnly: true,
    call: (connection, { job_id }) => readSummary(connection, job_id),
  }),
  define({
    name: 'read_report',
    description:
      'Parts of the report of a job that has succeeded. `recommendation` holds the changed experiment, its patch, and PyTorch and Keras code; `checks` every rule with its evidence and threshold.',
    input: {
      job_id: jobId,
      parts: z.array(z.enum(PARTS)).min(1).default(['checks', 'recommendation']),
    },
    readOnly: true,
    call: ({ client }, { job_id, parts }) => readParts(client, job_id, parts),
  }),
  define({
    name: 'read_statistics',
    description:
      'What was measured at each probed step: rows of run, step, layer, tensor, metric, value. A value that is not finite is null, and non_finite says which.',
    input: statisticsInput,
    readOnly: true,
    call: ({ client }, { job_id, ...query }) =>
      ask(
        client.GET('/v1/jobs/{id}/statistics', {
          params: { path: { id: job_id }, query: query as never },
          parseAs: 'json',
        }),
      ),
  }),
  define({
    name: 'diagnose_trace',
    description:
      'The same checks on a training of your own, recorded elsewhere (a trace as JSON, for example of the Python package). Trains nothing; its remedies are unproven.',
    input: { trace: json.describe('the body of POST /v1/diagnoses') },
    readOnly: true,
    call: ({ client }, { trace }) =>
      ask(
        client.POST('/v1/diagnoses', { body: trace as unknown as components['schemas']['DiagnosisRequest'] }),
      ),
  }),
  define({
    name: 'read_catalog',
    description:
      'The words of an experiment. Without arguments the kinds and their names; with kind and id one entry: options, defaults, formula, thresholds, sources.',
    input: {
      kind: z
        .string()
        .optional()
        .describe(
          'for example layers, activations, initializers, losses, optimizers, data_sets, rules, remedies',
        ),
      id: z.string().optional(),
    },
    readOnly: true,
    call: async ({ client }, { kind, id }) => {
      if (kind === undefined) return namesOf(await ask(client.GET('/v1/catalog')));
      if (id !== undefined)
        return ask(client.GET('/v1/catalog/{kind}/{id}', { params: { path: { kind: kind as Kind, id } } }));
      const { data } = await ask(
        client.GET('/v1/catalog/{kind}', { params: { path: { kind: kind as Kind } } }),
      );
      return namesOf({ [kind]: data });
    },
  }),
];
