/** @file The real program as a process of its own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('../../src/server.ts', import.meta.url));

export interface ServerProcess {
  readonly url: string;
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
}

/** Nothing that a test starts outlives it, also when it fails. */
const children = new Set<ChildProcess>();
export const killAll = (): void => {
  for (const child of children) child.kill('SIGKILL');
};

const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()));

export async function startServerProcess(dataDir: string): Promise<ServerProcess> {
  const environment = {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: '0',
    WORKER_THREADS: '2',
    LOG_LEVEL: 'info',
  };
  const child = spawn(process.execPath, [server], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((one) => one.includes('"msg":"listening"'));
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
  return {
    url,
    kill: async () => {
      const gone = ended(child);
      child.kill('SIGKILL');
      await gone;
    },
  };
}
