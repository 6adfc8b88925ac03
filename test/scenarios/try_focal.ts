/**
 * @file `npx node test/scenarios/try_focal.ts [NAME]`: what is missed of rare classes under focal losses (γ 2 and 5), class weights, and
 * both, on the scenarios whose name holds NAME. Why there is no remedy of that loss: docs/remedies.md.
 */
import { parseExperiment } from '../../src/experiment/index.ts';
import { goalValue } from '../../src/remedies/index.ts';
import { train } from '../../src/training/index.ts';
import type { Config } from './scenario.ts';
import { sickScenarios } from './sick.ts';

const [name = 'imbalance/'] = process.argv.slice(2);
const SEEDS = [0, 1, 2, 3, 4];
const FOCAL: Readonly<Record<string, string>> = {
  softmax_cross_entropy: 'softmax_focal_cross_entropy',
  sigmoid_cross_entropy: 'sigmoid_focal_cross_entropy',
};

async function missed(experiment: Config, changes: Config): Promise<number> {
  const training = { ...(experiment.training as Config), ...changes };
  const parsed = parseExperiment(JSON.parse(JSON.stringify({ ...experiment, training })));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  let sum = 0;
  for (const seed of SEEDS) {
    const result = await train(parsed.value.experiment, seed);
    if (!result.ok) throw new Error(result.error.code);
    sum += goalValue('missed_rare_class', result.value);
  }
  return sum / SEEDS.length;
}

for (const scenario of sickScenarios.filter((one) => one.name.includes(name))) {
  const { experiment } = scenario;
  const type = FOCAL[String((experiment.training as Config).loss)];
  const loss = (gamma: number) => ({ loss: { type, gamma } });
  const arms: Readonly<Record<string, Config>> = {
    plain: {},
    balanced: { class_weights: 'balanced' },
    'focal 2': loss(2),
    'focal 5': loss(5),
    'balanced and focal 2': { ...loss(2), class_weights: 'balanced' },
  };
  const told: string[] = [];
  for (const [arm, changes] of Object.entries(arms))
    told.push(`${arm} ${(await missed(experiment, changes)).toFixed(2)}`);
  process.stdout.write(`${scenario.name}: ${told.join(', ')}\n`);
}
