/** @file What goes wrong most often is said in the words of who did it, and reaches them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Problem } from '../../src/experiment/index.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

const PYTHON = '/usr/bin/python3';
const MAX_BODY_BYTES = 100_000;

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ MAX_BODY_BYTES: String(MAX_BODY_BYTES) });
});
afterAll(() => service.close());

const image = (height: number, width: number, channels: number) =>
  Array.from({ length: height }, () => Array.from({ length: width }, () => new Array(channels).fill(0.5)));

async function problemOf(network: unknown, data: unknown, loss = 'softmax_cross_entropy'): Promise<Problem> {
  const training = { loss, optimizer: 'adam', steps: 1 };
  const response = await service.post('/v1/preflight', { network, data, training });
  expect(response.status).toBe(422);
  const [problem] = ((await response.json()) as { errors: Problem[] }).errors;
  return problem as Problem;
}

const convolution = { type: 'conv2d', filters: 2, kernel_size: 3 };
const tail = [{ type: 'flatten' }, { type: 'dense', units: 10 }];
const hint = (shape: string) => `images are [channels, height, width]; yours looks like ${shape}`;

it('sees images whose channels come last: in the network, in the data, in both', async () => {
  const first = { input: { shape: [3, 12, 8] }, layers: [convolution, ...tail] };
  const last = { input: { shape: [12, 8, 3] }, layers: [convolution, ...tail] };
  const inline = { type: 'inline', inputs: [image(12, 8, 3), image(12, 8, 3)], targets: [0, 1] };
  const inData = await problemOf(first, inline);
  expect(inData.message).toContain(hint('[12, 8, 3]'));
  expect(inData.fix).toContain('[3, 12, 8]');
  const inNetwork = await problemOf(
    { input: { shape: [28, 28, 1] }, layers: [convolution, ...tail] },
    { type: 'inline', inputs: [image(14, 14, 1), image(14, 14, 1)], targets: [0, 1] },
  );
  expect(inNetwork.message).toContain(hint('[28, 28, 1]'));
  const inBoth = await problemOf({ ...last, layers: [{ ...convolution, kernel_size: 5 }, ...tail] }, inline);
  expect(inBoth.message).toContain(hint('[12, 8, 3]'));
});

it('says how many units so many classes need', async () => {
  const network = (units: number) => ({ input: { shape: [64] }, layers: [{ type: 'dense', units }] });
  const digits = { type: 'digits' };
  expect((await problemOf(network(1), digits)).message).toContain('10 classes need 10 units');
  expect((await problemOf(network(7), digits)).message).toContain('10 classes need 10 units');
  expect((await problemOf(network(1), digits, 'sigmoid_cross_entropy')).fix).toContain(
    '10 classes need 10 units',
  );
});

const labelled = (targets: readonly unknown[]) => ({
  type: 'inline',
  inputs: targets.map((_, i) => [i, 1]),
  targets,
});
const twoUnits = (units = 2) => ({ input: { shape: [2] }, layers: [{ type: 'dense', units }] });

it.each<[string, unknown[], string, string]>([
  ['softmax_cross_entropy', [-1, 1, -1], 'whole numbers from -1 to 1', 'write -1 as 0, 1 as 1; if they are'],
  ['sigmoid_cross_entropy', [-1, 1, -1], 'reads numbers from 0 to 1', 'write -1 as 0, 1 as 1; if they are'],
  ['softmax_cross_entropy', [0, 10_000], 'whole numbers from 0 to 10000', 'write 0 as 0, 10000 as 1'],
  ['softmax_cross_entropy', [0.5, 1.5, 2.5], 'fractional numbers', 'write 0.5 as 0, 1.5 as 1, 2.5 as 2'],
  ['sigmoid_cross_entropy', [0, 1, 2], 'these are 3 classes', '3 classes need 3 units'],
])('says what %s reads, and what the targets %j are instead', async (loss, targets, message, fix) => {
  const problem = await problemOf(twoUnits(loss.startsWith('sigmoid') ? 1 : 2), labelled(targets), loss);
  expect(problem.message).toContain(message);
  expect(problem.fix).toContain(fix);
});

it('takes many different targets for amounts, few of high numbers for classes numbered in another way', async () => {
  const amounts = Array.from({ length: 30 }, (_, i) => i / 7);
  const many = await problemOf(twoUnits(), labelled(amounts));
  expect([many.pointer, many.fix]).toEqual(['/training/loss', expect.stringMatching(/^use one of: mean_sq/)]);
  const fromOne = await problemOf(twoUnits(), labelled([1, 2, 1]));
  expect(fromOne.message).toContain('3 classes need 3 units');
  expect(fromOne.fix).toContain(
    'if the 2 that occur are all there are, number them from 0: write 1 as 0, 2 as 1',
  );
  const tooFew = await problemOf(twoUnits(), labelled([0, 1, 2]));
  expect(tooFew.fix).not.toContain('number them');
});

it('says the same of a column of a table', async () => {
  const table = ['a,b,label', '1,2,-1', '2,1,1', '3,1,-1', '1,3,1'].join('\n');
  const sent = await fetch(`${service.url}/v1/files?name=signs.csv`, { method: 'POST', body: table });
  const { id } = (await sent.json()) as { id: string };
  const data = { type: 'file', file: id, targets: 'label', target_type: 'values' };
  const problem = await problemOf(twoUnits(1), data, 'sigmoid_cross_entropy');
  expect(problem).toMatchObject({
    pointer: '/data/targets',
    fix: expect.stringContaining('-1 as 0, 1 as 1'),
  });
});

it.each<[unknown[], number, string, string]>([
  [['cat', 'dog'], 0, 'but is "cat"', 'whole numbers from 0'],
  [[true, false], 0, 'but is true', 'write 1 for true and 0 for false'],
  [[0, null], 1, 'but is null', 'leave the sample out'],
  [[0, '1'], 1, 'but is "1"', 'write 1, without quotes'],
])('says of the targets %j which is no number, and what to write', async (targets, index, message, fix) => {
  const problem = await problemOf(twoUnits(), labelled(targets));
  expect(problem.pointer).toBe(`/data/targets/${index}`);
  expect(problem.message).toContain(message);
  expect(problem.fix).toContain(fix);
});

it.each([
  ['mean_squared_error', { type: 'moons' }],
  ['sigmoid_cross_entropy', { type: 'moons' }],
  ['hinge', { type: 'circles' }],
  [
    'mean_squared_error',
    {
      type: 'inline',
      inputs: [
        [0, 0],
        [1, 1],
      ],
      targets: [0, 1],
    },
  ],
])(
  'says that %s reads the two classes of %j as numbers, and what else fits two units',
  async (loss, data) => {
    const network = { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] };
    const problem = await problemOf(network, data, loss);
    expect(problem.message).toContain('as the numbers 0 to 1');
    expect(problem.fix).toMatch(
      /"units": 1 \}; or keep one unit per class and use one of:.*softmax_cross_entropy/,
    );
  },
);

it.each([
  ['/v1/job', 'did you mean /v1/jobs?'],
  ['/V1/jobs', 'did you mean /v1/jobs?'],
  ['/v1/jobs/job_1/Result', 'did you mean /v1/jobs/job_1/result?'],
  ['/v1/jobs/job_1/statistic', 'did you mean /v1/jobs/job_1/statistics?'],
  ['/v1/openapi.json', 'did you mean /openapi.json?'],
  ['/nothing/like/it', 'see /docs'],
  ['/v1/catalog/layer', 'did you mean "layers"?'],
  ['/v1/catalog/layers/Dense', 'it is called "dense" here'],
  ['/v1/catalog/activations/swish', 'it is called "silu" here'],
  ['/v1/catalog/rules/nothing_like_it', 'vanishing_gradient, exploding_gradient'],
])('%s is not there, and the answer says what is', async (path, expected) => {
  const response = await fetch(service.url + path);
  expect(response.status).toBe(404);
  expect(((await response.json()) as { detail: string }).detail).toContain(expected);
});

it('a slash at the end changes nothing', async () => {
  for (const path of ['/v1/jobs', '/v1/catalog/rules', '/healthz', '/docs']) {
    const [with_, without] = await Promise.all([fetch(`${service.url}${path}/`), fetch(service.url + path)]);
    expect([path, with_.status]).toEqual([path, without.status]);
  }
});

it('asks nobody to come back for a job that has ended', async () => {
  const experiment = tinyExperiment({ remedies: { verify: false } });
  const ended = await service.post('/v1/jobs', experiment, { prefer: 'wait=60' });
  expect([((await ended.json()) as { status: string }).status, ended.headers.get('retry-after')]).toEqual([
    'succeeded',
    null,
  ]);
});

const WORDS = [String(MAX_BODY_BYTES), 'POST /v1/files'];

it('tells fetch how large a body may be, and where larger data go', async () => {
  for (const path of ['/v1/jobs', '/v1/preflight']) {
    const response = await service.post(path, `{"data": "${'x'.repeat(20_000_000)}"}`);
    expect(response.status).toBe(413);
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    expect(code).toBe('body_too_large');
    for (const word of WORDS) expect(detail).toContain(word);
  }
});

it.runIf(existsSync(PYTHON))('and urllib, which reads nothing before it has sent all', async () => {
  const script = `
import json, urllib.request, urllib.error
request = urllib.request.Request("${service.url}/v1/jobs", b'{"data": "' + b"x" * 20_000_000 + b'"}', {"content-type": "application/json"})
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    print(error.code, json.load(error)["detail"])
`;
  // Not in this thread, which is the service's.
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', script]);
  expect(stdout).toContain('413 ');
  for (const word of WORDS) expect(stdout).toContain(word);
});

it('shows the name of the project in /docs', async () => {
  const script = await (await fetch(`${service.url}/docs/static/swagger-initializer.js`)).text();
  const logo = /base64,([A-Za-z0-9+/=]+)/.exec(script)?.[1] ?? '';
  expect(Buffer.from(logo, 'base64').toString()).toContain('>GradClinic<');
  expect(await (await fetch(`${service.url}/docs/`)).text()).toContain('<title>GradClinic API</title>');
});

it('quotes no more of a request than a reader needs', async () => {
  const response = await service.post('/v1/preflight', {
    network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] },
    data: { type: 'file', file: 'f'.repeat(80_000) },
    training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 1 },
  });
  expect(response.status).toBe(422);
  expect((await response.text()).length).toBeLessThan(5_000);
});

it.each([
  ["{'steps': 1}", 'double quotes'],
  ['{"a": True}', 'true, false and null'],
  ['{"a": [1, None]}', 'true, false and null'],
  ['{"a": 1,}', 'no comma behind the last element'],
  ['{"a": 1} // note', 'no comments'],
  ['{a: 1}', 'keys in double quotes'],
  ['{"a": NaN}', 'write null'],
])('%s is no JSON, and the answer says what to write', async (text, expected) => {
  const response = await fetch(`${service.url}/v1/preflight`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
  expect(response.status).toBe(400);
  expect(((await response.json()) as { detail: string }).detail).toContain(expected);
});

it.each([
  ['page=2', 'it is called "cursor" here'],
  ['per_page=5', 'it is called "limit" here'],
  ['state=running', 'it is called "status" here'],
  ['statsu=running', 'did you mean "status"?'],
])('?%s', async (query, fix) => {
  const response = await fetch(`${service.url}/v1/jobs?${query}`);
  expect(response.status).toBe(422);
  expect(((await response.json()) as { errors: Problem[] }).errors[0]?.fix).toBe(fix);
});
