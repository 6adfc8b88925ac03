/** @file What a search calls healthy is held to the same proof as a recommendation of a study. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import type { Trace } from '../../../src/statistics/index.ts';
import { bestRow, runSearch, type SearchReport, searchOptionsSchema } from '../../../src/study/index.ts';
import { trainOnce } from '../../scenarios/trained.ts';

function experimentOf(bias: number): Experiment {
  const hidden = { units: 8, activation: 'sigmoid', bias_initializer: { type: 'constant', value: bias } };
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', ...hidden },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'blobs', samples: 60, centers: 2 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 0.1 }, steps: 60 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const nameOf = (activation: unknown): string => {
  if (activation === null || activation === undefined) return 'as it is';
  return typeof activation === 'string' ? activation : String((activation as { type?: unknown }).type);
};
const activationOf = ({ network }: Experiment): string =>
  nameOf((network.layers[0] as { activation?: unknown }).activation);

/** Of a network whose every unit is dead. */
const dead: Trace = await trainOnce(
  { ...experimentOf(-20), network: { ...experimentOf(-20).network, layers: deadLayers() } },
  0,
);
function deadLayers(): Experiment['network']['layers'] {
  const [first, ...others] = experimentOf(-20).network.layers;
  return [{ ...first, activation: 'relu' }, ...others] as Experiment['network']['layers'];
}

/** A search in which these activations die on every seed that the search does not rank by. */
async function searchWhere(dying: readonly string[]): Promise<Omit<SearchReport, 'job_id'>> {
  const options = searchOptionsSchema.parse({ activations: ['relu', 'elu', 'tanh', 'softsign', 'silu'] });
  return runSearch(experimentOf(0), options, {
    async train({ experiment, seed }) {
      const isFresh = seed > 2;
      if (isFresh && dying.includes(activationOf(experiment))) return { ...dead, seed };
      return trainOnce(experiment, seed);
    },
    onProgress: () => {},
    isOutOfTime: () => false,
  });
}

const bestOf = ({ best }: Omit<SearchReport, 'job_id'>): string =>
  best === null ? 'as it is' : activationOf(best.experiment as unknown as Experiment);
const rowOf = ({ ranking }: Omit<SearchReport, 'job_id'>, activation: string) =>
  ranking.find((row) => nameOf(row.activation) === activation);

describe('a search', () => {
  it('calls healthy what is healthy on three fresh seeds at least, the best first', async () => {
    const report = await searchWhere([]);
    const proven = report.ranking.filter(({ proof }) => proof !== null);
    expect(proven).toHaveLength(1);
    expect(proven[0]).toMatchObject({ verdict: 'healthy', proof: { holds: true } });
    expect(proven[0]?.proof?.seeds.length).toBeGreaterThanOrEqual(3);
    expect(Math.min(...(proven[0]?.proof?.seeds ?? []))).toBeGreaterThan(2);
    expect(bestOf(report)).toBe(nameOf(proven[0]?.activation));
    // Healthy as far as anybody has tried.
    for (const { verdict, proof, findings } of report.ranking)
      if (proof === null && findings.length === 0) expect(verdict).toBeNull();
  });

  it('takes the next best where the best dies on fresh seeds, and calls that unhealthy', async () => {
    const first = bestOf(await searchWhere([]));
    const report = await searchWhere([first]);
    expect(rowOf(report, first)).toMatchObject({ verdict: 'unhealthy', proof: { holds: false } });
    expect(bestOf(report)).not.toBe(first);
    expect(nameOf(bestRow(report)?.activation)).toBe(bestOf(report));
    expect(rowOf(report, bestOf(report))).toMatchObject({ verdict: 'healthy', proof: { holds: true } });
  });

  it('offers nothing whose proof has failed', async () => {
    const report = await searchWhere(['relu', 'elu', 'tanh', 'softsign', 'silu', 'sigmoid']);
    for (const { verdict } of report.ranking) expect(verdict).not.toBe('healthy');
    const failed = report.ranking.flatMap(({ proof, activation }) =>
      proof?.holds === false ? [nameOf(activation)] : [],
    );
    expect(failed.length).toBeGreaterThan(0);
    expect(failed).not.toContain(bestOf(report));
    expect(failed).not.toContain(nameOf(bestRow(report)?.activation));
  });
});
