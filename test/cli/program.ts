/** @file Runs `gradclinic` as a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param env on top of this process's own, without what says where a service is */
export function gradclinic(args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const clean = { GRADCLINIC_URL: '', GRADCLINIC_API_KEY: '', PORT: '', ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: { ...process.env, ...clean } }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}
