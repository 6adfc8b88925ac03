/** @file The process that trains with TensorFlow.js on its WebAssembly backend, one thread, vector instructions. */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import type { Layer, Network } from './networks.ts';
import { type Answer, type Request, serve } from './peer.ts';

const WARM_UP_STEPS = 3;

setThreadsCount(1);
await tf.setBackend('wasm');
await tf.ready();

/**
 * The backend has no gradient of convolution kernels, so it gets one here, by its own fast convolution: with channels
 * as samples and samples as channels, the inputs convolved with the output's gradient. Stride 1, odd kernels only.
 */
tf.registerKernel({
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const { x, dy } = inputs as unknown as { x: tf.Tensor4D; dy: tf.Tensor4D };
    const [height] = (attrs as unknown as { filterShape: number[] }).filterShape as [number];
    const pad = (height - 1) / 2;
    const gradient = tf.conv2d(tf.transpose(x, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3]), 1, pad);
    return tf.transpose(gradient, [1, 2, 0, 3]);
  },
});

type Activation = 'relu' | 'tanh';

function build(layer: Layer): tf.layers.Layer {
  switch (layer.type) {
    case 'dense': {
      const { units, activation = 'linear' } = layer;
      return tf.layers.dense({ units, activation: activation as Activation });
    }
    case 'conv2d': {
      const { filters, kernel_size: kernelSize, padding, activation } = layer;
      return tf.layers.conv2d({ filters, kernelSize, padding, activation: activation as Activation });
    }
    case 'max_pool2d':
      return tf.layers.maxPooling2d({ poolSize: 2 });
    case 'flatten':
      return tf.layers.flatten();
    case 'lstm':
      // Glorot instead of the default: drawing an orthogonal matrix takes long here and costs a step nothing.
      return tf.layers.lstm({
        units: layer.units,
        recurrentActivation: 'sigmoid',
        recurrentInitializer: 'glorotUniform',
      });
  }
}

/** Channels go last; a single one needs no transposition. */
const shapeOf = ({ input }: Network): number[] =>
  input.length === 3 ? [input[1] as number, input[2] as number, input[0] as number] : [...input];

interface Training {
  step(): number;
}

/** l2_norm, mean, std, abs_max, zero_fraction. */
function statisticsOf(gradient: tf.Tensor): tf.Tensor[] {
  const { mean, variance } = tf.moments(gradient);
  const zeros = tf.mean(tf.cast(tf.equal(gradient, 0), 'float32'));
  return [tf.norm(gradient), mean, tf.sqrt(variance), tf.max(tf.abs(gradient)), zeros];
}

function prepare({ network, batch }: Extract<Request, { do: 'prepare' }>): Training {
  tf.disposeVariables();
  const input = tf.input({ shape: shapeOf(network) });
  const output = network.layers.reduce((x, layer) => build(layer).apply(x) as tf.SymbolicTensor, input);
  const model = tf.model({ inputs: input, outputs: output });
  const x = tf.tensor(batch.inputs, [network.batch, ...shapeOf(network)]);
  const labels = tf.oneHot(tf.tensor1d(batch.labels, 'int32'), 10).toFloat();
  const optimizer = tf.train.momentum(0.001, 0.9);
  const loss = () => tf.losses.softmaxCrossEntropy(labels, model.apply(x, { training: true }) as tf.Tensor);
  return {
    step: () =>
      tf.tidy(() => {
        const { value, grads } = optimizer.computeGradients(() => loss().asScalar());
        const statistics = Object.values(grads).flatMap(statisticsOf);
        // All numbers come to the host in one transfer.
        tf.stack(statistics).dataSync();
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value.dataSync()[0] as number;
      }),
  };
}

let training: Training | undefined;

function run(steps: number): Answer {
  const start = performance.now();
  let loss = Number.NaN;
  for (let i = 0; i < steps; i++) loss = training?.step() ?? Number.NaN;
  return { ms: (performance.now() - start) / steps, loss };
}

await serve(async (request: Request): Promise<Answer> => {
  if (request.do === 'version')
    return { version: `TensorFlow.js ${tf.version_core}, backend ${tf.getBackend()}` };
  if (request.do === 'steps') return run(request.steps);
  training = prepare(request);
  run(WARM_UP_STEPS);
  return run(1);
});
