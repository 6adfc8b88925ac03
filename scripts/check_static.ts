/** @file The static checks, at once: prints what each that failed has said. Exit code 1 where one has failed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Those of a later round read what an earlier one writes: the client's types are made of the OpenAPI document. The longest first. */
const ROUNDS = [
  ['schema'],
  ['types:service', 'imports', 'dead-code', 'types:web', 'openapi:check', 'lint', 'kernels:check'],
] as const;

const run = promisify(execFile);

/** @returns what a failed check said; null where it passed */
async function failureOf(name: string): Promise<string | null> {
  try {
    await run('npm', ['run', '--silent', name], { maxBuffer: 2 ** 26 });
    return null;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return `${name}: ${`${stdout}${stderr}`.trim() || message}`;
  }
}

for (const round of ROUNDS) {
  const failures = (await Promise.all(round.map(failureOf))).filter((failure) => failure !== null);
  for (const failure of failures) console.error(`${failure}\n`);
  if (failures.length > 0) process.exit(1);
}
