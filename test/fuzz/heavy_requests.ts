/** @file Bodies that ask for as much as the schemas allow. */

type Layer = Record<string, unknown>;

const experiment = (network: object, data: object, changes: object = {}) => ({
  network,
  data,
  training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 3, ...changes },
  remedies: { verify: false },
});

export const deep = (layers: number, activation: unknown = 'sigmoid') =>
  experiment(
    {
      input: { shape: [2] },
      layers: [
        { type: 'repeat', times: layers, layers: [{ type: 'dense', units: 4, activation }] },
        { type: 'dense', units: 2 },
      ],
    },
    { type: 'moons', samples: 100 },
  );

/** Its record is nearly as long as a record may be: a quarter of a gigabyte, of every step of a deep network. */
export const longRecord = () => {
  const given = deep(100);
  return { ...given, training: { ...given.training, steps: 2300 }, diagnostics: { probe_every: 1 } };
};

const sequence = (time: number, layers: Layer[]) =>
  experiment(
    {
      input: { shape: [time], dtype: 'token' },
      layers: [...layers, { type: 'global_average_pool1d' }, { type: 'dense', units: 2 }],
    },
    {
      type: 'inline',
      inputs: Array.from({ length: 2 }, () => new Array(time).fill(1)),
      targets: [0, 1],
    },
  );

export const attention = (time: number) =>
  sequence(time, [
    { type: 'embedding', vocabulary: 3, dimensions: 2 },
    { type: 'self_attention', causal: true },
  ]);

export const sinusoids = (time: number, features: number) =>
  sequence(time, [
    { type: 'embedding', vocabulary: 3, dimensions: features },
    { type: 'positional_embedding', kind: 'sinusoidal' },
  ]);

/** Weights of one megabyte, under so many names. */
export function sharedMegabyte(names: number): object {
  const size = 2 ** 20;
  const entry = { dtype: 'F32', shape: [size / 4], data_offsets: [0, size] };
  const header = Buffer.from(
    JSON.stringify(Object.fromEntries(Array.from({ length: names }, (_, i) => [`w${i}`, entry]))),
  );
  const file = Buffer.alloc(8 + header.length + size);
  file.writeBigUInt64LE(BigInt(header.length));
  header.copy(file, 8);
  const given = deep(1);
  return {
    ...given,
    training: {
      ...given.training,
      initial_weights: { encoding: 'safetensors', data: file.toString('base64') },
    },
  };
}

/** So many samples of ten numbers. */
export const rows = (samples: number) =>
  experiment(
    { input: { shape: [10] }, layers: [{ type: 'dense', units: 2 }] },
    {
      type: 'inline',
      inputs: Array.from({ length: samples }, (_, i) =>
        Array.from({ length: 10 }, (_unused, j) => (i * 7 + j) % 1000),
      ),
      targets: Array.from({ length: samples }, (_, i) => i % 2),
    },
  );

/** A trace of so many layers in which so many passes have counted units. */
export const unitPasses = (layers: number, passes: number) => ({
  traces: [
    {
      seed: 0,
      layers: Array.from({ length: layers }, (_, i) => ({
        ...{ name: `d${i}`, output_shape: [4], type: 'dense', activation: 'relu' },
      })),
      series: [],
      losses: [1, 1],
      unit_passes: Array.from({ length: passes }, (_, i) => ({
        ...{ step: i % 2, layer: `d${i % layers}`, units: 4, dead_units: i % 4 },
      })),
    },
  ],
});

/** A trace of so many layers, each with a formula of its own. */
export const formulas = (layers: number) => ({
  traces: [
    {
      seed: 0,
      layers: Array.from({ length: layers }, (_, i) => ({
        name: `d${i}`,
        output_shape: [4],
        type: 'dense',
        activation: { expression: `tanh(x * ${i + 1}) + x` },
      })),
      series: [],
      losses: [1, 1],
    },
  ],
});
