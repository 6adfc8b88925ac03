/** @file Weights and models: downloaded, read by others, and posted again. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem } from '../../src/experiment/index.ts';
import type { Report } from '../../src/study/index.ts';
import { canonicalJson } from '../../src/util/json.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../src/util/safetensors.ts';
import { startTestService, type TestService } from './service.ts';

const samples = [
  [0.5, -1],
  [1, 2],
  [-0.25, 0.75],
  [2, -0.5],
  [-1, -1],
  [0.1, 0.2],
];

const experiment = (training: Record<string, unknown> = {}) => ({
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'dense', units: 5, activation: 'tanh' },
      { type: 'batch_norm', momentum: 0.5 },
      { type: 'reshape', shape: [5, 1] },
      { type: 'lstm', units: 3 },
      { type: 'dense', units: 2 },
    ],
  },
  data: { type: 'inline', inputs: samples, targets: [0, 1, 1, 0, 1, 0], validation_split: 0, shuffle: false },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'adam', learning_rate: 0.02 },
    batch_size: 6,
    steps: 12,
    ...training,
  },
  remedies: { verify: false },
});

let service: TestService;
let id: string;
let report: Report;

beforeAll(async () => {
  service = await startTestService();
  id = (await service.finish(experiment())).id;
  report = (await (await service.get(`/v1/jobs/${id}/result`)).json()) as Report;
});
afterAll(() => service.close());

async function download(path: string): Promise<Buffer> {
  const response = await service.get(`/v1/jobs/${id}/${path}`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

function tensorsOf(bytes: Buffer): Map<string, NamedTensor> {
  const decoded = decodeSafetensors(bytes);
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

/** Mean cross-entropy of logits [n, 2]. */
function lossOf(logits: Float32Array, targets: readonly number[]): number {
  const losses = targets.map((target, i) => {
    const [a = 0, b = 0] = logits.subarray(2 * i, 2 * i + 2);
    return Math.log(Math.exp(a) + Math.exp(b)) - (target === 0 ? a : b);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe('GET /v1/jobs/{id}/weights', () => {
  it('holds every parameter and running average by name, initial and final', async () => {
    const [initial, final] = [
      tensorsOf(await download('weights?at=initial')),
      tensorsOf(await download('weights')),
    ];
    expect([...final.keys()].sort()).toEqual(
      [
        ...[
          'batch_norm_1/beta',
          'batch_norm_1/gamma',
          'batch_norm_1/moving_mean',
          'batch_norm_1/moving_variance',
        ],
        ...['dense_1/bias', 'dense_1/kernel', 'dense_2/bias', 'dense_2/kernel'],
        ...['lstm_1/bias', 'lstm_1/kernel', 'lstm_1/recurrent_kernel'],
      ].sort(),
    );
    expect(final.get('lstm_1/recurrent_kernel')?.shape).toEqual([3, 12]);
    // The forget gate, the second of four, starts at 1.
    expect([...(initial.get('lstm_1/bias')?.data ?? [])]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(final.get('dense_1/kernel')?.data).not.toEqual(initial.get('dense_1/kernel')?.data);
  });

  it.runIf(existsSync('/usr/bin/python3'))('is read by an independent reader of the format', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradclinic-weights-'));
    const file = join(folder, 'w.safetensors');
    writeFileSync(file, await download('weights'));
    // The format in four lines of Python: header length, JSON, offsets into the rest.
    const script = [
      'import json, struct, sys',
      `data = open(${JSON.stringify(file)}, "rb").read()`,
      'n = struct.unpack("<Q", data[:8])[0]',
      'header = json.loads(data[8:8 + n])',
      'start, end = header["dense_1/kernel"]["data_offsets"]',
      'print(json.dumps([header["dense_1/kernel"], struct.unpack("<10f", data[8 + n + start:8 + n + end])]))',
    ].join('\n');
    const [entry, numbers] = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8' }),
    );
    rmSync(folder, { recursive: true });
    expect(entry).toMatchObject({ dtype: 'F32', shape: [2, 5] });
    const kernel = tensorsOf(await download('weights')).get('dense_1/kernel');
    expect(Float32Array.from(numbers)).toEqual(kernel?.data);
  });

  it('says whose they are, and gives them as PyTorch would have them', async () => {
    const metadataOf = (bytes: Buffer) => {
      const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
      return header.__metadata__ as Record<string, string>;
    };
    const [own, torch] = [await download('weights'), await download('weights?layout=torch')];
    const experiment_sha256 = createHash('sha256').update(canonicalJson(report.experiment)).digest('hex');
    const rest = { run: 'baseline/0', at: 'final', experiment_sha256 };
    expect(metadataOf(own)).toEqual({ framework: 'gradclinic', layout: 'gradclinic', ...rest });
    expect(metadataOf(torch)).toEqual({ framework: 'pytorch', layout: 'torch', format: 'pt', ...rest });
    const state = tensorsOf(torch);
    expect([...state.keys()].sort()).toEqual(
      [
        ...['0.weight', '0.bias', '2.weight', '2.bias', '2.running_mean', '2.running_var'],
        ...['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0'].map((name) => `5.rnn.${name}`),
        ...['6.weight', '6.bias'],
      ].sort(),
    );
    expect(state.get('0.weight')?.shape).toEqual([5, 2]);
  });

  it('answers a run that there is not, and one whose weights were not kept', async () => {
    const missing = await service.get(`/v1/jobs/${id}/weights?run=baseline/99`);
    expect(await missing.json()).toMatchObject({ status: 404, code: 'run_not_found' });
    const wrong = await service.get(`/v1/jobs/${id}/weights?at=middle`);
    expect(await wrong.json()).toMatchObject({ status: 422, code: 'validation_failed' });
  });
});

describe('training.initial_weights', () => {
  const posted = (tensors: ReadonlyMap<string, NamedTensor>) => ({
    encoding: 'safetensors',
    data: Buffer.from(encodeSafetensors(tensors)).toString('base64'),
  });
  const problems = async (initial_weights: unknown) => {
    const response = await service.post('/v1/jobs', experiment({ initial_weights }));
    expect(response.status).toBe(422);
    return ((await response.json()) as { errors: Problem[] }).errors;
  };

  it('go on where a training ended', async () => {
    const final = tensorsOf(await download('weights'));
    const job = await service.finish(experiment({ initial_weights: posted(final), steps: 1 }));
    const next = (await (await service.get(`/v1/jobs/${job.id}/result`)).json()) as Report;
    expect(next.baseline.runs[0]?.initial_loss).toBe(report.baseline.runs[0]?.final_loss);
    expect(next.baseline.runs[0]?.initial_loss).not.toBe(report.baseline.runs[0]?.initial_loss);
  });

  it('may be some of the parameters', async () => {
    const kernel = { shape: [3, 2], data: new Float32Array(6) };
    const job = await service.finish(
      experiment({ initial_weights: posted(new Map([['dense_2/kernel', kernel]])), steps: 1 }),
    );
    const next = (await (await service.get(`/v1/jobs/${job.id}/result`)).json()) as Report;
    // Without a last kernel, and a bias of zeros, both classes are equally likely.
    expect(next.baseline.runs[0]?.initial_loss).toBeCloseTo(Math.log(2), 6);
  });

  it('are refused with the place and the reason', async () => {
    const pointer = '/training/initial_weights/data';
    const unknown = await problems(
      posted(new Map([['dense_9/kernel', { shape: [1], data: new Float32Array(1) }]])),
    );
    expect(unknown).toMatchObject([{ pointer, message: expect.stringContaining('dense_9/kernel') }]);
    const shape = await problems(
      posted(new Map([['dense_1/kernel', { shape: [5, 2], data: new Float32Array(10) }]])),
    );
    expect(shape).toMatchObject([{ pointer, message: expect.stringContaining('[2, 5]') }]);
    const garbage = await problems({
      encoding: 'safetensors',
      data: Buffer.from('not at all').toString('base64'),
    });
    expect(garbage).toMatchObject([{ pointer, message: expect.stringContaining('safetensors') }]);
    expect(await problems({ encoding: 'safetensors', data: '%%%' })).toMatchObject([{ pointer }]);
  });
});

describe('GET /v1/jobs/{id}/model', () => {
  it('is a network that predicts what the training measured', async () => {
    const model = await download('model?format=onnx');
    const session = await InferenceSession.create(model);
    const inputs = new Tensor('float32', Float32Array.from(samples.flat()), [6, 2]);
    const { prediction } = await session.run({ inputs });
    expect(prediction?.dims).toEqual([6, 2]);
    const loss = lossOf(prediction?.data as Float32Array, [0, 1, 1, 0, 1, 0]);
    expect(loss).toBeCloseTo(report.baseline.runs[0]?.final_loss ?? Number.NaN, 5);
    await session.release();
  });

  it('is also to be had from before the training', async () => {
    const session = await InferenceSession.create(await download('model?at=initial&batch_size=6'));
    const inputs = new Tensor('float32', Float32Array.from(samples.flat()), [6, 2]);
    const { prediction } = await session.run({ inputs });
    const loss = lossOf(prediction?.data as Float32Array, [0, 1, 1, 0, 1, 0]);
    expect(loss).toBeCloseTo(report.baseline.runs[0]?.initial_loss ?? Number.NaN, 5);
    await session.release();
  });

  it('takes no other format', async () => {
    const response = await service.get(`/v1/jobs/${id}/model?format=keras`);
    expect(await response.json()).toMatchObject({ status: 422, errors: [{ pointer: '/query/format' }] });
  });
});
