/** @file The real program as a process of its own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../', import.meta.url));

export interface LogLine {
  readonly msg: string;
  /** As pino numbers them: 20 is debug, 30 info. */
  readonly level: number;
  /** By the process's clock, milliseconds. */
  readonly time: number;
  readonly job_id?: string;
  readonly key?: string;
  readonly steps?: number;
  readonly seconds?: number;
  readonly wait_ms?: number;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** What it has logged so far. */
  readonly log: readonly LogLine[];
  readonly alive: boolean;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
  /** SIGTERM. @returns the exit code */
  terminate(): Promise<number | null>;
}

/** Of its log, told when it does not start. */
const LAST_LINES = 5;

/** Nothing that a test starts outlives it, also when it fails. */
const children = new Set<ChildProcess>();
export const killAll = (): void => {
  for (const child of children) child.kill('SIGKILL');
};

export interface ProcessOptions {
  readonly settings: Readonly<Record<string, string>>;
  /** The shell's, in blocks of 512 bytes: no file may become larger. */
  readonly maxFileBlocks?: number;
  /** Where the program's files are: the project, or a copy of them. */
  readonly root?: string;
  /** Takes what it logs, also before it listens. */
  readonly log?: LogLine[];
  /** A program with its arguments that starts the one which is named after them. */
  readonly through?: readonly string[];
}

function launch({ settings, maxFileBlocks, root = project, through = [] }: ProcessOptions): ChildProcess {
  const server = join(root, 'src/server.ts');
  const env = {
    ...process.env,
    ...{ PORT: '0', WORKER_THREADS: '2', LOG_LEVEL: 'info' },
    // The machine of a test has other things to do; who is refused for that reason is no fault of what is tested here.
    MAX_EVENT_LOOP_DELAY_MS: '60000',
    ...settings,
  };
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const [program = process.execPath, ...rest] = [...through, process.execPath, server];
  if (maxFileBlocks === undefined) return spawn(program, rest, { env, stdio });
  // The signal is ignored, so that the write fails as on a full disk.
  const script = `trap '' XFSZ; ulimit -f ${maxFileBlocks}; exec "$0" "$1"`;
  return spawn('/bin/sh', ['-c', script, process.execPath, server], { env, stdio });
}

export async function startServerProcess(options: ProcessOptions): Promise<ServerProcess> {
  const child = launch(options);
  children.add(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  void ended.then(() => children.delete(child));
  const { log = [] } = options;
  let rest = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) {
        const line = JSON.parse(text) as LogLine & { url: string };
        log.push(line);
        if (line.msg === 'listening') resolve(line.url);
      }
    });
    // When the pipe is closed, all that it logged has been read.
    child.once('close', (code, signal) => {
      const said = log.slice(-LAST_LINES).map((line) => JSON.stringify(line));
      reject(
        new Error([`the server ended with ${code ?? signal} before it listened`, ...said, rest].join('\n')),
      );
    });
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return {
    url,
    pid: child.pid as number,
    log,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    signal: (name) => void child.kill(name),
    kill: async () => void (await end('SIGKILL')),
    terminate: () => end('SIGTERM'),
  };
}
