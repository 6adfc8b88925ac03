/** @file `gradclinic serve`: the service in this process. */
import { type Command, Refusal, readArguments } from '../program.ts';

const OPTIONS = {
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
} as const;

/** Each option is a variable of the environment: one list of settings. */
const VARIABLES = { host: 'HOST', port: 'PORT', data: 'DATA_DIR' } as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('serve', args, OPTIONS);
  if (positionals.length > 0) throw new Refusal(`serve takes no argument, not "${positionals[0]}"`);
  for (const [option, variable] of Object.entries(VARIABLES)) {
    const value = values[option as keyof typeof VARIABLES];
    if (value !== undefined) process.env[variable] = value;
  }
  // It ends with its own exit code when a signal stops it.
  await import('../../src/server.ts');
  return 0;
}

export const serve: Command = {
  usage: `usage: gradclinic serve [--host HOST] [--port PORT] [--data FOLDER]

  --host  where it listens; default 127.0.0.1 (HOST)
  --port  default 8080; 0 takes a free one (PORT)
  --data  where jobs and files are kept; default ./data (DATA_DIR)

All other settings are variables of the environment: docs/operations.md, "Settings".
Ctrl-C or SIGTERM stops it; running jobs go on at the next start.`,
  run,
};
