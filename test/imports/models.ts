/** @file Keras models as `to_json()` of Keras 2 and of Keras 3 writes them. */

export interface Layer {
  readonly kind: string;
  readonly name: string;
  readonly options?: Record<string, unknown>;
}

const two = ({ kind, name, options = {} }: Layer) => ({
  class_name: kind,
  config: { name, trainable: true, dtype: 'float32', ...options },
});

const three = ({ kind, name, options = {} }: Layer) => ({
  module: 'keras.layers',
  class_name: kind,
  config: {
    name,
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    ...options,
  },
  registered_name: null,
});

/** Keras 2.3 to 2.15. */
export const sequential2 = (shape: readonly (number | null)[], layers: readonly Layer[]) => ({
  class_name: 'Sequential',
  config: {
    name: 'sequential',
    layers: [
      {
        class_name: 'InputLayer',
        config: {
          batch_input_shape: [null, ...shape],
          dtype: 'float32',
          sparse: false,
          ragged: false,
          name: 'input_1',
        },
      },
      ...layers.map(two),
    ],
  },
  keras_version: '2.11.0',
  backend: 'tensorflow',
});

export const sequential3 = (
  shape: readonly (number | null)[],
  layers: readonly Layer[],
  compiled: unknown = null,
) => ({
  module: 'keras',
  class_name: 'Sequential',
  config: {
    name: 'sequential',
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    layers: [
      {
        module: 'keras.layers',
        class_name: 'InputLayer',
        config: { batch_shape: [null, ...shape], dtype: 'float32', sparse: false, name: 'input_layer' },
        registered_name: null,
      },
      ...layers.map(three),
    ],
    build_input_shape: [null, ...shape],
  },
  registered_name: null,
  build_config: { input_shape: [null, ...shape] },
  ...(compiled === null ? {} : { compile_config: compiled }),
});
