/** @file Which layers and inputs a layer's `inputs` mean, and the problems of names that mean nothing. */
import { describe, expect, test } from 'vitest';
import { type Problem, parseExperiment } from '../../../src/experiment/index.ts';
import { flattenLayers, placeNetwork, sourceName } from '../../../src/network/index.ts';

type Config = Record<string, unknown>;

const dense = (more: Config = {}) => ({ type: 'dense', units: 4, ...more });

const parse = (
  layers: Config[],
  network: Config = { input: { shape: [4] } },
  inputs: unknown = [[1, 2, 3, 4]],
) =>
  parseExperiment({
    network: { ...network, layers },
    data: { type: 'inline', inputs, targets: [[1, 2, 3, 4]], validation_split: 0 },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', steps: 1 },
  });

function problemsOf(...given: Parameters<typeof parse>): Problem[] {
  const result = parse(...given);
  return result.ok ? [] : result.error;
}

/** Every layer's name with those of what it takes. */
function wiringOf(...given: Parameters<typeof parse>): Record<string, string[]> {
  const result = parse(...given);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const { layers } = placeNetwork(result.value.experiment.network);
  return Object.fromEntries(flattenLayers(layers).map(({ name, inputs }) => [name, inputs.map(sourceName)]));
}

/** What the built layers say of the way through the whole network. */
function pathsOf(...given: Parameters<typeof parse>): Record<string, readonly string[]> {
  const result = parse(...given);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return Object.fromEntries(result.value.plan.layers.map(({ name, inputs }) => [name, inputs]));
}

describe('names', () => {
  test('a layer without inputs takes the layer before it, the first one the input', () => {
    expect(wiringOf([dense(), dense()])).toEqual({ dense_1: ['input'], dense_2: ['dense_1'] });
  });

  test('mean layers above, given and default ones, and the input', () => {
    const layers = [dense({ name: 'stem' }), dense(), { type: 'add', inputs: ['stem', 'dense_2', 'input'] }];
    expect(wiringOf(layers)).toMatchObject({ dense_2: ['stem'], add_1: ['stem', 'dense_2', 'input'] });
  });

  test('that mean nothing are answered with those above, which can be used', () => {
    const [problem] = problemsOf([dense(), dense({ inputs: ['xyz'] }), dense({ name: 'xyy' })]);
    expect(problem).toMatchObject({ pointer: '/network/layers/1/inputs/0' });
    expect(problem?.fix).toBe('names above this layer: ["input", "dense_1"]');
  });

  test('inside a repeat mean the layers of the same copy, and its own input', () => {
    const body = [dense({ name: 'a' }), dense(), { type: 'add', inputs: ['a', 'dense_2', 'input'] }];
    expect(wiringOf([dense(), { type: 'repeat', times: 2, layers: body }])).toMatchObject({
      add_1: ['a_1', 'dense_3', 'dense_1'],
      add_2: ['a_2', 'dense_5', 'add_1'],
    });
  });

  test('from outside a repeat mean its expanded layers; its own name the last of them', () => {
    const stage = { type: 'repeat', name: 'stage', times: 3, layers: [dense()] };
    const layers = [stage, dense(), { type: 'add', inputs: ['dense_1', 'stage', 'dense_4'] }];
    expect(wiringOf(layers)).toMatchObject({ add_1: ['dense_1', 'dense_3', 'dense_4'] });
  });

  test('a repeat takes what its inputs say', () => {
    const repeated = { type: 'repeat', times: 2, inputs: ['dense_1'], layers: [dense()] };
    const layers = [dense(), dense(), repeated, { type: 'add', inputs: ['dense_2', 'dense_4'] }];
    expect(wiringOf(layers)).toMatchObject({ dense_3: ['dense_1'], dense_4: ['dense_3'] });
  });

  test('inside a residual mean its own layers; the built layers tell the whole way', () => {
    const body = [dense(), { type: 'add', inputs: ['dense_2', 'input'] }];
    expect(pathsOf([dense(), { type: 'residual', layers: body }])).toEqual({
      dense_1: ['input'],
      residual_1: ['dense_1', 'add_1'],
      dense_2: ['dense_1'],
      add_1: ['dense_2', 'dense_1'],
    });
  });
});

describe('refused are', () => {
  const add = (...inputs: string[]) => ({ type: 'add', inputs });

  test.each<[string, Config[], string, RegExp, RegExp]>([
    ['an unknown name', [dense(), add('dense_1', 'dence_1')], '/1/inputs/1', /"dence_1"/, /"dense_1"/],
    [
      'a name like none',
      [dense(), add('dense_1', 'elsewhere')],
      '/1/inputs/1',
      /"elsewhere"/,
      /"input", "dense_1"/,
    ],
    ['a name further down', [add('input', 'dense_1'), dense()], '/0/inputs/1', /not stand above/, /move/],
    [
      'its own name',
      [dense(), { ...add('input', 'me'), name: 'me' }],
      '/1/inputs/1',
      /not stand above/,
      /move/,
    ],
    ['a layer that nobody uses', [dense(), dense({ inputs: ['input'] })], '/0', /"dense_1"/, /remove/],
    [
      'a layer inside a residual that nobody uses',
      [{ type: 'residual', layers: [dense(), dense({ inputs: ['input'] })] }],
      '/0/layers/0',
      /"dense_1"/,
      /remove/,
    ],
    [
      'two layers of one name',
      [dense({ name: 'a' }), dense({ name: 'a' })],
      '/1/name',
      /two layers/,
      /rename/,
    ],
    ['a layer with the name of the input', [dense({ name: 'input' })], '/0/name', /input/, /rename/],
    [
      'several inputs of a layer that takes one',
      [dense(), dense({ inputs: ['input', 'dense_1'] })],
      '/1/inputs',
      /one input/,
      /concatenate/,
    ],
    ['one input of a merging layer', [dense(), { type: 'add' }], '/1', /at least 2/, /"inputs"/],
    [
      'three inputs of a difference',
      [dense(), { type: 'subtract', inputs: ['input', 'input', 'dense_1'] }],
      '/1/inputs',
      /at most 2/,
      /"inputs"/,
    ],
    [
      'outer names inside a residual',
      [dense({ name: 'a' }), { type: 'residual', layers: [dense(), add('dense_2', 'a')] }],
      '/1/layers/1/inputs/1',
      /"a"/,
      /"dense_2"/,
    ],
    [
      'shapes that do not broadcast',
      [dense({ units: 3 }), add('input', 'dense_1')],
      '/1',
      /\[4\].*\[3\]/,
      /equal or one of them 1/,
    ],
    [
      'shapes that do not concatenate',
      [
        { type: 'reshape', shape: [2, 2] },
        { type: 'concatenate', inputs: ['input', 'reshape_1'] },
      ],
      '/1',
      /\[4\].*\[2, 2\]/,
      /differ/,
    ],
    [
      'an axis that is not there',
      [dense(), { type: 'concatenate', axis: 1, inputs: ['input', 'dense_1'] }],
      '/1',
      /no axis 1/,
      /-1 to 0/,
    ],
  ])('%s', (_what, layers, pointer, message, fix) => {
    const problems = problemsOf(layers);
    expect(problems.map((problem) => problem.pointer)).toEqual([`/network/layers${pointer}`]);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.fix).toMatch(fix);
  });

  test('the same mistake in all copies, told once', () => {
    const body = [dense(), add('dense_1', 'nobody')];
    expect(problemsOf([{ type: 'repeat', times: 5, layers: body }])).toHaveLength(1);
  });
});

describe('the same weights', () => {
  const shared = (layer: string, more: Config = {}) => ({ type: 'shared', layer, ...more });

  const placedOf = (layers: Config[]) => {
    const result = parse(layers);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return { plan: result.value.plan, layers: placeNetwork(result.value.experiment.network).layers };
  };

  test('are those of the layer that is named, through others that share it', () => {
    const { plan, layers } = placedOf([dense(), shared('dense_1'), shared('shared_1')]);
    expect(layers.map(({ type, weights }) => [type, weights])).toEqual(Array(3).fill(['dense', 'dense_1']));
    expect(plan.parameters.map(({ name }) => name)).toEqual(['dense_1/kernel', 'dense_1/bias']);
    expect(plan.layers.map(({ parameters }) => parameters)).toEqual([20, 0, 0]);
    expect(plan.parameter_count).toBe(20);
  });

  test('of a layer that holds others are those of all of them, under names of their own', () => {
    const body = [
      dense({ name: 'a' }),
      dense({ name: 'b', inputs: ['input'] }),
      { type: 'add', inputs: ['a', 'b'] },
    ];
    const { plan, layers } = placedOf([{ type: 'residual', layers: body }, shared('residual_1')]);
    expect(flattenLayers(layers).map(({ name, weights }) => [name, weights])).toEqual([
      ['residual_1', 'residual_1'],
      ['a', 'a'],
      ['b', 'b'],
      ['add_1', 'add_1'],
      ['shared_1', 'residual_1'],
      ['shared_1.a', 'a'],
      ['shared_1.b', 'b'],
      ['shared_1.add_1', 'add_1'],
    ]);
    expect(plan.parameter_count).toBe(40);
    expect(plan.layers.at(-1)?.inputs).toEqual(['shared_1.a', 'shared_1.b']);
  });

  test('of a repeat are those of its first copy, in every copy', () => {
    const body = [dense(), { type: 'residual', layers: [dense()] }, shared('dense_1')];
    const { plan, layers } = placedOf([{ type: 'repeat', times: 3, shared: true, layers: body }]);
    expect(plan.parameter_count).toBe(40);
    expect(flattenLayers(layers.slice(6)).map(({ weights }) => weights)).toEqual([
      'dense_1',
      'residual_1',
      'dense_2',
      'dense_1',
    ]);
  });

  test('of a tied layer are those of another one, turned around', () => {
    const { plan } = placedOf([
      dense({ units: 2, name: 'code' }),
      dense({ tied_to: 'code', use_bias: false }),
    ]);
    expect(plan.parameters.map(({ name }) => name)).toEqual(['code/kernel', 'code/bias']);
  });

  const nested = (depth: number): Config =>
    depth === 0
      ? dense()
      : {
          type: 'residual',
          layers: [
            nested(depth - 1),
            ...Array(9).fill(shared(depth === 1 ? 'dense_1' : `residual_${6 - depth + 1}`)),
          ],
        };

  test.each<[string, Config[], string, RegExp]>([
    [
      'of a layer that is not there',
      [dense(), shared('dense_2')],
      '/1/layer',
      /nothing here is named "dense_2"/,
    ],
    ['of the layer itself', [dense(), shared('me', { name: 'me' })], '/1/layer', /does not stand above/],
    ['of an input', [dense(), shared('input')], '/1/layer', /an input, which has no weights/],
    [
      'of a layer outside',
      [dense(), { type: 'residual', layers: [shared('dense_1')] }],
      '/1/layers/0/layer',
      /nothing here/,
    ],
    [
      'for other features',
      [dense({ units: 3 }), shared('dense_1'), dense()],
      '/1',
      /kernel \[3, 3\].*"dense_1".*\[4, 3\]/,
    ],
    [
      'that do not fit, turned around',
      [dense({ units: 3, name: 'code' }), dense({ units: 5, tied_to: 'code' }), dense()],
      '/1',
      /\[3\] to \[5\].*\[3\] to \[4\]/,
    ],
    [
      'of a layer that has no matrix',
      [{ type: 'layer_norm' }, dense({ tied_to: 'layer_norm_1' })],
      '/1',
      /no table and no kernel/,
    ],
    ['of more layers than there may be', [nested(5)], '/0/layers/0/layers', /more than 2000 layers/],
  ])('%s are refused', (_what, layers, pointer, message) => {
    const [problem] = problemsOf(layers);
    expect(problem?.pointer.startsWith(`/network/layers${pointer}`)).toBe(true);
    expect(problem?.message).toMatch(message);
    expect(problem?.fix).toBeTruthy();
  });
});

describe('several inputs', () => {
  const network = { inputs: { image: { shape: [1, 2, 2] }, meta: { shape: [4] } } };
  const data = { image: [[1, 2, 3, 4]], meta: [[5, 6, 7, 8]] };
  const layers = [
    { type: 'flatten', inputs: ['image'] },
    { type: 'add', inputs: ['flatten_1', 'meta'] },
  ];

  test('are given by name, by network and data', () => {
    expect(wiringOf(layers, network, data)).toEqual({ flatten_1: ['image'], add_1: ['flatten_1', 'meta'] });
  });

  test.each<[string, Config[], Config, unknown, string, RegExp]>([
    [
      'the first layer does not say which',
      [{ type: 'flatten' }, layers[1] as Config],
      network,
      data,
      '/network/layers/0',
      /several inputs/,
    ],
    [
      'one is not used',
      [{ type: 'flatten', inputs: ['image'] }],
      network,
      data,
      '/network/inputs/meta',
      /"meta"/,
    ],
    ['the data lack one', layers, network, { image: data.image }, '/network/inputs/meta', /no input "meta"/],
    ['the data have one more', layers, network, { ...data, more: [[1]] }, '/network/inputs', /"more"/],
    ['the data have no names', layers, network, data.meta, '/network/inputs', /without a name/],
    ['sizes differ', layers, network, { ...data, meta: [[1, 2]] }, '/network/inputs/meta', /\[4\].*\[2\]/],
    [
      'samples differ',
      layers,
      network,
      {
        ...data,
        meta: [
          [1, 2, 3, 4],
          [1, 2, 3, 4],
        ],
      },
      '/data/inputs/meta',
      /2 elements/,
    ],
    ['both are given', layers, { ...network, input: { shape: [4] } }, data, '/network/inputs', /both/],
    ['none is given', layers, {}, data, '/network/input', /missing/],
    [
      'a layer has the name of one',
      [...layers, dense({ name: 'meta' })],
      network,
      data,
      '/network/layers/2/name',
      /both named/,
    ],
  ])('are refused where %s', (_what, given, net, inputs, pointer, message) => {
    const [problem] = problemsOf(given, net, inputs);
    expect(problem?.pointer).toBe(pointer);
    expect(problem?.message).toMatch(message);
    expect(problem?.fix).toBeTruthy();
  });

  test('have the problems of their elements under their own names', () => {
    const short = { ...data, image: [[[1, 2], [3]]] };
    expect(problemsOf(layers, network, short)).toMatchObject([
      { pointer: '/data/inputs/image/0/1', message: 'has 1 element, where the first one has 2' },
    ]);
  });

  test('tokens are looked up from their own input only', () => {
    const net = { inputs: { text: { shape: [2], dtype: 'token' }, meta: { shape: [4] } } };
    const embedding = { type: 'embedding', vocabulary: 9, dimensions: 2, inputs: ['text'] };
    const rest = [{ type: 'flatten' }, { type: 'add', inputs: ['flatten_1', 'meta'] }];
    expect(problemsOf([embedding, ...rest], net, { text: [[1, 8]], meta: data.meta })).toEqual([]);
    const far = problemsOf([embedding, ...rest], net, { text: [[1, 9]], meta: data.meta });
    expect(far).toMatchObject([{ pointer: '/network/layers/0/vocabulary' }]);
    const wrong = problemsOf([{ ...embedding, inputs: ['meta'] }, ...rest], net, {
      text: [[1, 8]],
      meta: data.meta,
    });
    expect(wrong[0]?.pointer).toMatch(/^\/network\//);
  });
});
