/** @file What a client reads of a value of the wrong type or size, of everything wrong beside a wrong name, and of words people use elsewhere. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type Problem, parseExperiment, parseWith } from '../../../src/experiment/index.ts';
import { tinyExperiment } from '../../http/service.ts';

type Body = Record<'network' | 'data' | 'training', Record<string, unknown>> & Record<string, unknown>;

function problemsOf(change: (body: Body) => void): readonly Problem[] {
  const body = structuredClone(tinyExperiment()) as Body;
  change(body);
  const parsed = parseExperiment(body);
  return parsed.ok ? [] : parsed.error;
}

const inTraining = (options: Record<string, unknown>) =>
  problemsOf((body) => Object.assign(body.training, options));

it.each<[unknown, string, string | undefined]>([
  ['5', 'must be a number, but is "5"', 'write 5, without quotes'],
  ['five', 'must be a number, but is "five"', undefined],
  [5.5, 'must be a whole number, but is 5.5', undefined],
  [0, 'must be at least 1, but is 0', undefined],
  [true, 'must be a number, but is true', undefined],
  [[5], 'must be a number, but is a list', undefined],
  [{}, 'must be a number, but is an object', undefined],
  [null, 'must be a number, but is null', 'leave it out, or give a value'],
])('steps: %j', (steps, message, fix) => {
  const [problem] = inTraining({ steps });
  expect(problem).toEqual({ pointer: '/training/steps', message, ...(fix && { fix }) });
});

it('calls a number that is too large for any so, not null', () => {
  const [problem] = inTraining({ steps: JSON.parse('1e400') });
  expect(problem?.message).toBe('must be a number, but is beyond the range of numbers (±1.8e308)');
});

it('says the closest of the bounds that a value breaks, and of two values each', () => {
  const schema = z.object({ a: z.int().max(9), b: z.int().max(8).min(2) });
  const parsed = parseWith(schema, { a: 1e300, b: -1e300 });
  expect(parsed.ok ? [] : parsed.error.map(({ pointer, message }) => `${pointer} ${message}`)).toEqual([
    '/a must be at most 9, but is 1e+300',
    '/b must be at least 2, but is -1e+300',
  ]);
});

it.each([
  [{ encoding: 'safetensors', data: '@@' }, '/data', 'must be base64, but is "@@"'],
  [{ file: 'house.csv' }, '/file', 'must be an id that POST /v1/files has answered'],
])('says of the initial weights %j what they have to be', (initial_weights, at, message) => {
  expect(inTraining({ initial_weights })[0]).toEqual({
    pointer: `/training/initial_weights${at}`,
    message,
  });
});

it('has no word of the validation library, whatever the schema asks for', () => {
  const schema = z.object({
    short: z.string().max(2),
    some: z.array(z.number()).min(1),
    exact: z.array(z.number()).length(2),
    share: z.number().gt(0).lt(1),
    even: z.number().multipleOf(2),
    flag: z.boolean(),
    one: z.enum(['a', 'b']),
  });
  const given = { short: 'abc', some: [], exact: [1], share: 1, even: 3, flag: 'true', one: 3 };
  const parsed = parseWith(schema, given);
  expect(parsed.ok ? [] : parsed.error.map(({ message }) => message)).toEqual([
    'must have at most 2 characters, but has 3',
    'must have at least 1 element, but has 0',
    'must have exactly 2 elements, but has 1',
    'must be less than 1, but is 1',
    'must be a multiple of 2, but is 3',
    'must be true or false, but is "true"',
    '3 is not known',
  ]);
});

it('keeps the words that a schema has of its own', () => {
  const parsed = parseWith(z.object({ a: z.number({ error: 'needs a weight' }) }), { a: 'x' });
  expect(parsed.ok ? [] : parsed.error).toEqual([{ pointer: '/a', message: 'needs a weight' }]);
});

const pointers = (problems: readonly Problem[]) => problems.map(({ pointer }) => pointer);

it('tells all that is wrong with an optimizer at once: its name, its rate, its other keys', () => {
  const problems = inTraining({ optimizer: { type: 'adamm', lr: 0.1, beta_1: 2 } });
  expect(pointers(problems).toSorted()).toEqual([
    '/training/optimizer/beta_1',
    '/training/optimizer/lr',
    '/training/optimizer/type',
  ]);
  expect(problems.find(({ pointer }) => pointer.endsWith('lr'))?.fix).toContain('learning_rate');
});

it('does so at every depth, for names that are synonyms or misspelt', () => {
  const problems = problemsOf((body) => {
    body.network.layers = [
      {
        type: 'repeet',
        times: 'two',
        layers: [{ type: 'Dense', unit: 8, activation: { type: 'leakyrelu', alpha: 0.1 } }],
      },
      { type: 'dense', units: 2 },
    ];
  });
  expect(pointers(problems)).toEqual([
    '/network/layers/0/type',
    '/network/layers/0/times',
    '/network/layers/0/layers/0/type',
    '/network/layers/0/layers/0/units',
    '/network/layers/0/layers/0/activation/type',
    '/network/layers/0/layers/0/activation/alpha',
    '/network/layers/0/layers/0/unit',
  ]);
});

it('of a name that is like none, names only the keys that nothing has', () => {
  const problems = inTraining({ optimizer: { type: 'shampoo_of_mine', learning_rate: 0.1, foo: 1 } });
  expect(pointers(problems)).toEqual(['/training/optimizer/type', '/training/optimizer/foo']);
});

it.each<[string, Record<string, unknown>, string]>([
  ['a rate beside the optimizer', { lr: 0.1 }, '"optimizer"'],
  ['schedule', { schedule: 'cosine' }, '"learning_rate_schedule"'],
  ['the name of an optimizer', { optimizer: { name: 'adam' } }, '"type"'],
])('%s', (_, options, expected) => {
  expect(
    inTraining(options)
      .map(({ fix }) => fix)
      .join(),
  ).toContain(expected);
});

it('sees an experiment that is wrapped in a key', () => {
  const parsed = parseExperiment({ experiment: tinyExperiment() });
  expect(parsed.ok ? [] : parsed.error).toContainEqual({
    pointer: '/experiment',
    message: 'unknown key "experiment"',
    fix: 'post what stands in "experiment" by itself, without this key around it',
  });
});
