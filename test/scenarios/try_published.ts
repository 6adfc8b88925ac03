/**
 * @file `npx node test/scenarios/try_published.ts [develop|judge|NAME]`: what the diagnosis says of the published reports, beside what was
 * accepted there.
 */
import { diagnoseExperiment } from './outcome.ts';
import { type Published, published } from './published.ts';
import type { Config } from './scenario.ts';

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

async function tryOne({ name, labels, experiment, twin }: Published): Promise<Tried> {
  const started = process.cpuUsage();
  const { checks, found, loss_ratio } = await diagnoseExperiment(asked(experiment));
  const { user } = process.cpuUsage(started);
  const main = labels[0] ?? [];
  const first = main.includes(found[0] ?? '');
  const named = main.some((rule) => found.includes(rule));
  const named_labels = labels.filter((rules) => rules.some((rule) => found.includes(rule))).length;
  const mark = first ? 'first ' : named ? 'NAMED ' : 'MISSED';
  console.log(
    `${mark} ${name} (${loss_ratio.toPrecision(3)}, ${(user / 1e6).toFixed(1)} s): ${found.join(', ') || 'healthy'}${first ? '' : ` — wanted ${main.join(' | ')}`}`,
  );
  if (wanted === name)
    for (const check of checks)
      if (check.status !== 'clear')
        console.log(
          '  ',
          check.rule,
          check.status,
          check.severity,
          check.caused_by.join(','),
          check.explanation,
        );
  if (twin !== undefined) {
    const repaired = await diagnoseExperiment(asked(twin));
    if (repaired.found.length > 0)
      console.log(
        `       FALSE ALARM on its twin (${repaired.loss_ratio.toPrecision(3)}): ${repaired.found.join(', ')}`,
      );
  }
  return { first, named, labels: labels.length, named_labels };
}

const tried: Tried[] = [];
for (const one of chosen) tried.push(await tryOne(one));
const count = (is: (one: Tried) => boolean) => tried.filter(is).length;
const sum = (of: (one: Tried) => number) => tried.reduce((total, one) => total + of(one), 0);
console.log(
  `${tried.length} reports: named first ${count(({ first }) => first)}, named ${count(({ named }) => named)}; labels ${sum(({ named_labels }) => named_labels)} of ${sum(({ labels }) => labels)}`,
);
