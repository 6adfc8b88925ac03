/** @file The real program as a process of its own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../', import.meta.url));

export interface ServerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the program's files are: the project, or a copy of them. */
  readonly root?: string;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
}

/** Nothing that a test starts outlives it, also when it fails. */
const children = new Set<ChildProcess>();
export const killAll = (): void => {
  for (const child of children) child.kill('SIGKILL');
};

const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()));

export async function startServerProcess(
  dataDir: string,
  { environment: own = {}, root = project }: ServerOptions = {},
): Promise<ServerProcess> {
  const environment = {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: '0',
    WORKER_THREADS: '2',
    LOG_LEVEL: 'info',
    ...own,
  };
  const child = spawn(process.execPath, [join(root, 'src/server.ts')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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
    pid: child.pid as number,
    kill: async () => {
      const gone = ended(child);
      child.kill('SIGKILL');
      await gone;
    },
  };
}
