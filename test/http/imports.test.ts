/** @file Models of other frameworks over HTTP: what they become, that it can be posted, and that everything else is listed. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../../src/util/safetensors.ts';
import { kerasArchive } from '../imports/archives.ts';
import { sequential2, sequential3 } from '../imports/models.ts';
import { check } from './answers.ts';
import { startTestService, type TestService } from './service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ MAX_FILE_BYTES: String(2 ** 20) });
});
afterAll(async () => service.close());

async function send(
  body: Uint8Array | object | string,
  headers: Record<string, string> = {},
  query: '' | `?${string}` = '',
) {
  const url = `${service.url}/v1/imports${query}`;
  const bytes = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
  const response = check('POST', url, await fetch(url, { method: 'POST', body: bytes as string, headers }));
  return { status: (await response).status, body: await (await response).json() };
}

const digits = [
  {
    kind: 'Conv2D',
    name: 'conv2d',
    options: {
      filters: 4,
      kernel_size: [3, 3],
      strides: [1, 1],
      padding: 'same',
      data_format: 'channels_last',
      dilation_rate: [1, 1],
      groups: 1,
      activation: 'relu',
      use_bias: true,
    },
  },
  {
    kind: 'MaxPooling2D',
    name: 'pool',
    options: { pool_size: [2, 2], padding: 'valid', strides: [2, 2], data_format: 'channels_last' },
  },
  { kind: 'Flatten', name: 'flatten', options: { data_format: 'channels_last' } },
  { kind: 'Dense', name: 'dense', options: { units: 10, activation: 'softmax', use_bias: true } },
];

const compiled = {
  optimizer: {
    module: 'keras.optimizers',
    class_name: 'SGD',
    config: {
      name: 'SGD',
      learning_rate: 0.05,
      momentum: 0.9,
      nesterov: true,
      clipnorm: 1,
      weight_decay: null,
    },
    registered_name: null,
  },
  loss: {
    module: 'keras.losses',
    class_name: 'SparseCategoricalCrossentropy',
    config: { from_logits: false, reduction: 'sum_over_batch_size' },
    registered_name: null,
  },
  metrics: ['accuracy'],
};

const brokenWeights = () =>
  zipSync({
    'config.json': strToU8(JSON.stringify(sequential3([8, 8, 1], digits))),
    'model.weights.h5': strToU8('no weights'),
  });

describe('POST /v1/imports', () => {
  test('a Keras model trains once data are added to the answer', async () => {
    const { status, body } = await send(sequential3([8, 8, 1], digits, compiled));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      format: 'keras_json',
      network: { input: { shape: [1, 8, 8] } },
      training: {
        loss: 'categorical_cross_entropy',
        optimizer: { type: 'sgd', learning_rate: 0.05, momentum: 0.9, nesterov: true },
        gradient_clipping: { type: 'norm', max_norm: 1 },
      },
      initial_weights: null,
    });
    const { network, training } = body as { network: object; training: object };
    const experiment = {
      network,
      training: { ...training, epochs: 1 },
      data: { type: 'digits' },
      remedies: { verify: false },
    };
    const job = await service.finish(experiment);
    expect(job.status).toBe('succeeded');
  });

  test('sizes that the model leaves open are given with it', async () => {
    const model = sequential3(
      [null, 3],
      [
        { kind: 'LSTM', name: 'lstm', options: { units: 4 } },
        { kind: 'Dense', name: 'dense', options: { units: 1 } },
      ],
    );
    const refused = await send(model);
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ fix: expect.stringContaining('open_size') }] },
    });
    const given = await send(model, {}, '?open_size=7');
    expect(given).toMatchObject({ status: 200, body: { network: { input: { shape: [7, 3] } } } });
    expect((await send(model, {}, '?open_size=0')).status).toBe(422);
  });

  test('the layers of Keras 2 are the same, packed or not', async () => {
    const [plain, packed] = [
      await send(sequential2([8, 8, 1], digits)),
      await send(gzipSync(JSON.stringify(sequential2([8, 8, 1], digits))), { 'content-encoding': 'gzip' }),
    ];
    const newer = await send(sequential3([8, 8, 1], digits));
    expect(plain.status).toBe(200);
    expect((plain.body as { network: unknown }).network).toEqual(
      (newer.body as { network: unknown }).network,
    );
    expect(packed.body).toEqual(plain.body);
  });

  test('an archive brings its weights, from which the training starts', async () => {
    const units = 3;
    const weights = [
      { shape: [4, units], data: Array.from({ length: 4 * units }, (_, i) => i / 10 - 0.5) },
      { shape: [units], data: [0.5, 0, -0.5] },
    ];
    const layers = [{ kind: 'Dense', name: 'dense', options: { units, activation: 'softmax' }, weights }];
    const { status, body } = await send(await kerasArchive(sequential3([4], layers, compiled), layers));
    expect(status).toBe(200);
    const { network, training, initial_weights } = body as {
      network: object;
      training: object;
      initial_weights: { file: string };
    };
    expect(training).toMatchObject({ initial_weights });
    expect(await (await service.get(`/v1/files/${initial_weights.file}`)).json()).toMatchObject({
      kind: 'weights',
    });
    const data = { type: 'iris', validation_split: 0 };
    const still = {
      ...training,
      epochs: undefined,
      steps: 1,
      optimizer: { type: 'sgd', learning_rate: 1e-9 },
    };
    const job = await service.finish({ network, data, training: still, remedies: { verify: false } });
    const kept = await service.get(`/v1/jobs/${job.id}/weights?run=baseline/0&at=initial`);
    const tensors = decodeSafetensors(new Uint8Array(await kept.arrayBuffer()));
    expect(tensors.ok && tensors.value.get('dense/kernel')).toEqual({
      shape: [4, units],
      data: Float32Array.from(weights[0]?.data ?? []),
    });
  });

  test('an ONNX file is taken with its weights', async () => {
    const file = readFileSync(new URL('../imports/fixtures/torch_mlp.onnx', import.meta.url));
    const { status, body } = await send(file);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({
      format: 'onnx',
      network: { input: { shape: [5] } },
      initial_weights: { file: expect.stringMatching(/^file_/) },
    });
  });

  test('everything that cannot be expressed is listed at once, by class, name and nearest alternative', async () => {
    const { status, body } = await send(
      sequential3(
        [8, 8, 1],
        [
          {
            kind: 'Lambda',
            name: 'scale',
            options: { function: { class_name: '__lambda__', config: { code: '4wEAAAAA' } } },
          },
          digits[0] as (typeof digits)[0],
          { kind: 'Conv2DD', name: 'typo', options: {} },
          { kind: 'Flatten', name: 'flatten' },
          { kind: 'AlphaDropout', name: 'alpha', options: { rate: 0.1 } },
          { kind: 'Dense', name: 'dense', options: { units: 3, activation: 'my_activation' } },
        ],
      ),
    );
    expect(status).toBe(422);
    const { code, errors } = body as { code: string; errors: Record<string, string>[] };
    expect(code).toBe('unsupported_model');
    expect(errors.map(({ class: kind, name, alternative }) => [kind, name, alternative])).toEqual([
      ['Lambda', 'scale', expect.stringContaining('expression')],
      ['Conv2DD', 'typo', 'Conv2D'],
      ['AlphaDropout', 'alpha', 'dropout'],
      ['Dense', 'dense', expect.any(String)],
    ]);
    expect(errors[2]?.pointer).toBe('/config/layers/5');
    expect(errors.every(({ message, name = '' }) => message?.includes(name))).toBe(true);
  });

  test.each<[string, Uint8Array | string, number, string]>([
    ['nothing', '', 422, 'file_unreadable'],
    ['a CSV', 'a,b\n1,2\n', 422, 'file_unreadable'],
    ['a pickle', new Uint8Array([0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, 0x8c]), 422, 'file_unreadable'],
    ['half a JSON text', '{"class_name": "Sequential", "config": {', 422, 'file_unreadable'],
    ['another JSON text', '{"a": 1}', 422, 'file_unreadable'],
    ['a subclassed model', '{"class_name": "MyModel", "config": {}}', 422, 'file_unreadable'],
    ['deep nesting', `${'{"config":'.repeat(5000)}1${'}'.repeat(5000)}`, 422, 'file_unreadable'],
    [
      'layers that are none',
      '{"class_name": "Sequential", "config": {"layers": [1, null]}}',
      422,
      'file_unreadable',
    ],
    ['an archive of something else', zipSync({ 'a.txt': strToU8('a') }), 422, 'file_unreadable'],
    ['half a zip', zipSync({ 'config.json': strToU8('{}') }).subarray(0, 40), 422, 'file_unreadable'],
    ['weights that are no HDF5', brokenWeights(), 422, 'file_unreadable'],
    ['the beginning of an HDF5 file', strToU8('\x89HDF\r\n\x1a\n and no more', true), 422, 'file_unreadable'],
    ['what begins like ONNX', strToU8('\x08\x07 and goes on like a text', true), 422, 'file_unreadable'],
    ['more bytes than a file may have', ' '.repeat(2 ** 20 + 1), 413, 'file_too_large'],
  ])('%s is refused', async (_what, bytes, status, code) => {
    const answer = await send(bytes);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect((answer.body as { code: string }).code).toBe(code);
  });
});

describe('"import" in place of a network', () => {
  const units = 3;
  const layers = [
    {
      kind: 'Dense',
      name: 'dense',
      options: { units, activation: 'softmax' },
      weights: [
        { shape: [2, units], data: [0.1, 0.2, 0.3, -0.1, -0.2, -0.3] },
        { shape: [units], data: [0.5, 0, -0.5] },
      ],
    },
  ];
  const data = { type: 'spirals', classes: 3, samples: 90 };
  const remedies = { verify: false };

  async function upload(bytes: Uint8Array): Promise<string> {
    const response = await fetch(`${service.url}/v1/files`, { method: 'POST', body: bytes as never });
    return ((await response.json()) as { id: string }).id;
  }
  async function post(path: string, body: object, headers: Record<string, string> = {}) {
    const url = `${service.url}${path}`;
    const sent = { 'content-type': 'application/json', ...headers };
    const response = await check(
      'POST',
      url,
      await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body) }),
    );
    const answer = (await response.json()) as { id: string; code: string; errors: { pointer: string }[] };
    return { status: response.status, body: answer };
  }
  const archive = async () => upload(await kerasArchive(sequential3([2], layers, compiled), layers));

  test('gives network, training where the body has none, and the weights to start from', async () => {
    const id = await archive();
    const { status, body } = await post('/v1/preflight', {
      import: id,
      data,
      remedies,
      training: { steps: 20 },
    });
    expect([status, body]).toMatchObject([
      200,
      {
        experiment: {
          network: { layers: [{ type: 'dense', name: 'dense', units }] },
          training: {
            loss: 'categorical_cross_entropy',
            optimizer: { type: 'sgd', momentum: 0.9 },
            gradient_clipping: { type: 'norm', max_norm: 1 },
            steps: 20,
            initial_weights: { file: expect.stringMatching(/^file_/) },
          },
        },
      },
    ]);
    const own = await post('/v1/preflight', {
      import: id,
      data,
      remedies,
      training: { optimizer: 'adam', initial_weights: null },
    });
    expect(own.body).toMatchObject({
      experiment: {
        training: { optimizer: { type: 'adam' }, gradient_clipping: null, initial_weights: null, epochs: 10 },
      },
    });
  });

  test('gets the sizes that the model leaves open', async () => {
    const model = sequential3(
      [null],
      [{ kind: 'Dense', name: 'dense', options: { units, activation: 'softmax' } }],
    );
    const id = await upload(Buffer.from(JSON.stringify(model)));
    const preflight = (open_size: unknown) =>
      post('/v1/preflight', { import: id, open_size, data, remedies, training: { steps: 1 } });
    const { body } = await preflight(2);
    expect(body).toMatchObject({ experiment: { network: { input: { shape: [2] } } } });
    expect((await preflight('many')).body.errors).toMatchObject([{ pointer: '/open_size' }]);
  });

  test('makes a job, the same one for the same key', async () => {
    const experiment = { import: await archive(), data, remedies, training: { epochs: 1 } };
    const key = { 'idempotency-key': 'imported-once' };
    const first = await post('/v1/jobs', experiment, key);
    expect(first.status).toBe(202);
    expect((await post('/v1/jobs', experiment, key)).body.id).toBe(first.body.id);
    const other = { ...experiment, training: { epochs: 2 } };
    expect((await post('/v1/jobs', other, key)).body.code).toBe('idempotency_key_reused');
  });

  test('is refused where it is no model, not there, or beside a network', async () => {
    const id = await archive();
    const table = await upload(strToU8('a,b\n1,2\n3,4\n'));
    const lambda = await upload(
      strToU8(JSON.stringify(sequential3([2], [{ kind: 'Lambda', name: 'code' }]))),
    );
    const refused = async (experiment: object) => {
      const { status, body } = await post('/v1/jobs', { data, ...experiment });
      return [status, body.code, body.errors?.[0]?.pointer];
    };
    expect(await refused({ import: table })).toEqual([422, 'file_unreadable', undefined]);
    expect(await refused({ import: lambda })).toEqual([
      422,
      'unsupported_model',
      expect.stringContaining('/layers/1'),
    ]);
    const wrong = [422, 'validation_failed', '/import'];
    expect(await refused({ import: `file_${'0'.repeat(32)}` })).toEqual(wrong);
    expect(await refused({ import: 5 })).toEqual(wrong);
    expect(await refused({ import: id, network: { layers: [] } })).toEqual(wrong);
    expect(await refused({ import: id, training: 'long' })).toEqual([422, 'validation_failed', '/training']);
  });
});
