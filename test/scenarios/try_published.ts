/**
 * @file `npx node test/scenarios/try_published.ts [develop|judge|NAME]`: what the diagnosis says of the published reports, beside what was
 * accepted there.
 */
import { type Diagnosis, diagnoseExperiment } from './outcome.ts';
import { type Published, published } from './published/index.ts';
import type { Config } from './scenario.ts';

const say = (...words: readonly unknown[]) => process.stdout.write(`${words.join(' ')}\n`);
const [wanted = 'develop'] = process.argv.slice(2);
const chosen = published.filter(({ half, name }) => half === wanted || name === wanted);

/** As somebody would ask who wants an answer, not a study. */
const asked = (config: Config): Config => ({ ...config, remedies: { verify: false } });

interface Tried {
  readonly first: boolean;
  readonly named: boolean;
  readonly labels: number;
  readonly named_labels: number;
}

const seconds = (started: NodeJS.CpuUsage): string =>
  `${(process.cpuUsage(started).user / 1e6).toFixed(1)} s`;

function tell({ checks }: Diagnosis): void {
  for (const { rule, status, severity, caused_by, explanation } of checks)
    if (status !== 'clear') say('  ', rule, status, severity, caused_by.join(','), explanation);
}

async function tryTwin(twin: Config | undefined): Promise<void> {
  if (twin === undefined) return;
  const { found, loss_ratio } = await diagnoseExperiment(asked(twin));
  if (found.length > 0)
    say(`       FALSE ALARM on its twin (${loss_ratio.toPrecision(3)}): ${found.join(', ')}`);
}

async function tryOne({ name, labels, experiment, twin }: Published): Promise<Tried> {
  const started = process.cpuUsage();
  const diagnosis = await diagnoseExperiment(asked(experiment));
  const { found, loss_ratio } = diagnosis;
  const [main = []] = labels;
  const first = main.includes(found[0] ?? '');
  const named = main.some((rule) => found.includes(rule));
  const named_labels = labels.filter((rules) => rules.some((rule) => found.includes(rule))).length;
  const mark = first ? 'first ' : named ? 'NAMED ' : 'MISSED';
  const missing = first ? '' : ` — wanted ${main.join(' | ')}`;
  const told = `(${loss_ratio.toPrecision(3)}, ${seconds(started)}): ${found.join(', ') || 'healthy'}`;
  say(`${mark} ${name} ${told}${missing}`);
  if (wanted === name) tell(diagnosis);
  await tryTwin(twin);
  return { first, named, labels: labels.length, named_labels };
}

const tried: Tried[] = [];
for (const one of chosen) tried.push(await tryOne(one));
const count = (is: (one: Tried) => boolean) => tried.filter(is).length;
const sum = (of: (one: Tried) => number) => tried.reduce((total, one) => total + of(one), 0);
say(
  `${tried.length} reports: named first ${count(({ first }) => first)}, named ${count(({ named }) => named)}; labels ${sum(({ named_labels }) => named_labels)} of ${sum(({ labels }) => labels)}`,
);
