/** @file The two servers as processes of their own, and the load on them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';

const children = new Set<ChildProcess>();

/** @param url finds the server's address in a line that it prints */
export async function start(
  file: URL,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  url: (line: string) => string | null,
): Promise<string> {
  const child = spawn(process.execPath, [file.pathname, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  for await (const line of createInterface(child.stdout)) {
    const found = url(line);
    if (found === null) continue;
    child.stdout.resume();
    return found;
  }
  throw new Error(`${file.pathname} ended before it listened`);
}

export const stopAll = (): void => {
  for (const child of children) child.kill('SIGKILL');
};

export interface Load {
  /** Answers per second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that failed, or answers that did not come in time. */
  readonly errors: number;
}

/** Every connection asks again as soon as it is answered. */
export async function load(
  options: Pick<autocannon.Options, 'url' | 'method' | 'body' | 'connections' | 'duration'>,
  onAnswer: (body: string) => void = () => {},
): Promise<Load> {
  const statuses: Record<string, number> = {};
  const running = autocannon({
    ...options,
    headers: options.body === undefined ? {} : { 'content-type': 'application/json' },
    setupClient(client) {
      client.on('body', (body) => onAnswer(String(body)));
      client.on('response', (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
      });
    },
  });
  const { requests, latency, errors, timeouts } = await running;
  return {
    rate: requests.total / (options.duration as number),
    p50: latency.p50,
    p99: latency.p99,
    statuses,
    errors: errors + timeouts,
  };
}
