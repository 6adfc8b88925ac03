/** @file `gradclinic COMMAND …`: finds the command, loads it alone, ends with its exit code. */
import { nearest } from '../src/util/nearest.ts';
import { type Command, EXIT, Refusal } from './program.ts';
import { version } from './version.ts';

const COMMANDS: Readonly<Record<string, { readonly does: string; load(): Promise<Command> }>> = {
  serve: {
    does: 'start the service',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  diagnose: {
    does: 'post an experiment, watch it, print the diagnosis',
    load: async () => (await import('./commands/diagnose.ts')).diagnose,
  },
  report: {
    does: 'print the report of a job, or write it as one HTML file',
    load: async () => (await import('./commands/report.ts')).report,
  },
  import: {
    does: 'turn a Keras or ONNX model into the network of an experiment',
    load: async () => (await import('./commands/import.ts')).importModel,
  },
  mcp: {
    does: 'tools for a coding assistant (Model Context Protocol)',
    load: async () => (await import('./commands/mcp.ts')).mcp,
  },
  migrate: {
    does: 'bring the database up to date',
    load: async () => (await import('./commands/migrate.ts')).migrate,
  },
  keys: {
    does: 'make, list and revoke access keys',
    load: async () => (await import('./commands/keys.ts')).keys,
  },
};

const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));

const USAGE = `usage: gradclinic COMMAND …

${Object.entries(COMMANDS)
  .map(([name, { does }]) => `  ${name.padEnd(width)}  ${does}`)
  .join('\n')}

"gradclinic COMMAND --help" says more; "gradclinic --version" prints the version.`;

const wantsHelp = (args: readonly string[]): boolean => {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return own.includes('--help') || own.includes('-h');
};

async function dispatch([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) throw new Refusal(USAGE);
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(USAGE);
    return 0;
  }
  if (name === '--version') {
    console.log(version());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const meant = nearest(name, Object.keys(COMMANDS));
    throw new Refusal(
      `there is no command "${name}"${meant === null ? '' : ` (did you mean "${meant}"?)`}\n\n${USAGE}`,
    );
  }
  const { usage, run } = await command.load();
  if (!wantsHelp(args)) return run(args);
  console.log(usage);
  return 0;
}

/** A refusal is a sentence for the user; anything else is a fault of ours and keeps its stack. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    console.error(
      error instanceof Refusal ? error.message : error instanceof Error ? error.stack : String(error),
    );
    return EXIT.failed;
  }
}
