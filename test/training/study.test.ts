/** @file Whole studies without a service: what they compute, in which order, and what they say of it. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { remedies } from '../../src/remedies/index.ts';
import { runStudy, type StudyReport, type Trial } from '../../src/study/index.ts';
import { canonicalJson } from '../../src/util/json.ts';
import { createRandom } from '../../src/util/random.ts';
import { isLong } from '../long.ts';
import { trainOnce } from '../scenarios/trained.ts';

type Config = Readonly<Record<string, unknown>>;

function parse(changes: Config = {}): Experiment {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 12, activation: 'sigmoid' }] },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'moons', samples: 200 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 0.1 }, steps: 120 },
    ...changes,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

async function study(
  experiment: Experiment,
  isOutOfTime: (trials: readonly Trial[]) => boolean = () => false,
): Promise<{ report: StudyReport; trials: Trial[]; phases: string[] }> {
  const trials: Trial[] = [];
  const phases: string[] = [];
  const report = await runStudy(experiment, {
    async train(trial) {
      trials.push(trial);
      return trainOnce(trial.experiment, trial.seed);
    },
    onProgress: ({ phase }) => void (phases.at(-1) === phase || phases.push(phase)),
    isOutOfTime: () => isOutOfTime(trials),
  });
  return { report, trials, phases };
}

/** Different trainings, as the service counts them: equal ones are trained once. */
const countTrained = (trials: readonly Trial[]): number =>
  new Set(
    trials.map(({ experiment: { network, data, training }, seed }) =>
      canonicalJson({ network, data, training, seed }),
    ),
  ).size;

describe('a study', () => {
  it.each(['baseline', 'screening', 'verification', 'recommendation'])(
    'leaves no failure without a listener when all trainings of %s are canceled at once',
    async (last) => {
      let phase = '';
      const canceled = runStudy(parse(), {
        async train(trial) {
          if (phase === last) throw new Error('canceled');
          return trainOnce(trial.experiment, trial.seed);
        },
        onProgress: (progress) => {
          phase = progress.phase;
        },
        isOutOfTime: () => false,
      });
      // An unhandled rejection would end the service; here it fails the test run.
      await expect(canceled).rejects.toThrow('canceled');
      await new Promise((resolve) => setImmediate(resolve));
      expect(phase).toBe(last);
    },
  );

  it('screens every candidate and dose, verifies the best within its budget, and shows all of it', async () => {
    const { report, trials, phases } = await study(parse({ remedies: { min_duration_s: 8 } }));
    expect(phases).toEqual(['baseline', 'screening', 'verification', 'recommendation', 'report']);
    // The positive control is trained once.
    const [plain, ...again] = trials.filter(({ run }) => run.startsWith('reference/'));
    expect([plain?.run, again]).toEqual(['reference/0', []]);
    expect(report.reference).toMatchObject({ kind: 'dense', seed: 0 });
    expect(report.reference?.loss_ratio).toBeLessThan(0.1);
    expect(report.reference?.loss).toBeLessThan(0.1 * (report.baseline.runs[0]?.constant_loss ?? 0));
    // So are other learning rates, which belong to the diagnosis of what has not learned; with all steps where a quarter tells nothing.
    const rates = trials.filter(({ run }) => run.startsWith('learning_rate_x'));
    expect(rates.map(({ run }) => run)).toEqual([
      ...[0.01, 0.1, 10, 100].map((rate) => `learning_rate_x${rate}/0`),
      ...[0.1, 10].map((rate) => `learning_rate_x${rate}_all_steps/0`),
    ]);
    expect(report.budget.limit).toBeGreaterThan(12);
    expect(report.budget.spent).toBeLessThanOrEqual(report.budget.limit);
    expect(report.budget.spent).toBeGreaterThan(4);
    for (const { screening, verification, dose } of report.remedies) {
      if (screening !== null) expect(screening.baseline).toBeGreaterThan(0);
      expect(verification.reason).not.toBe('');
      if (dose !== null) expect(dose.curve.map((point) => point.dose)).toContain(dose.value);
    }
    // What the status was decided by is the first of the effects.
    for (const { verification } of report.remedies.filter((row) => row.verification.status !== 'not_run')) {
      expect(verification.effects[0]?.metric).toBe('final_loss_ratio');
      expect(verification.effects[0]?.treated).toHaveLength(verification.seeds.length);
    }
    const leaky = report.remedies.find(({ remedy }) => remedy === 'use_leaky_relu');
    expect(leaky?.dose?.curve.map(({ dose }) => dose)).toEqual([0.01, 0.1, 0.3]);
    const verified = report.remedies.filter(({ verification }) => verification.status !== 'not_run');
    expect(verified.length).toBeGreaterThanOrEqual(1);
    // Each kind of change that helped in screening has its best one trained on the first seed at least.
    const begun = trials.filter(({ run }) => /^(use|add|reinitialize)_[a-z_]+\/\d+$/.test(run));
    const kinds = begun.map(
      ({ run }) => report.remedies.find(({ remedy }) => run.startsWith(remedy))?.effort,
    );
    expect(new Set(kinds).size).toBeGreaterThan(1);
    expect(report.controls.map(({ control }) => control)).toEqual([
      'control_reseed',
      'control_learning_rate',
      'control_random_patch',
    ]);
    // One of them before anything is compared; those that cost twice as much again once there is something to hold against them.
    const first = (is: (trial: Trial) => boolean) => trials.findIndex(is);
    const proof = first(({ run, keepWeights }) => keepWeights && !run.startsWith('baseline/'));
    expect(first(({ run }) => run.startsWith('control_reseed/'))).toBeLessThan(proof);
    expect(first(({ run }) => run.startsWith('control_learning_rate/'))).toBeGreaterThan(proof);
    expect(report.recommendation?.verdict).toBe('healthy');
    const seeds = new Set(report.baseline.runs.map(({ seed }) => seed));
    for (const seed of report.recommendation?.seeds ?? []) expect(seeds.has(seed)).toBe(false);
  });

  it('holds what it will recommend against more seeds before the budget goes into further controls', async () => {
    const dead = {
      type: 'dense',
      units: 8,
      activation: 'relu',
      bias_initializer: { type: 'constant', value: -20 },
    };
    const { report, trials } = await study(
      parse({
        network: { input: { shape: [2] }, layers: [dead, { type: 'dense', units: 2 }] },
        data: { type: 'blobs', samples: 60, centers: 2 },
        remedies: { min_duration_s: 1 },
      }),
    );
    const recommended = `${report.recommendation?.remedies.join('+')}/`;
    const proof = trials.findLastIndex(({ run, keepWeights }) => keepWeights && run.startsWith(recommended));
    expect(report.recommendation?.seeds.length).toBeGreaterThan(5);
    const others = trials.findIndex(({ run }) => run.startsWith('control_learning_rate/'));
    expect(others === -1 || proof < others).toBe(true);
  });

  it('treats causes: what is the consequence of another finding proposes nothing of its own', async () => {
    const { report } = await study(parse({ remedies: { verify: false, seeds: 2 } }));
    const consequence = report.checks.find(({ rule }) => rule === 'loss_not_decreasing');
    expect(consequence?.caused_by).toContain('vanishing_gradient');
    expect(report.remedies.map(({ remedy }) => remedy)).not.toContain('raise_learning_rate');
    expect(report.remedies.map(({ remedy }) => remedy)).toContain('add_batch_norm');
  });

  it('takes no more trials than asked for, and says what was left out', async () => {
    const { report, trials } = await study(parse({ remedies: { seeds: 2, max_trials: 40 } }));
    // The reference and other learning rates are counted too; what was trained before is not trained again.
    const made = countTrained(trials);
    expect(made).toBeLessThanOrEqual(40);
    expect(report.budget.trials).toBe(made);
    expect(trials.some(({ run }) => run.startsWith('reference/'))).toBe(true);
    const left = report.remedies.filter(({ verification }) => verification.status === 'not_run');
    expect(left.length).toBeGreaterThan(0);
  });

  it.each([3, 4, 6, 9, 17])(
    'with %i trials at most makes no more, whatever it then cannot say',
    async (max_trials) => {
      const { report, trials } = await study(
        parse({
          network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] },
          training: {
            loss: 'softmax_cross_entropy',
            optimizer: { type: 'sgd', learning_rate: 1e-6 },
            steps: 20,
          },
          remedies: { seeds: 2, max_trials },
        }),
      );
      expect(report.budget.trials).toBe(countTrained(trials));
      expect(report.budget.trials).toBeLessThanOrEqual(max_trials);
      expect(report.budget.spent).toBeLessThanOrEqual(report.budget.limit);
      // A recommendation has its proof, or there is none.
      expect(report.recommendation?.seeds.length ?? 3).toBeGreaterThanOrEqual(3);
    },
  );

  it.each([10, 14, 24])(
    'with %i trials at most proves the likeliest cure before anything else',
    async (max_trials) => {
      const { report, trials } = await study(parse({ remedies: { max_trials } }));
      expect(countTrained(trials)).toBeLessThanOrEqual(max_trials);
      expect(report.recommendation?.verdict).toBe('healthy');
      expect(report.recommendation?.seeds.length).toBeGreaterThanOrEqual(3);
      // Of what the remedies need, the controls take nothing.
      const controls = trials.filter(({ run }) => run.startsWith('control_')).length;
      expect(controls).toBeLessThanOrEqual(max_trials / 4);
    },
  );

  it('recommends nothing that a proof on three seeds cannot be afforded of, and says what is missing', async () => {
    // Three of the baseline, one of the reference, and three of any change: two are left.
    const { report } = await study(parse({ remedies: { max_trials: 9 } }));
    expect(report.verdict).toBe('unhealthy');
    expect(report.recommendation).toBeNull();
    expect(report.failed_proofs).toEqual([]);
    expect(report.recommendation_note).toMatch(/a proof takes 3 seeds .* `remedies\.max_trials`/);
    expect(report.recommendation_note).toContain('Nearest came');
    const left = report.remedies.map(({ verification }) => verification.reason);
    expect(left.filter((reason) => reason.includes('`remedies.max_trials`')).length).toBeGreaterThan(0);
    expect(left.filter((reason) => reason.includes('costs more'))).toEqual([]);
  });

  it('begins nothing new when its time is over', async () => {
    const { report } = await study(parse({ remedies: { seeds: 2 } }), (trials) => trials.length > 4);
    expect(report.budget.out_of_time).toBe(true);
    for (const { verification } of report.remedies) expect(verification.status).toBe('not_run');
    expect(report.recommendation).toBeNull();
    expect(report.recommendation_note).not.toBeNull();
  });

  it('of overfitting is judged by the validation loss', async () => {
    // Labels without a reason: there is nothing to learn but the samples.
    const random = createRandom(1, 'coins');
    const inputs = Array.from({ length: 80 }, () =>
      Array.from({ length: 8 }, () => 2 * random.uniform() - 1),
    );
    const targets = inputs.map(() => random.integer(2));
    const { report } = await study(
      parse({
        network: {
          input: { shape: [8] },
          layers: [
            { type: 'dense', units: 96, activation: 'relu' },
            { type: 'dense', units: 96, activation: 'relu' },
            { type: 'dense', units: 2 },
          ],
        },
        data: { type: 'inline', inputs, targets },
        training: {
          loss: 'softmax_cross_entropy',
          optimizer: { type: 'adam', learning_rate: 0.005 },
          steps: 300,
        },
        remedies: { seeds: 2, max_trials: 30 },
      }),
    );
    expect(report.checks.find(({ rule }) => rule === 'overfitting')?.status).toBe('found');
    const early = report.remedies.find(({ remedy }) => remedy === 'stop_early');
    expect(early?.verification.goal).toBe('validation_loss');
    const change = (metric: string) =>
      early?.verification.effects.find((effect) => effect.metric === metric)?.mean_difference as number;
    expect(change('validation_loss')).toBeLessThan(0);
    expect(change('final_loss')).toBeGreaterThan(0);
    // Chance has no remedy: what was learned by heart is less, and still nothing.
    expect(early?.verification.status).not.toBe('harmful');
    // Whatever is recommended, it is told to know no more than a constant.
    expect(report.recommendation_note).toContain('There may be nothing to cure');
  });

  it('says in plain words that there may be nothing to cure, where the data say nothing', async () => {
    const random = createRandom(3, 'noise');
    const some = (count: number) => Array.from({ length: count }, () => 2 * random.uniform() - 1);
    const { report } = await study(
      parse({
        network: {
          input: { shape: [3] },
          layers: [{ type: 'dense', units: 1, kernel_initializer: 'zeros' }],
        },
        data: {
          type: 'inline',
          inputs: Array.from({ length: 100 }, () => some(3)),
          targets: Array.from({ length: 100 }, () => some(1)),
        },
        training: {
          loss: 'mean_squared_error',
          optimizer: { type: 'sgd', learning_rate: 1e-6 },
          steps: 20,
        },
        remedies: { seeds: 2, max_trials: 50 },
      }),
    );
    expect(report.verdict).toBe('unhealthy');
    expect(report.recommendation).toBeNull();
    expect(report.recommendation_note).toContain('There may be nothing to cure');
  });

  // Takes 12 s.
  it.runIf(isLong)(
    'recommends what turned out to be best when the others were judged for the table',
    async () => {
      const { report } = await study(
        parse({
          network: {
            input: { shape: [10] },
            layers: [
              { type: 'dense', units: 128, activation: 'relu', kernel_initializer: 'he_normal' },
              { type: 'dense', units: 128, activation: 'relu', kernel_initializer: 'he_normal' },
              { type: 'dense', units: 1 },
            ],
          },
          data: { type: 'diabetes', standardize: true, standardize_targets: true },
          training: {
            loss: 'mean_squared_error',
            optimizer: { type: 'adam', learning_rate: 0.005 },
            batch_size: 32,
            steps: 900,
          },
          remedies: { min_duration_s: 12 },
        }),
      );
      const failed = report.failed_proofs.map(({ remedies: [first] }) => first);
      const reached = report.remedies.flatMap(({ remedy, verification: { status, effects } }) => {
        const values = (effects[0]?.treated ?? []) as number[];
        const holds = status === 'verified' && !failed.includes(remedy);
        return holds ? [values.reduce((a, b) => a + b, 0) / values.length] : [];
      });
      expect(reached.length).toBeGreaterThan(1);
      expect(report.recommendation?.goal.reached).toBeLessThanOrEqual(1.1 * Math.min(...reached) + 1e-9);
    },
  );
});

it('every remedy of the contract is in the catalogue', () => {
  const contract =
    'use_relu use_leaky_relu use_prelu use_elu use_selu use_gelu use_silu add_batch_norm add_layer_norm ' +
    'add_residual_connections reinitialize_weights add_l1_regularization add_l2_regularization clip_gradients use_adam ' +
    'use_rmsprop lower_learning_rate raise_learning_rate warm_up_learning_rate add_dropout standardize_inputs use_lstm ' +
    'use_gru match_loss_to_output balance_classes increase_batch_size stop_early standardize_targets reduce_dropout ' +
    'reduce_regularization shuffle_data lower_batch_norm_momentum raise_clipping_limit use_linear_output use_pre_norm ' +
    'set_forget_bias widen_layers train_longer tailor_activation';
  // The catalogue may have more.
  expect(remedies.map(({ remedy }) => remedy)).toEqual(expect.arrayContaining(contract.split(' ')));
});
