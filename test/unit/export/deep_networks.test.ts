/** @file Code of deep networks: nothing is made anew for every layer. */
import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';

/** How often the layers of the request are read for the code of a network of so many. */
function readsOf(times: number): number {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'repeat', times, layers: [{ type: 'dense', units: 4, activation: 'tanh' }] },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'moons', samples: 40 },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 1 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const { layers } = experiment.network;
  let reads = 0;
  const network = {
    ...experiment.network,
    get layers() {
      reads++;
      return layers;
    },
  };
  codeOf({ ...experiment, network });
  return reads;
}

it('reads the layers as often for forty as for ten', () => {
  expect(readsOf(10)).toBeGreaterThan(0);
  expect(readsOf(40)).toBe(readsOf(10));
});
