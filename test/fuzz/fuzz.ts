/** @file Sends generated requests to a real process with two access keys and collects what must not be. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addKey } from '../../src/access/index.ts';
import { INCOMING } from '../../src/jobs/incoming.ts';
import { startServerProcess } from '../faults/server_process.ts';
import { type Answer, faultOf } from '../http/answers.ts';
import { tinyExperiment } from '../http/service.ts';
import type { Hostile } from './hostile.ts';
import { type FuzzRequest, type JobChoice, requests } from './requests.ts';

export interface Outcome {
  /** What must not be: a 5xx, a body that the document does not allow, a leak, no answer. */
  readonly faults: string[];
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests for a job of the other key. */
  readonly foreign: number;
  /** Resident memory in MiB after each tenth, settled. */
  readonly memory: readonly number[];
  /** Status of a job that is submitted at the end. */
  readonly afterwards: string;
}

const ANSWER_MS = 20_000;
/** Requests under way together. */
const AT_ONCE = 8;
const PAUSE_MS = 20;
const SETTLE_MS = 1500;

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** Small bounds, so that what is accepted by chance stays cheap, and refusals for quota happen too. */
const settings = {
  RATE_LIMIT_PER_MINUTE: '10000000',
  MAX_QUEUED_JOBS: '20',
  MAX_TOTAL_FLOPS: '100000000',
  MAX_JOB_SECONDS: '5',
  MAX_MEMORY_BYTES: '200000000',
  LOG_LEVEL: 'info',
};

/** Bytes as they are; everything that comes back until the server closes, or a while after the client has hung up. */
function exchange(url: string, { pieces, hangUp }: Extract<Hostile, { kind: 'bytes' }>): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(url);
    let answer = '';
    const socket = connect(Number(port), hostname, async () => {
      for (const piece of pieces) {
        if (!socket.writable) break;
        socket.write(piece, 'latin1');
        await sleep(PAUSE_MS);
      }
      if (hangUp) setTimeout(() => socket.destroy(), PAUSE_MS);
    });
    socket.setTimeout(ANSWER_MS, () => reject(new Error('no answer to bytes')));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
  });
}

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) /;

/** The answers of a connection, by their content-length. */
function answersOf(bytes: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = bytes; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const head = rest.slice(0, end);
    const status = Number(STATUS_LINE.exec(head)?.[1]);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const text = Buffer.from(rest.slice(end + 4, end + 4 + length), 'latin1').toString();
    answers.push({ status, type: /content-type: (\S+)/i.exec(head)?.[1] ?? '', text });
    if (end < 0) break;
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

class Fuzzer {
  readonly faults: string[] = [];
  readonly statuses: Record<number, number> = {};
  foreign = 0;
  readonly #url: string;
  readonly #keys: readonly string[];
  /** The jobs that each key has made. */
  readonly #jobs: [string[], string[]] = [[], []];

  constructor(url: string, keys: readonly string[]) {
    this.#url = url;
    this.#keys = keys;
  }

  /** A job for each key, so that there is something to find from the start. */
  async begin(): Promise<void> {
    for (const caller of [0, 1] as const) {
      const response = await this.#send(
        'POST',
        '/v1/jobs',
        { prefer: 'wait=30' },
        caller,
        JSON.stringify(tinyExperiment()),
      );
      this.#remember(caller, await response.text());
    }
  }

  #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    caller: 0 | 1 | null,
    body: string | Buffer | null,
  ) {
    const authorization = caller === null ? {} : { authorization: `Bearer ${this.#keys[caller]}` };
    const type = body === null ? {} : { 'content-type': 'application/json' };
    return fetch(this.#url + path, {
      method,
      redirect: 'manual',
      headers: { ...type, ...headers, ...authorization },
      body: body as string | Uint8Array<ArrayBuffer> | null,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  }

  #remember(caller: 0 | 1, text: string): void {
    const { id } = JSON.parse(text) as { id?: string };
    if (id !== undefined && !this.#jobs[caller].includes(id)) this.#jobs[caller].push(id);
  }

  #jobOf({ whose, pick }: JobChoice, caller: 0 | 1 | null): string {
    const owner = whose === 'own' ? (caller ?? 0) : 1 - (caller ?? 0);
    if (whose === 'foreign' || caller === null) this.foreign++;
    const known = this.#jobs[owner as 0 | 1];
    return known[pick % known.length] ?? 'job_none';
  }

  #pathOf({ template, path, query, caller }: FuzzRequest): string {
    const filled = template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
      const value = path[name] ?? '';
      return encodeURIComponent(
        (typeof value === 'string' ? value : this.#jobOf(value, caller)).toWellFormed(),
      );
    });
    return query === '' ? filled : `${filled}?${query}`;
  }

  /** A good answer that names a job of another key, asked for or not, is a leak. */
  #leak(status: number, text: string, caller: 0 | 1 | null): string | null {
    if (status >= 400) return null;
    const others = caller === null ? this.#jobs.flat() : this.#jobs[1 - caller];
    const leaked = others?.find((id) => text.includes(id));
    return leaked === undefined ? null : `leak: key ${caller} reads of ${leaked}`;
  }

  #foreignRead(request: FuzzRequest, path: string, status: number): string | null {
    const id = /^\/v1\/jobs\/(job_\w+)/.exec(path)?.[1];
    const others = request.caller === null ? this.#jobs.flat() : (this.#jobs[1 - request.caller] ?? []);
    const foreign = id !== undefined && others.includes(id) && request.method !== 'OPTIONS';
    return foreign && status < 400 ? `leak: key ${request.caller} gets ${status}` : null;
  }

  #count(status: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  async #bytes(hostile: Extract<Hostile, { kind: 'bytes' }>, index: number): Promise<void> {
    for (const answer of answersOf(await exchange(this.#url, hostile))) {
      this.#count(answer.status);
      const isProblem = answer.status >= 400;
      const fault = isProblem ? faultOf(answer, '', 'GET') : null;
      if (fault !== null)
        this.faults.push(`request ${index}: bytes ${JSON.stringify(hostile.pieces).slice(0, 200)}: ${fault}`);
    }
  }

  /** @param index tells which request of the seed it was */
  async one(request: FuzzRequest, index: number): Promise<void> {
    const { caller, hostile, method } = request;
    const bodyless = method === 'HEAD' || method === 'GET';
    if (hostile?.kind === 'bytes') return this.#bytes(hostile, index);
    const path = this.#pathOf(request);
    const headers = { ...request.headers, ...hostile?.headers };
    const body = bodyless ? null : (hostile?.body ?? request.body);
    const response = await this.#send(method, path, headers, caller, body);
    const text = await response.text();
    this.#count(response.status);
    const answer = { status: response.status, type: response.headers.get('content-type') ?? '', text };
    const faults = [
      faultOf(answer, request.template, method),
      this.#leak(response.status, text, caller),
      this.#foreignRead(request, path, response.status),
    ];
    for (const fault of faults) {
      if (fault !== null)
        this.faults.push(
          `request ${index}: ${method} ${path.slice(0, 200)} ${String(body).slice(0, 300)}: ${fault}`,
        );
    }
    if (response.status === 202 && caller !== null) this.#remember(caller, text);
  }
}

/** What uploads that failed, or models that were only read, have left. */
const unfinished = (files: string): string[] =>
  existsSync(files) ? readdirSync(files).filter((name) => name.startsWith(INCOMING)) : [];

/** The job of a third key, which waits for nobody else's. */
async function finish(url: string, key: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer: 'wait=60' };
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers,
    body: JSON.stringify(tinyExperiment()),
  });
  return ((await response.json()) as { status: string }).status;
}

/** @param tell what is said after each tenth */
export async function fuzz(
  seed: number,
  count: number,
  tell: (text: string) => void = () => {},
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-fuzz-'));
  const file = join(folder, 'keys.json');
  const keys = ['alice', 'bob', 'carol'].map((name) => addKey(file, name));
  const server = await startServerProcess({
    settings: { ...settings, DATA_DIR: folder, API_KEYS_FILE: file },
  });
  try {
    const fuzzer = new Fuzzer(server.url, keys);
    await fuzzer.begin();
    const all = requests(seed, count);
    const memory: number[] = [];
    const send = (request: FuzzRequest, i: number) =>
      fuzzer.one(request, i).catch((error: unknown) => {
        const { operation, method, path, query } = request;
        fuzzer.faults.push(
          `request ${i}: ${operation} ${method} ${JSON.stringify(path)} ${query}: no answer (${error})`,
        );
      });
    const tenth = Math.ceil(count / 10);
    for (let from = 0; from < count; from += tenth) {
      const part = all.slice(from, from + tenth).map((request, i) => ({ request, index: from + i }));
      const next = part.values();
      const work = async () => {
        for (const { request, index } of next) await send(request, index);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      await sleep(SETTLE_MS);
      memory.push(Math.round(residentMiB(server.pid)));
      tell(`${from + part.length} requests, ${fuzzer.faults.length} faults, ${memory.at(-1)} MiB`);
    }
    for (const name of unfinished(join(folder, 'files'))) fuzzer.faults.push(`an upload left ${name}`);
    const afterwards = await finish(server.url, keys[2] as string);
    return { faults: fuzzer.faults, statuses: fuzzer.statuses, foreign: fuzzer.foreign, memory, afterwards };
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
