/** @file Programs for PyTorch: all test files of a process share one that has loaded it, and forks. To load it takes seconds of a core. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PYTHON } from './python.ts';

const server = fileURLToPath(new URL('torch_server.py', import.meta.url));

let running: ChildProcess | null = null;
/** Told the line that a program has ended with; null where Python itself has. */
let onEnd: (line: string | null) => void = () => {};

/** Ends with this process, whose end closes its standard input, and does not hold it up. */
function start(): ChildProcess {
  const child = spawn(PYTHON, [server], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => onEnd(line));
  lines.once('close', () => {
    running = null;
    onEnd(null);
  });
  return child;
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

async function runNow(program: string, input: string): Promise<Said> {
  running ??= start();
  const { stdin } = running;
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-torch-'));
  const files = { input: join(folder, 'in'), output: join(folder, 'out'), errors: join(folder, 'err') };
  writeFileSync(files.input, input);
  for (const file of [files.output, files.errors]) writeFileSync(file, '');
  // A timer, because nothing else keeps this process alive meanwhile.
  const waiting = setInterval(() => {}, 1000);
  try {
    const ended = new Promise<string | null>((resolve) => {
      onEnd = resolve;
    });
    stdin?.write(`${JSON.stringify({ program, ...files })}\n`);
    if ((await ended) === null) throw new Error('Python with PyTorch has ended');
    return { stdout: readFileSync(files.output, 'utf8'), stderr: readFileSync(files.errors, 'utf8') };
  } finally {
    clearInterval(waiting);
    rmSync(folder, { recursive: true });
  }
}

let last: Promise<unknown> = Promise.resolve();

/** What a program says that reads this from its standard input; one after the other. */
export function runTorch(program: string, input = ''): Promise<Said> {
  const said = last.then(() => runNow(program, input));
  last = said.catch(() => {});
  return said;
}
