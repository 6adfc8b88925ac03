/** @file The only reader of process.env: settings with their defaults, parsed and frozen. */
import { isIPv4 } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { z } from 'zod';
import { type Access, createAccess, type KeyLimits, KeysFileError, readKeys } from './access/index.ts';
import { inPlainWords } from './util/requirement.ts';
import { type Allowed, isSecret, parseAllowed } from './webhooks/index.ts';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** Digits, with an exponent if need be. `Number` alone would also read '' as 0, which as a port means any. */
const NUMBER = /^-?\d+(\.\d+)?(e\+?\d{1,2})?$/i;

const between = (from: number, to: number, fallback: number, number = z.number()) =>
  z
    .string()
    .regex(NUMBER, 'has to be a number')
    .transform(Number)
    .pipe(number.min(from, `has to be ${from} or more`).max(to, `has to be ${to} or less`))
    .default(fallback);

const integer = (from: number, to: number, fallback: number) =>
  between(from, to, fallback, z.number().int('has to be an integer'));

const isPostgresUrl = (url: string): boolean => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url);

const count = (fallback: number) => integer(1, Number.MAX_SAFE_INTEGER, fallback);

const isOrigin = (text: string): boolean => /^https?:/.test(text) && URL.parse(text)?.origin === text;

/** Of the machine, or of what a container has of it: there must be some left when requests are refused. */
const MEMORY_SHARE = 0.9;
const memoryShare = (): number =>
  Math.floor(MEMORY_SHARE * Math.min(totalmem(), process.constrainedMemory() || Infinity));

/** "https://a.example, https://b.example" */
const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine((list) => list.every(isOrigin), 'has to be origins like https://example.org, separated by commas')
  .default([]);

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: integer(0, 65_535, 8080),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: z
    .string()
    .refine((url) => url === '' || isPostgresUrl(url), 'has to be postgres://user:password@host/database')
    .default(''),
  ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  WORKER_THREADS: integer(1, 256, availableParallelism()),
  // Twenty heartbeats. A worker that was only slow loses its attempt, never its finished trials.
  LEASE_SECONDS: integer(2, 600, 20),
  // What it takes to hand a trial over, and to have its result back, many times over.
  SHARED_TRIAL_SECONDS: integer(0, 86_400, 2),
  SNAPSHOT_SECONDS: between(0.1, 86_400, 60),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  ALLOW_ANONYMOUS: z.enum(['true', 'false']).default('false'),
  API_KEYS_FILE: z.string().min(1).optional(),
  CORS_ORIGINS: origins,
  RATE_LIMIT_PER_MINUTE: count(6000),
  MAX_QUEUED_JOBS: count(1000),
  MAX_RUNNING_JOBS: count(100),
  MAX_FLOPS_PER_HOUR: count(1e16),
  // A timer of Node.js holds no more than 24 days.
  MAX_JOB_SECONDS: integer(1, 2_000_000, 86_400),
  WEBHOOK_SECRET: z
    .string()
    .refine((text) => text === '' || isSecret(text), 'has to be whsec_ and base64')
    .default(''),
  WEBHOOK_ALLOW: z
    .string()
    .default('')
    .transform(parseAllowed)
    .refine(
      (allowed) => allowed !== null,
      'has to be hosts, addresses or networks like 10.0.0.0/8, separated by commas',
    ),
  WEBHOOK_RETRY_MS: count(5000),
  WEBHOOK_TIMEOUT_MS: integer(1, 600_000, 15_000),
  RETENTION_DAYS: integer(0, 36_500, 0),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine(
      (url) => url === '' || (/^https?:/.test(url) && URL.canParse(url)),
      'has to be http://host:port of a collector',
    )
    .default(''),
  MAX_EVENT_LOOP_DELAY_MS: count(2000),
  MAX_RSS_BYTES: count(memoryShare()),
  MAX_BODY_BYTES: count(16 * 2 ** 20),
  MAX_FILE_BYTES: count(512 * 2 ** 20),
  MAX_STORED_BYTES: count(20 * 2 ** 30),
  MAX_PARAMETERS: count(2e7),
  MAX_FLOPS_PER_STEP: count(2e10),
  MAX_TOTAL_FLOPS: count(5e14),
  MAX_MEMORY_BYTES: count(2 * 2 ** 30),
  // Four million numbers. Whoever reads a trace has all of it in memory.
  MAX_TRACE_BYTES: count(256 * 2 ** 20),
});

/** May hold a password, so that what it was is not said. */
const secret = new Set(['DATABASE_URL', 'WEBHOOK_SECRET']);

export interface Limits {
  readonly max_body_bytes: number;
  readonly max_parameters: number;
  readonly max_flops_per_step: number;
  readonly max_total_flops: number;
  readonly max_memory_bytes: number;
  readonly max_trace_bytes: number;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** null: a SQLite file in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly role: 'all' | 'api' | 'worker';
  readonly workerThreads: number;
  /** How long a worker may be silent before its job is another's. */
  readonly leaseSeconds: number;
  /** Other workers may train a trial that is estimated to take as long. */
  readonly sharedTrialSeconds: number;
  /** A training is kept so often, to go on from there if its process dies. */
  readonly snapshotSeconds: number;
  readonly logLevel: string;
  /** Where spans are sent; null: nowhere. */
  readonly tracesEndpoint: string | null;
  /** Who may call, and how much. */
  readonly access: Access;
  /** Whose pages may call from a browser. */
  readonly corsOrigins: readonly string[];
  /** Beyond which requests are answered with 503. */
  readonly pressure: { readonly max_event_loop_delay_ms: number; readonly max_rss_bytes: number };
  /** Where they may go beside the public internet, what signs them unless a key has a secret of its own, and the first delay. */
  readonly webhooks: {
    readonly secret: string | null;
    readonly allowed: Allowed;
    readonly retryMs: number;
    readonly timeoutMs: number;
  };
  /** 0 keeps results for ever. */
  readonly retentionDays: number;
  readonly limits: Limits;
  /** Most bytes of uploaded files: of each, and of those of one key together. */
  readonly uploads: { readonly max_file_bytes: number; readonly max_stored_bytes: number };
}

/** One line that names the variable and what it may be. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** The access keys, or null where the service asks for none. */
function keysOf(path: string | undefined) {
  if (path === undefined) return null;
  try {
    return readKeys(path);
  } catch (error) {
    if (!(error instanceof KeysFileError)) throw error;
    throw new ConfigError(`API_KEYS_FILE=${JSON.stringify(path)} is not valid: ${error.message}`);
  }
}

const keyLimitsOf = (values: z.output<typeof schema>): KeyLimits =>
  Object.freeze({
    requests_per_minute: values.RATE_LIMIT_PER_MINUTE,
    max_queued_jobs: values.MAX_QUEUED_JOBS,
    max_running_jobs: values.MAX_RUNNING_JOBS,
    max_total_flops: values.MAX_TOTAL_FLOPS,
    max_flops_per_hour: values.MAX_FLOPS_PER_HOUR,
    max_job_seconds: values.MAX_JOB_SECONDS,
  });

/** Where access keys are kept; undefined where nothing says so. */
export const readKeysPath = (): string | undefined => process.env.API_KEYS_FILE || undefined;

/** @throws ConfigError */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = schema.safeParse(environment, inPlainWords);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    const given = secret.has(name) ? '…' : JSON.stringify(environment[name]);
    throw new ConfigError(`${name}=${given} is not valid: ${issue?.message}`);
  }
  const values = parsed.data;
  const keys = keysOf(values.API_KEYS_FILE);
  if (keys === null && !isLoopback(values.HOST) && values.ALLOW_ANONYMOUS !== 'true') {
    throw new ConfigError(
      `HOST=${values.HOST} would serve anybody; set API_KEYS_FILE, or ALLOW_ANONYMOUS=true if that is wanted`,
    );
  }
  if (values.ROLE !== 'all' && values.DATABASE_URL === '') {
    throw new ConfigError(`ROLE=${values.ROLE} needs DATABASE_URL: a SQLite file is for one process`);
  }
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    dataDir: values.DATA_DIR,
    databaseUrl: values.DATABASE_URL || null,
    role: values.ROLE,
    workerThreads: values.WORKER_THREADS,
    leaseSeconds: values.LEASE_SECONDS,
    sharedTrialSeconds: values.SHARED_TRIAL_SECONDS,
    snapshotSeconds: values.SNAPSHOT_SECONDS,
    logLevel: values.LOG_LEVEL,
    tracesEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT || null,
    access: createAccess(keys, keyLimitsOf(values)),
    corsOrigins: Object.freeze(values.CORS_ORIGINS),
    pressure: Object.freeze({
      max_event_loop_delay_ms: values.MAX_EVENT_LOOP_DELAY_MS,
      max_rss_bytes: values.MAX_RSS_BYTES,
    }),
    webhooks: Object.freeze({
      secret: values.WEBHOOK_SECRET || null,
      allowed: values.WEBHOOK_ALLOW as Allowed,
      retryMs: values.WEBHOOK_RETRY_MS,
      timeoutMs: values.WEBHOOK_TIMEOUT_MS,
    }),
    retentionDays: values.RETENTION_DAYS,
    uploads: Object.freeze({
      max_file_bytes: values.MAX_FILE_BYTES,
      max_stored_bytes: values.MAX_STORED_BYTES,
    }),
    limits: Object.freeze({
      max_body_bytes: values.MAX_BODY_BYTES,
      max_parameters: values.MAX_PARAMETERS,
      max_flops_per_step: values.MAX_FLOPS_PER_STEP,
      max_total_flops: values.MAX_TOTAL_FLOPS,
      max_memory_bytes: values.MAX_MEMORY_BYTES,
      max_trace_bytes: values.MAX_TRACE_BYTES,
    }),
  });
}
