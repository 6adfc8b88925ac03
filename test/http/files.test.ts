/** @file Uploaded files over HTTP: what is found out of them, that jobs train on them, and that bad ones are refused. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredFile } from '../../src/jobs/index.ts';
import { isLong } from '../long.ts';
import { check } from './answers.ts';
import { startTestService, type TestService } from './service.ts';

let service: TestService;
const dataDir = mkdtempSync(join(tmpdir(), 'gradclinic-files-'));

beforeAll(async () => {
  service = await startTestService({
    DATA_DIR: dataDir,
    MAX_FILE_BYTES: String(4 * 2 ** 20),
    MAX_STORED_BYTES: String(30 * 2 ** 20),
  });
});
afterAll(async () => {
  await service.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const fixture = (name: string) => readFileSync(new URL(`../files/fixtures/${name}`, import.meta.url));

async function send(bytes: Uint8Array | string, query = '', headers: Record<string, string> = {}) {
  const url = `${service.url}/v1/files${query}`;
  return check('POST', url, await fetch(url, { method: 'POST', body: bytes as string, headers }));
}

async function upload(bytes: Uint8Array | string, query = ''): Promise<StoredFile> {
  const response = await send(bytes, query);
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return JSON.parse(text) as StoredFile;
}

async function refused(bytes: Uint8Array | string, status: number, query = ''): Promise<string> {
  const response = await send(bytes, query);
  const body = (await response.json()) as { detail: string; errors?: unknown };
  expect(response.status, JSON.stringify(body)).toBe(status);
  return body.detail;
}

/** The rows of iris with names, as its source has them. */
const iris = () => {
  const [, ...lines] = readFileSync(new URL('../../src/data/tables/iris.csv', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  const species = ['setosa', 'versicolor', 'virginica'];
  return lines.map((line) => {
    const cells = line.split(',').map(Number);
    return [...cells.slice(0, 4), species[cells[4] as number] as string] as const;
  });
};
const NAMES = ['sepal length', 'sepal width', 'petal length', 'petal width', 'species'];

const csvOf = (delimiter: string, decimal = '.') =>
  [
    NAMES.join(delimiter),
    ...iris().map((row) => row.map((cell) => String(cell).replace('.', decimal)).join(delimiter)),
  ].join('\n');

const experiment = (
  data: object,
  inputs: readonly number[],
  units: number,
  loss = 'softmax_cross_entropy',
) => ({
  network: {
    input: { shape: inputs },
    layers: [
      ...(inputs.length > 1 ? [{ type: 'flatten' }] : []),
      { type: 'dense', units: 8, activation: 'relu' },
      { type: 'dense', units },
    ],
  },
  data,
  training: { loss, optimizer: { type: 'adam', learning_rate: 0.05 }, batch_size: 16, steps: 60 },
  remedies: { verify: false },
});

async function finalAccuracy(body: object): Promise<number> {
  const job = await service.finish(body);
  expect(job.status, JSON.stringify(job.error)).toBe('succeeded');
  const report = (await (await service.get(`/v1/jobs/${job.id}/result`)).json()) as {
    baseline: { runs: { final_accuracy: number }[] };
  };
  return report.baseline.runs[0]?.final_accuracy ?? 0;
}

/** Pointers to what is wrong; each says what helps. */
async function problemsOf(body: object): Promise<string[]> {
  const response = await service.post('/v1/jobs', body);
  const { errors = [] } = (await response.json()) as { errors?: { pointer: string; fix?: string }[] };
  expect(errors.every(({ fix }) => fix !== undefined)).toBe(true);
  return errors.map(({ pointer }) => pointer);
}

describe('what would do nothing, or give the answer away, is refused', () => {
  test('of a table', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i === 7 ? '' : i % 7},${i % 5},${i % 3}`);
    const { id } = await upload(['a,b,c', ...rows].join('\n'));
    const usual = { type: 'file', file: id, inputs: ['b'], targets: 'c' };
    const cases: [changes: object, pointers: string[]][] = [
      [{ inputs: ['b', 'c'] }, ['/data/inputs/1']],
      [{ inputs: 'c' }, ['/data/inputs']],
      [{ inputs: { one: 'b', two: ['b', 'c'] } }, ['/data/inputs/two/1']],
      [{ targets: ['c', 'b'] }, ['/data/inputs/0']],
      [{ inputs: ['b', 'b'] }, ['/data/inputs/1']],
      [{ inputs: { one: ['b', 'b'], two: 'b' } }, ['/data/inputs/one/1']],
      [{ targets: ['c', 'c'] }, ['/data/targets/1']],
      [{ samples: 41 }, ['/data/samples']],
      [{ inputs: ['a'], missing: 'drop', samples: 40 }, ['/data/samples']],
      [{ size: [8, 8], channels: 1 }, ['/data/size', '/data/channels']],
    ];
    for (const [changes, pointers] of cases)
      expect(
        await problemsOf(experiment({ ...usual, ...changes }, [1], 1, 'mean_squared_error')),
        JSON.stringify(changes),
      ).toEqual(pointers);
    const fits = { ...usual, samples: 40, channels: 3 };
    const response = await service.post('/v1/preflight', experiment(fits, [1], 1, 'mean_squared_error'));
    expect(response.status, await response.clone().text()).toBe(200);
  });

  test('of arrays', async () => {
    const file = await upload(fixture('c_order.npz'));
    const [x = '', y = ''] = file.arrays?.map(({ name }) => name) ?? [];
    const cases: [changes: object, pointers: string[]][] = [
      [{ inputs: y }, ['/data/inputs']],
      [{ inputs: [x], targets: x }, ['/data/inputs/0']],
      [{ targets: x }, ['/data/targets']],
      [{ inputs: [x, y] }, ['/data/inputs/1']],
      [{ targets: [y, y] }, ['/data/targets/1']],
      [{ size: [2, 2] }, ['/data/size']],
      [{ missing: 'mean' }, ['/data/missing']],
      [{ samples: 31 }, ['/data/samples']],
    ];
    for (const [changes, pointers] of cases)
      expect(
        await problemsOf(experiment({ type: 'file', file: file.id, ...changes }, [4], 2)),
        JSON.stringify(changes),
      ).toEqual(pointers);
  });
});

describe('a table', () => {
  const types = ['number', 'number', 'number', 'number', 'text'];
  const parquet = () =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: NAMES.map((name, i) => ({
          name,
          data: iris().map((row) => row[i]) as never,
          type: i === 4 ? 'STRING' : 'DOUBLE',
        })),
      }),
    );
  test.each([
    ['csv', () => csvOf(','), 'csv'],
    ['tab-separated', () => csvOf('\t'), 'tsv'],
    ['semicolons and decimal commas', () => csvOf(';', ','), 'csv'],
    [
      'Windows line ends and a byte order mark',
      () => `\u{feff}${csvOf(',').replaceAll('\n', '\r\n')}`,
      'csv',
    ],
    [
      'JSON lines',
      () =>
        iris()
          .map((row) => JSON.stringify(Object.fromEntries(row.map((cell, i) => [NAMES[i], cell]))))
          .join('\n'),
      'json_lines',
    ],
    ['Parquet', parquet, 'parquet'],
  ] as const)('%s tells the same columns, and is trained on', async (name, make, format) => {
    const file = await upload(make(), `?name=${format}`);
    expect(file).toMatchObject({ kind: 'table', format, rows: 150 });
    expect(file.columns?.map((column) => column.name)).toEqual(NAMES);
    expect(file.columns?.map(({ type }) => type)).toEqual(types);
    expect(file.columns?.[0]).toMatchObject({ min: 4.3, max: 7.9, missing: 0 });
    // In short one of text and one of columns: what their readers give is held against each other in test/unit/files.
    if (!isLong && name !== 'csv' && name !== 'Parquet') return;
    const accuracy = await finalAccuracy(
      experiment({ type: 'file', file: file.id, targets: 'species', standardize: true }, [4], 3),
    );
    expect(accuracy).toBeGreaterThan(0.9);
  });

  test('the same bytes give the same id; packed or not', async () => {
    const first = await upload(csvOf(','), '?name=a.csv');
    const packed = await send(gzipSync(csvOf(',')), '?name=b.csv', { 'content-encoding': 'gzip' });
    expect(((await packed.json()) as StoredFile).id).toBe(first.id);
    const content = await service.get(`/v1/files/${first.id}/content`);
    expect(await content.text()).toBe(csvOf(','));
  });

  test('missing values, constants, ids and dates are pointed out, and decided by the request', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) =>
        `${i + 1},${i % 7 === 3 ? 'NA' : i / 2},7,2024-01-${String((i % 28) + 1).padStart(2, '0')},${i * 3 + 1}`,
    );
    const file = await upload(['id,x,same,day,price', ...rows].join('\n'), '?name=house.csv');
    const notes = Object.fromEntries((file.columns ?? []).map(({ name, notes: own }) => [name, own.join()]));
    expect(notes.id).toMatch(/an id/);
    expect(notes.same).toMatch(/constant/);
    expect(notes.day).toMatch(/date/);
    expect(file.columns?.[1]).toMatchObject({ missing: 6, first_missing_line: 5 });
    const data = { type: 'file', file: file.id, inputs: ['x'], targets: 'price' };
    const bad = await service.post('/v1/preflight', experiment(data, [1], 1, 'mean_squared_error'));
    expect(bad.status).toBe(422);
    expect(await bad.text()).toMatch(/"pointer":"\/data\/missing".*line 5/);
    for (const missing of ['drop', 'mean']) {
      const good = await service.post(
        '/v1/preflight',
        experiment({ ...data, missing }, [1], 1, 'mean_squared_error'),
      );
      expect(good.status, await good.clone().text()).toBe(200);
    }
  });

  test('whole numbers that do not begin at 0 are classes to a categorical loss, and values to another', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${(i % 3) * 2 + (i % 5) / 10},${[3, 5, 8][i % 3]}`);
    const file = await upload(['x,grade', ...rows].join('\n'), '?name=grades.csv');
    const data = { type: 'file', file: file.id, targets: 'grade', standardize: true };
    expect(await finalAccuracy(experiment(data, [1], 3))).toBeGreaterThan(0.9);
    const values = await service.post('/v1/preflight', experiment(data, [1], 1, 'mean_squared_error'));
    expect(values.status, await values.clone().text()).toBe(200);
  });

  test('a wrong row is named by its line, an unknown column by its nearest', async () => {
    expect(await refused('a,b\n1,2\n3,4\n5\n', 422)).toMatch(/line 4 has 1 cells/);
    const twins = await upload('a,a\n1,2\n3,-9\n5,-9.0\n', '?missing=-9,none');
    expect(twins.columns?.map(({ name, missing }) => [name, missing])).toEqual([
      ['a', 0],
      ['a.1', 2],
    ]);
    const file = await upload(csvOf(','));
    const response = await service.post(
      '/v1/jobs',
      experiment({ type: 'file', file: file.id, targets: 'specie' }, [4], 3),
    );
    expect(await response.text()).toMatch(/did you mean .*species/);
  });
});

test.each([
  ['images', 'table', () => csvOf(',')],
  ['model', 'table', () => csvOf('\t')],
  ['weights', 'table', () => '{"a":1}\n{"a":2}\n'],
  ['table', 'arrays', () => fixture('c_order.npz')],
  ['images', 'arrays', () => fixture('c_order.npz')],
  ['arrays', 'model', () => JSON.stringify({ class_name: 'Sequential', config: {} })],
])('the kind %s is refused where the bytes are %s', async (stated, found, make) => {
  const detail = await refused(make(), 422, `?kind=${stated}`);
  expect(detail).toMatch(new RegExp(`stated as ${stated}, but the bytes are ${found}`));
  expect((await upload(make(), `?kind=${found}`)).kind).toBe(found);
});

test.each([
  ['delimiter', 'npz', 'delimiter=;', () => fixture('c_order.npz')],
  ['header', 'npz', 'header=false', () => fixture('c_order.npz')],
  ['header', 'json_lines', 'header=true', () => '{"a":1}\n{"a":2}\n'],
  ['delimiter', 'keras_json', 'delimiter=,', () => JSON.stringify({ class_name: 'Sequential', config: {} })],
])('a %s that is stated of %s is refused, not ignored', async (stated, format, query, make) => {
  const detail = await refused(make(), 422, `?${query}`);
  expect(detail).toContain(`a ${stated} is stated, but the bytes are ${format}, which has none`);
});

describe('arrays', () => {
  test.each(['c_order.npz', ...(isLong ? ['fortran.npz'] : []), 'types.npz'])('%s trains', async (name) => {
    const file = await upload(fixture(name), `?name=${name}`);
    expect(file).toMatchObject({ kind: 'arrays', format: 'npz' });
    expect(file.arrays?.map(({ shape }) => shape)).toEqual([[30, 4], [30]]);
    expect(await finalAccuracy(experiment({ type: 'file', file: file.id }, [4], 2))).toBeGreaterThan(0.85);
  });

  test('C and Fortran order are the same numbers: the same losses, bit for bit', async () => {
    const losses = await Promise.all(
      ['c_order.npz', 'fortran.npz'].map(async (name) => {
        const file = await upload(fixture(name));
        const job = await service.finish(experiment({ type: 'file', file: file.id }, [4], 2));
        const report = (await (await service.get(`/v1/jobs/${job.id}/result`)).json()) as {
          baseline: { runs: unknown[] };
        };
        return JSON.stringify(report.baseline.runs);
      }),
    );
    expect(losses[0]).toBe(losses[1]);
  });

  test('images with the channels last become channels first; one-hot rows become classes', async () => {
    const file = await upload(fixture('images_channels_last.npz'));
    expect(file.arrays?.[0]?.notes.join()).toMatch(/channels first/);
    const body = {
      ...experiment({ type: 'file', file: file.id, scale: 0.00392 }, [3, 6, 5], 2),
      training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 4, steps: 5 },
    };
    const response = await service.post('/v1/preflight', body);
    expect(response.status, await response.clone().text()).toBe(200);
  });

  test('objects, which are pickles, are never loaded', async () => {
    expect(await refused(fixture('objects.npy'), 422)).toMatch(/Python objects/);
    expect(await refused(Buffer.from('\x80\x04pickle', 'latin1'), 422)).toMatch(/pickle/);
  });
});

describe('images', () => {
  async function archive(broken = false) {
    const image = (value: number, format: 'png' | 'jpeg', size: number) =>
      sharp({
        create: { width: size, height: size + 2, channels: 3, background: { r: value, g: value, b: value } },
      })
        [format]()
        .toBuffer();
    const entries: Record<string, Uint8Array> = {};
    for (let i = 0; i < 12; i++) {
      entries[`set/dark/${i}.png`] = new Uint8Array(await image(10 + i, 'png', 20));
      entries[`set/light/${i}.jpg`] = new Uint8Array(await image(200 + i, 'jpeg', 31));
    }
    if (broken) entries['set/light/torn.png'] = (entries['set/dark/0.png'] as Uint8Array).slice(0, 20);
    return zipSync(entries);
  }

  test('as many folders as images are read in a pass, not in one for each', async () => {
    const names = Array.from({ length: 30_000 }, (_, i) => `c${i}/a.png`);
    const empty = new Uint8Array();
    const before = process.cpuUsage();
    const message = await refused(
      Buffer.from(zipSync(Object.fromEntries(names.map((n) => [n, empty])))),
      422,
    );
    expect(message).toMatch(/30000 of 30000 images cannot be read/);
    const { user, system } = process.cpuUsage(before);
    // Seconds of a core, whatever else the machine does: one pass takes three.
    expect((user + system) / 1e6).toBeLessThan(30);
  });

  test('a folder a class, of any sizes, is resized and trains', async () => {
    const file = await upload(await archive(), '?name=images.zip');
    expect(file).toMatchObject({
      kind: 'images',
      rows: 24,
      classes: [
        { name: 'dark', images: 12 },
        { name: 'light', images: 12 },
      ],
    });
    const data = { type: 'file', file: file.id, size: [8, 8], channels: 1, scale: 1 / 255 };
    const body = experiment(data, [1, 8, 8], 2);
    expect(await problemsOf({ ...body, data: { ...data, inputs: 'x', missing: 'drop' } })).toEqual([
      '/data/missing',
      '/data/inputs',
    ]);
    // 64 pixels that move together kill rectified units with the first step.
    const network = JSON.parse(JSON.stringify(body.network).replace('relu', 'tanh')) as object;
    expect(await finalAccuracy({ ...body, network })).toBeGreaterThan(0.9);
  });

  test('a broken image and a path that climbs out are named', async () => {
    expect(await refused(await archive(true), 422)).toMatch(/torn\.png/);
    expect(await refused(zipSync({ '../../etc/x.png': new Uint8Array(4) }), 422)).toMatch(/leads out/);
  });
});

describe('what is refused', () => {
  test('too large a file, a bomb, a broken gzip stream', async () => {
    expect(await refused('a,b\n1,2\n'.repeat(700_000), 413)).toMatch(/4194304/);
    const bomb = await send(gzipSync(new Uint8Array(64 * 2 ** 20)), '', { 'content-encoding': 'gzip' });
    expect(bomb.status).toBe(413);
    const cut = await send(gzipSync(csvOf(',')).subarray(0, 100), '', { 'content-encoding': 'gzip' });
    expect(cut.status).toBe(422);
    const zip = zipSync({ 'a.npy': new Uint8Array(3) });
    expect(await refused(zip, 422)).toMatch(/NPY/);
    expect(await refused('', 422)).toMatch(/empty/);
  });

  test('nothing is left of any of them, nor of an upload that is cut off', async () => {
    const { port, hostname } = new URL(service.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\na,b\n1,2\n', () =>
          setTimeout(() => socket.destroy(), 100),
        );
      });
      socket.on('close', () => resolve());
    });
    await expect
      .poll(() => readdirSync(join(dataDir, 'files')).filter((name) => name.startsWith('incoming')))
      .toEqual([]);
  });

  test('an id that is not there, or not of this kind', async () => {
    const id = `file_${'0'.repeat(32)}`;
    const response = await service.post(
      '/v1/jobs',
      experiment({ type: 'file', file: id, targets: 'x' }, [4], 3),
    );
    expect(response.status).toBe(422);
    expect(await response.text()).toMatch(/"pointer":"\/data\/file"/);
    expect((await service.get(`/v1/files/${id}`)).status).toBe(404);
    const metadata = { file: id };
    const other = await service.post('/v1/preflight', { ...experiment({ type: 'iris' }, [4], 3), metadata });
    expect(other.status, await other.text()).toBe(200);
    const escaped = await service.post(
      '/v1/jobs',
      JSON.stringify(experiment({ type: 'file', file: id, targets: 'x' }, [4], 3)).replace(
        'file_',
        '\\u0066ile_',
      ),
    );
    expect(await escaped.text()).toMatch(/"pointer":"\/data\/file","message":"there is no file/);
    const model = await upload(JSON.stringify({ class_name: 'Sequential', config: {} }), '?name=model.json');
    expect(model.kind).toBe('model');
    const wrong = await service.post('/v1/jobs', experiment({ type: 'file', file: model.id }, [4], 3));
    expect(await wrong.text()).toMatch(/\/v1\/imports/);
  });
});

test('a file that a job needs stays until the job has ended; then it goes', async () => {
  const file = await upload(`${csvOf(',')}\n`);
  const body = {
    ...experiment({ type: 'file', file: file.id, targets: 'species' }, [4], 3),
    diagnostics: { probe_every: 1000 },
  };
  const endless = { ...body, training: { ...body.training, steps: 1_000_000 } };
  const job = (await (await service.post('/v1/jobs', endless)).json()) as { id: string };
  const remove = () => fetch(`${service.url}/v1/files/${file.id}`, { method: 'DELETE' });
  expect((await remove()).status).toBe(409);
  await service.post(`/v1/jobs/${job.id}/cancel`, {});
  await service.get(`/v1/jobs/${job.id}`, { prefer: 'wait=30' });
  expect((await remove()).status).toBe(204);
  expect((await service.get(`/v1/files/${file.id}`)).status).toBe(404);
  expect(readdirSync(join(dataDir, 'files'))).not.toContain(file.id);
});

test('weights of a file are where the training starts', async () => {
  const data = { type: 'blobs', samples: 60, centers: 2 };
  const job = await service.finish(experiment(data, [2], 2));
  const weights = await service.get(`/v1/jobs/${job.id}/weights?run=baseline/0&at=final`);
  const file = await upload(new Uint8Array(await weights.arrayBuffer()), '?name=weights.safetensors');
  expect(file.kind).toBe('weights');
  const body = experiment(data, [2], 2);
  const again = await service.finish({
    ...body,
    training: { ...body.training, initial_weights: { file: file.id } },
  });
  const runs = async (id: string) =>
    (
      (await (await service.get(`/v1/jobs/${id}/result`)).json()) as {
        baseline: { runs: { initial_loss: number; final_loss: number }[] };
      }
    ).baseline.runs[0];
  expect((await runs(again.id))?.initial_loss).toBe((await runs(job.id))?.final_loss);
});
