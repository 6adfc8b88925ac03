/** @file What all commands share: their shape, their arguments, and the exit codes. */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export const EXIT = { healthy: 0, unhealthy: 1, failed: 2, inconclusive: 3 } as const;

export const EXIT_CODES = 'exit code: 0 healthy, 1 unhealthy, 2 refused or failed, 3 inconclusive';

export interface Command {
  readonly usage: string;
  /** @returns the exit code */
  run(args: readonly string[]): Promise<number>;
}

/** Refused, failed or unreachable: what is printed, without a stack, before exit code 2. */
export class Refusal extends Error {
  override name = 'Refusal';
}

/** Options of every command that talks to a service. */
export const SERVICE_OPTIONS = {
  url: { type: 'string' },
  'api-key': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

/** `parseArgs` whose complaints are one line that says where help is. */
export function readArguments<T extends ParseArgsOptionsConfig>(
  name: string,
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new Refusal(`${said}\n"gradclinic ${name} --help" lists what it takes`);
  }
}

/** @throws Refusal where there is not exactly one argument */
export function onlyArgument(name: string, what: string, positionals: readonly string[]): string {
  const [only] = positionals;
  if (only === undefined) throw new Refusal(`${what} is missing\n"gradclinic ${name} --help" shows how`);
  if (positionals.length > 1)
    throw new Refusal(
      `one ${what} is wanted, not ${positionals.length}\n"gradclinic ${name} --help" shows how`,
    );
  return only;
}

export const exitCodeOf = (verdict: 'healthy' | 'unhealthy' | 'inconclusive'): number => EXIT[verdict];

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not open it',
  EPERM: 'this user may not open it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
};

/** @throws Refusal that names the file and says in words what is the matter */
function withFile<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Refusal(`${path}: ${REASONS[code] ?? message}`);
  }
}

export const readText = (path: string): string => withFile(path, () => readFileSync(path, 'utf8'));
export const writeText = (path: string, text: string): void =>
  withFile(path, () => writeFileSync(path, text));
/** Looks at a file that is streamed later. */
export const checkReadable = (path: string): void => withFile(path, () => closeSync(openSync(path, 'r')));
