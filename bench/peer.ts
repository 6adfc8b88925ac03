/** @file How the parent speaks with the processes that train: one line of JSON there, one line of JSON back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Batch, Network } from './networks.ts';

export type Request =
  /** Build the network, warm up. Answer: `ms` of a step by then. */
  | { readonly do: 'prepare'; readonly network: Network; readonly batch: Batch; readonly code?: string }
  /** Train on. Answer: `ms` per step, and the `loss` after the last. */
  | { readonly do: 'steps'; readonly steps: number; readonly mode?: string }
  /** Answer: `version`, a line about who computes. */
  | { readonly do: 'version' };

export interface Answer {
  readonly ms?: number;
  readonly loss?: number;
  readonly version?: string;
  readonly error?: string;
}

/** A process that trains on request; only one of them is ever at work. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, file: string, environment: Readonly<Record<string, string>> = {}) {
    // One thread for everybody, whichever library reads which variable.
    const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    this.#child = spawn(command, [file], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...oneThread, ...environment },
    });
    // A command that does not exist ends the lines; `ask` tells.
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** @throws where the process ended or answers with an error */
  async ask(request: Request): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#child.spawnargs.join(' ')} ended`);
    const answer = JSON.parse(value) as Answer;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  close(): void {
    this.#child.stdin?.end();
  }
}

export const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The other end: answers the parent's requests, one after the other. */
export async function serve(answer: (request: Request) => Promise<Answer>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const result = await answer(JSON.parse(line) as Request).catch((error: unknown) => ({
      error: String(error),
    }));
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
