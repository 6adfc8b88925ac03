/** @file The numbers that an operator watches, in the text format of Prometheus. One set for each service. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, from a query to a long poll. */
const REQUEST_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60];
const QUERY_BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
const STEP_BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
const PHASE_BUCKETS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 7200];

export interface Metrics {
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly jobs: Gauge<'status'>;
  readonly queueAge: Gauge;
  readonly queueWork: Gauge;
  readonly trials: Counter<'outcome'>;
  readonly phases: Histogram<'phase'>;
  readonly steps: Histogram;
  readonly threads: Gauge<'state'>;
  readonly queries: Histogram;
  /** Called before every reading, for what is looked up rather than counted. */
  onRead(refresh: () => Promise<void> | void): void;
  /** All of them as text; rejects where a refresh does. */
  read(): Promise<string>;
}

/** Counts from zero; `nodejs_*` and `process_*` of prom-client (event-loop lag, memory, CPU) included. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const refreshes: (() => Promise<void> | void)[] = [];
  collectDefaultMetrics({ register: registry });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[] = []) =>
    new Histogram<L>({ name: `gradclinic_${name}`, help, buckets, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge<L>({ name: `gradclinic_${name}`, help, labelNames, registers });
  return {
    requests: histogram(
      'http_request_duration_seconds',
      'Requests, by route; long polls and streams included',
      REQUEST_BUCKETS,
      ['method', 'route', 'status'],
    ),
    jobs: gauge('jobs', 'Jobs that are queued or running', ['status']),
    queueAge: gauge(
      'queue_oldest_job_age_seconds',
      'Since the oldest queued job was accepted; 0 without one',
    ),
    queueWork: gauge(
      'queue_work_seconds',
      'Seconds of one thread that queued jobs and waiting trials are estimated to take',
    ),
    trials: new Counter({
      name: 'gradclinic_trials_total',
      help: 'Trainings that ended in this process',
      labelNames: ['outcome'],
      registers,
    }),
    phases: histogram('phase_duration_seconds', 'What a phase of a job took', PHASE_BUCKETS, ['phase']),
    steps: histogram(
      'step_duration_seconds',
      'Mean over the steps of one training, its preparation included',
      STEP_BUCKETS,
    ),
    threads: gauge('worker_threads', 'Worker threads', ['state']),
    queries: histogram('database_query_duration_seconds', 'Statements to the database', QUERY_BUCKETS),
    onRead: (refresh) => void refreshes.push(refresh),
    async read() {
      await Promise.all(refreshes.map((refresh) => refresh()));
      return registry.metrics();
    },
  };
}
