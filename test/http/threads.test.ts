/** @file The threads that do the work of requests, when there is too much of it: real threads, real requests. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { HttpProblem } from '../../src/http/problem.ts';
import {
  createRequestThreads,
  LIMITS as DEFAULTS,
  type RequestThreads,
  type SharedThreads,
  THREADS_OF_ONE,
  type ThreadLimits,
} from '../../src/http/threads.ts';
import { encodeTrace } from '../../src/statistics/index.ts';
import { YOUNG_HEAP_MIB } from '../../src/util/young_heap.ts';
import { isLong } from '../faults/workload.ts';
import { deep, rows } from '../fuzz/heavy_requests.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

const { limits } = readConfig({});
const context = { limits, workerThreads: 2, fingerprint: false };

/** Far beyond what any work here takes: a test gives less where the limit is what it tries. */
const LIMITS = { ...DEFAULTS, maxMs: 200_000, maxClockMs: 200_000 };

const opened: SharedThreads[] = [];
const sharedThreads = (changes: Partial<ThreadLimits>): SharedThreads => {
  const threads = createRequestThreads({ ...LIMITS, ...changes });
  opened.push(threads);
  return threads;
};
const threadsOf = (changes: Partial<ThreadLimits>): RequestThreads => sharedThreads(changes).of('someone');
afterEach(async () => {
  await Promise.all(opened.splice(0).map((threads) => threads.close()));
});

const preflight = (threads: RequestThreads, body: unknown) =>
  threads.run({ name: 'preflight', body: Buffer.from(JSON.stringify(body)), context });

/** The problem that it ends in. */
async function problem(work: Promise<unknown>): Promise<HttpProblem> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpProblem)) throw new Error(`no problem: ${error}`);
  return error;
}

describe('work that takes too much', () => {
  it('of time is ended, as the client’s doing, and the next request gets a new thread', async () => {
    const limits = { ...LIMITS };
    const shared = createRequestThreads(limits);
    opened.push(shared);
    const threads = shared.of('someone');
    // Loads the programs of a thread, which takes longer than the limit that is tried here.
    await preflight(threads, tinyExperiment());
    limits.maxMs = 500;
    const works = Array.from({ length: 30 }, () => deep(1990));
    const ended = await Promise.allSettled(works.map((body) => preflight(threads, body)));
    const codes = ended.map((one) =>
      one.status === 'fulfilled' ? 'answered' : (one.reason as HttpProblem).code,
    );
    // Begun and not finished; not begun.
    expect(codes).toContain('experiment_too_large');
    expect(codes).toContain('overloaded');
    limits.maxMs = 200_000;
    expect(JSON.parse(String(await preflight(threads, tinyExperiment())))).toMatchObject({ valid: true });
  });

  it('of memory as well', async () => {
    const threads = threadsOf({ maxHeapMiB: { work: 64, read: 64 } });
    // Plans take it bit by bit. What one call of V8's own takes, as a long text that is parsed, would end the whole process.
    const { code, message } = await problem(preflight(threads, deep(1990)));
    expect([code, message]).toEqual(['experiment_too_large', expect.stringContaining('too much memory')]);
    expect(await threadsOf({}).run({ name: 'namedFiles', body: Buffer.from('{}'), context })).toEqual([]);
  });
});

/** Objects in a list, as many as a body may have or its 16 MiB take; each has names of its own, for which V8 keeps a shape each. */
function namesOfTheirOwn(): Buffer {
  const objects = Array.from({ length: 135_000 }, (_unused, i) => {
    const members = Array.from({ length: 13 }, (_alsoUnused, j) => `"${(13 * i + j).toString(36)}":1`);
    return `{${members.join()}}`;
  });
  return Buffer.from(`{"name":[${objects.join()}]}`);
}

const listsOfUnlikeThings = () => Buffer.from(`{"name":[${Array(990_000).fill('[1.5,"",1.5,""]').join()}]}`);

it.each([
  ['objects with names of their own', namesOfTheirOwn()],
  ['lists of unlike things', listsOfUnlikeThings()],
])('the most %s that a body holds are parsed within the memory of a thread', async (_what, body) => {
  expect(body.length).toBeGreaterThan(15e6);
  const { code } = await problem(threadsOf({}).run({ name: 'preflight', body, context }));
  expect(code).toBe('validation_failed');
});

it('all threads of one owner may take a gigabyte together, with what V8 has for new objects', async () => {
  const { work, read } = DEFAULTS.maxHeapMiB;
  expect(THREADS_OF_ONE * (work + read + 2 * YOUNG_HEAP_MIB)).toBeLessThanOrEqual(1024);
  // And the longest body of numbers is worked through all the same.
  const body = Buffer.from(JSON.stringify(rows(250_000)));
  const accepted = threadsOf({}).run({ name: 'acceptExperiment', body, context });
  expect(await accepted).toMatchObject({ packed: expect.any(Uint8Array) });
});

it('what one owner asks for does not hold up another: neither what works nor what waits', async () => {
  const threads = sharedThreads({ maxWaiting: 4 });
  const [many, other] = [threads.of('many'), threads.of('other')];
  // Starts the threads.
  await Promise.all([many, many, other].map((owner) => preflight(owner, tinyExperiment())));
  const order: string[] = [];
  const noted = async (name: string, work: Promise<unknown>) => {
    const problem = await work.then(
      () => null,
      (error: HttpProblem) => error,
    );
    order.push(`${name}: ${problem?.code ?? 'answered'}`);
  };
  const works = Array.from({ length: 6 }, () => noted('many', preflight(many, deep(300))));
  await noted('many', preflight(many, tinyExperiment()));
  expect(order).toEqual(['many: overloaded']);
  await noted('other', preflight(other, tinyExperiment()));
  expect(order.at(-1)).toBe('other: answered');
  // Whether one of them is done by then is up to the machine; most are not.
  expect(order.length).toBeLessThan(5);
  await Promise.all(works);
  expect(order.filter((one) => one === 'many: answered')).toHaveLength(6);
});

it('a reading that takes too long is told to come back: what is stored is not the client’s doing', async () => {
  const threads = threadsOf({ maxMs: 1 });
  const trace = { series: [], losses: new Float64Array(1e6) } as never;
  const { code, extra } = await problem(
    threads.read('gridOfRun', async () => [encodeTrace(trace)], { run: 'baseline/0', tensor: null }),
  );
  expect([code, extra.headers]).toEqual(['overloaded', { 'retry-after': '5' }]);
});

it('what is read is fetched once it is its turn: what waits takes no memory', async () => {
  const threads = threadsOf({});
  let [fetched, most, done] = [0, 0, 0];
  const load = async () => {
    most = Math.max(most, ++fetched - done);
    return [encodeTrace({ series: [], losses: new Float64Array(1e5) } as never)];
  };
  const readings = Array.from({ length: 12 }, async () => {
    await threads.read('namesOfSeries', load, undefined);
    done++;
  });
  await Promise.all(readings);
  // Two at work; and those that are done, and whose answers are just on their way.
  expect([fetched, most <= 4]).toEqual([12, true]);
  // One that has gone in the meantime is told so, and the turn is another's.
  const gone = async () => Promise.reject(new HttpProblem('job_not_found', 'gone'));
  for (let i = 0; i < 3; i++)
    expect((await problem(threads.read('namesOfSeries', gone, undefined))).code).toBe('job_not_found');
  expect(await threads.read('namesOfSeries', load, undefined)).toMatchObject({ layer: [] });
});

describe('over HTTP', () => {
  let service: TestService;
  afterAll(() => service.close());

  // The limits themselves are tested above, with shorter times.
  it.runIf(isLong)(
    'more than wait get 503 with Retry-After at once, the others their answer or, after 20 s, the same',
    async () => {
      service = await startTestService({ RATE_LIMIT_PER_MINUTE: '10000' });
      const body = JSON.stringify(deep(1500));
      const start = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const response = await service.post('/v1/preflight', body);
          const seconds = (performance.now() - start) / 1000;
          const { code = null } = (await response.json()) as { code?: string };
          return { status: response.status, code, retry: response.headers.get('retry-after'), seconds };
        }),
      );
      const refused = answers.filter(({ status }) => status === 503);
      for (const { code, retry } of refused) expect([code, retry]).toEqual(['overloaded', '5']);
      // Two at work and 64 that wait.
      expect(refused.length).toBeGreaterThanOrEqual(100 - 66);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
      expect(
        answers.filter(
          ({ status, code }) => status !== 200 && status !== 503 && code !== 'experiment_too_large',
        ),
      ).toEqual([]);
      expect(Math.min(...refused.map(({ seconds }) => seconds))).toBeLessThan(10);
      // Afterwards everything is as before.
      expect((await service.post('/v1/preflight', tinyExperiment())).status).toBe(200);
    },
  );
});
