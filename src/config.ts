/** @file The only reader of process.env: settings with their defaults, parsed and frozen. */
import { isIPv4 } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** Digits, with an exponent if need be. `Number` alone would also read '' as 0, which as a port means any. */
const NUMBER = /^\d+(\.\d+)?(e\+?\d{1,2})?$/i;

const integer = (from: number, to: number, fallback: number) =>
  z
    .string()
    .regex(NUMBER, 'has to be a number')
    .transform(Number)
    .pipe(
      z
        .number()
        .int('has to be an integer')
        .min(from, `has to be ${from} or more`)
        .max(to, `has to be ${to} or less`),
    )
    .default(fallback);

const isPostgresUrl = (url: string): boolean => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url);

const count = (fallback: number) => integer(1, Number.MAX_SAFE_INTEGER, fallback);

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
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  ALLOW_ANONYMOUS: z.enum(['true', 'false']).default('false'),
  MAX_BODY_BYTES: count(16 * 2 ** 20),
  MAX_PARAMETERS: count(2e7),
  MAX_FLOPS_PER_STEP: count(2e10),
  MAX_TOTAL_FLOPS: count(5e14),
  MAX_MEMORY_BYTES: count(2 * 2 ** 30),
});

/** Part of the contract, but not of this version: a value that would be ignored stops the start instead. */
const unsupported = ['API_KEYS_FILE'] as const;

/** May hold a password, so that what it was is not said. */
const secret = new Set(['DATABASE_URL']);

export interface Limits {
  readonly max_body_bytes: number;
  readonly max_parameters: number;
  readonly max_flops_per_step: number;
  readonly max_total_flops: number;
  readonly max_memory_bytes: number;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** null: a SQLite file in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly role: 'all' | 'api' | 'worker';
  readonly workerThreads: number;
  readonly logLevel: string;
  readonly limits: Limits;
}

/** One line that names the variable and what it may be. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** @throws ConfigError */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  for (const name of unsupported) {
    if (environment[name]) throw new ConfigError(`${name} is not supported by this version yet; unset it`);
  }
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    const given = secret.has(name) ? '…' : JSON.stringify(environment[name]);
    throw new ConfigError(`${name}=${given} is not valid: ${issue?.message}`);
  }
  const values = parsed.data;
  if (!isLoopback(values.HOST) && values.ALLOW_ANONYMOUS !== 'true') {
    throw new ConfigError(
      `HOST=${values.HOST} would serve anybody; set ALLOW_ANONYMOUS=true if that is wanted`,
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
    logLevel: values.LOG_LEVEL,
    limits: Object.freeze({
      max_body_bytes: values.MAX_BODY_BYTES,
      max_parameters: values.MAX_PARAMETERS,
      max_flops_per_step: values.MAX_FLOPS_PER_STEP,
      max_total_flops: values.MAX_TOTAL_FLOPS,
      max_memory_bytes: values.MAX_MEMORY_BYTES,
    }),
  });
}
