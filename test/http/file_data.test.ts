/** @file What jobs read of a file: MNIST as NPZ, several inputs by name, inputs as targets; on SQLite and on PostgreSQL. */
import { createRequire } from 'node:module';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredFile } from '../../src/jobs/index.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { check } from './answers.ts';
import { startTestService, type TestService } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({});
});
afterAll(() => service.close());

async function upload(bytes: Uint8Array | string, to = service): Promise<StoredFile> {
  const url = `${to.url}/v1/files`;
  const response = await check('POST', url, await fetch(url, { method: 'POST', body: bytes as string }));
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return JSON.parse(text) as StoredFile;
}

/** As NumPy's format 1.0 has it: the header ends at a multiple of 64 bytes. */
function npy(dtype: string, shape: readonly number[], numbers: ArrayBufferView): Uint8Array {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const dictionary = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const header = `${dictionary}${' '.repeat(63 - ((10 + dictionary.length) % 64))}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${header}`, 'latin1');
  start.writeUInt16LE(header.length, 8);
  return new Uint8Array(
    Buffer.concat([start, new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)]),
  );
}

/** Some zeros and ones of MNIST, [n, 28, 28] in bytes, as Keras' mnist.npz has them. */
function mnist(each: number): Uint8Array {
  const load = createRequire(import.meta.url);
  const digits = [0, 1].map((digit) => load(`mnist/src/digits/${digit}.json`) as { data: number[] });
  const labels = Uint8Array.from({ length: 2 * each }, (_, i) => i % 2);
  const pixels = new Uint8Array(labels.length * 784);
  labels.forEach((digit, i) => {
    const from = Math.floor(i / 2) * 784;
    const image = digits[digit]?.data.slice(from, from + 784) ?? [];
    pixels.set(
      image.map((x) => Math.round(255 * x)),
      i * 784,
    );
  });
  return zipSync({
    'x_train.npy': npy('|u1', [labels.length, 28, 28], pixels),
    'y_train.npy': npy('|u1', [labels.length], labels),
  });
}

const training = (loss: string, steps = 40) => ({
  training: { loss, optimizer: { type: 'adam', learning_rate: 0.01 }, batch_size: 16, steps },
  remedies: { verify: false },
});

interface Run {
  readonly initial_loss: number;
  readonly final_loss: number;
  readonly final_accuracy: number;
}

async function runOf(body: object, at = service): Promise<Run> {
  const job = await at.finish(body);
  const report = (await (await at.get(`/v1/jobs/${job.id}/result`)).json()) as {
    baseline: { runs: Run[] };
  };
  return report.baseline.runs[0] as Run;
}

const classifier = (file: string) => ({
  network: {
    input: { shape: [28, 28] },
    layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
  },
  data: { type: 'file', file, scale: 1 / 255 },
  ...training('softmax_cross_entropy'),
});

test('MNIST as NPZ trains', async () => {
  const file = await upload(mnist(60));
  expect(file.arrays?.map(({ name, shape }) => [name, shape])).toEqual([
    ['x_train', [120, 28, 28]],
    ['y_train', [120]],
  ]);
  expect((await runOf(classifier(file.id))).final_accuracy).toBeGreaterThan(0.95);
});

describe('"targets": "inputs"', () => {
  test('makes an autoencoder of arrays', async () => {
    const file = await upload(mnist(40));
    const { network, data } = classifier(file.id);
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 8 }, { type: 'dense', units: 784 }];
    const run = await runOf({
      network: { ...network, layers: [...layers, { type: 'reshape', shape: [28, 28] }] },
      data: { ...data, targets: 'inputs' },
      ...training('mean_squared_error'),
    });
    expect(run.final_loss).toBeLessThan(0.6 * run.initial_loss);
  });

  test('of a table takes all columns, but where one has that name it is the target', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 5}`);
    const network = (units: number) => ({ input: { shape: [units] }, layers: [{ type: 'dense', units }] });
    for (const [head, width] of [
      ['a,b', 2],
      ['a,inputs', 1],
    ] as const) {
      const file = await upload([head, ...rows].join('\n'));
      const data = { type: 'file', file: file.id, targets: 'inputs' };
      const body = { network: network(width), data, ...training('mean_squared_error', 2) };
      const response = await service.post('/v1/preflight', body);
      expect(response.status, await response.clone().text()).toBe(200);
    }
  });
});

describe('several inputs by name', () => {
  const wide = (deep: number, loss = 'mean_squared_error') => ({
    network: {
      inputs: { deep: { shape: [deep] }, wide: { shape: [1] } },
      layers: [
        { type: 'dense', units: 4, inputs: ['deep'], name: 'hidden' },
        { type: 'concatenate', inputs: ['hidden', 'wide'] },
        { type: 'dense', units: 1 },
      ],
    },
    ...training(loss, 150),
  });

  test('of a table: columns for each, text as one-hot', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i % 4},${['x', 'y'][i % 2]},${i % 3},${(i % 3) - (i % 4)}`,
    );
    const file = await upload(['a,t,b,y', ...rows].join('\n'));
    const inputs = { wide: 'b', deep: ['a', 't'] };
    const data = { type: 'file', file: file.id, inputs, targets: 'y', standardize: true };
    const run = await runOf({ ...wide(3), data });
    expect(run.final_loss).toBeLessThan(0.3 * run.initial_loss);
  });

  test('of arrays: one for each, and what does not fit is named', async () => {
    const numbers = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i));
    const [deep, other] = [numbers(120), numbers(60)];
    const y = Float32Array.from({ length: 60 }, (_, i) => (deep[2 * i] as number) - (other[i] as number));
    const bytes = zipSync({
      'm.npy': npy('<f4', [60, 2], deep),
      's.npy': npy('<f4', [60], other),
      'y.npy': npy('<f4', [60], y),
      'short.npy': npy('<f4', [9], numbers(9)),
    });
    const file = await upload(bytes);
    const data = { type: 'file', file: file.id, inputs: { deep: 'm', wide: 's' }, targets: 'y' };
    const run = await runOf({ ...wide(2), data });
    expect(run.final_loss).toBeLessThan(0.3 * run.initial_loss);

    const problem = async (inputs: object) => {
      const response = await service.post('/v1/jobs', { ...wide(2), data: { ...data, inputs } });
      expect(response.status).toBe(422);
      return ((await response.json()) as { errors: { pointer: string; message: string }[] }).errors[0];
    };
    expect((await problem({ deep: 'm', wide: 'r' }))?.pointer).toBe('/data/inputs/wide');
    expect((await problem({ deep: 'm', wide: 'short' }))?.pointer).toBe('/data/inputs/wide');
    expect((await problem({ deep: ['m', 's'], wide: 's' }))?.message).toBe('an input is one array');
    expect((await problem({ deep: 'm', narrow: 's' }))?.message).toMatch(/no input "wide"/);
  });
});

describe('what is no data', () => {
  test.each([
    ['ten thousand columns', `${Array.from({ length: 10_001 }, (_, i) => `c${i}`).join(',')}\n`.repeat(2)],
    ['a text that calls itself NumPy', Buffer.from('\x93NUMPYand nothing more', 'latin1')],
    ['a zip within which nothing is', zipSync({})],
    ['an image that is none', zipSync({ 'a/1.png': Buffer.from('GIF89a no'), 'b/1.png': Buffer.from('') })],
    ['an array that says it has 10^15 numbers', npy('<f4', [1e9, 1e6], new Float32Array(3))],
    ['a Parquet file without an end', 'PAR1 and then PAR2'],
  ] as const)('%s is refused by a clear problem, and nothing stays', async (_name, bytes) => {
    const list = async () => (await (await service.get('/v1/files')).json()) as { files?: unknown[] };
    const before = JSON.stringify(await list());
    const url = `${service.url}/v1/files`;
    const response = await check('POST', url, await fetch(url, { method: 'POST', body: bytes as string }));
    expect([413, 422]).toContain(response.status);
    expect(((await response.json()) as { detail: string }).detail.length).toBeGreaterThan(20);
    expect(JSON.stringify(await list())).toBe(before);
  });
});

describe('on PostgreSQL', () => {
  let server: PostgresServer;
  const replicas: TestService[] = [];
  beforeAll(async () => {
    server = await startPostgres();
    const DATABASE_URL = await server.createDatabase();
    replicas.push(await startTestService({ DATABASE_URL }), await startTestService({ DATABASE_URL }));
  });
  afterAll(async () => {
    for (const replica of replicas) await replica.close();
    await server.stop();
  });

  test('a file that came to one replica is there for the other', async () => {
    const [first, second] = replicas as [TestService, TestService];
    const bytes = mnist(60);
    const file = await upload(bytes, first);
    expect((await runOf(classifier(file.id), second)).final_accuracy).toBeGreaterThan(0.95);
    const content = await second.get(`/v1/files/${file.id}/content`);
    expect(new Uint8Array(await content.arrayBuffer())).toEqual(bytes);
    await fetch(`${second.url}/v1/files/${file.id}`, { method: 'DELETE' });
    expect((await first.get(`/v1/files/${file.id}`)).status).toBe(404);
  });
});
