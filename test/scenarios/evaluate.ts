/**
 * @file `npm run evaluate`: the diagnosis on every scenario, then the whole study of every sick one; prints the tables and
 * writes docs/evaluation.md and docs/remedies.md. `npm run evaluate -- diagnosis` (or `remedies`) does one of them, `-- hard` the
 * studies of the hard ones, `-- unseen` of those that nothing was tuned for, `-- published` of what people could not train. With `--slice 2/8 --outcomes FILE` the second of eight parts, each of whose outcomes is added to a file of
 * JSON lines as soon as it is there; with `--names unseen/5` those alone whose name holds it, with `--seconds 12` budgets of so much; `-- page FILE…` makes docs/evaluation.md of such files of diagnoses, and `-- counts FILE…`
 * src/remedies/cure_counts.ts of those of studies, with `--add` added to what it holds. Exit code 1 where a bar is missed or a scenario is
 * not what it claims to be.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type CureOutcome, cureScenario } from './cure.ts';
import { renderCounts } from './cure_counts_file.ts';
import { curesOf, renderEvaluation, withCures } from './evaluation_page.ts';
import { hardScenarios } from './hard.ts';
import { healthyScenarios } from './healthy.ts';
import { fraction, invalidity, judge, judgeCures, judgeHard } from './judgement.ts';
import { type Outcome, runScenario } from './outcome.ts';
import { published } from './published/index.ts';
import { cureTable, hardTable, publishedTable, withMeasurement } from './remedies_page.ts';
import type { Scenario } from './scenario.ts';
import { sickScenarios } from './sick.ts';
import { unseenScenarios } from './unseen.ts';
import { isMainThread, runOnAllCores, serve } from './workers.ts';

const scenarios = [...healthyScenarios, ...sickScenarios];
const page = (name: string) => new URL(`../../docs/${name}.md`, import.meta.url);

/** On the held-back half. */
const BAR = { false_alarms: 0.01, recall: 0.97, located: 0.9, first: 0.92 };
/** 97.3 %: AUTOTRAINER (ICSE 2021), the best published repair rate. */
const CURE_BAR = { cured: 0.973, controls: 0.02, within_best: 0.95, stays_better: 0.97 };

interface Task {
  readonly outcome?: Outcome;
  readonly cure?: CureOutcome;
}

type Work = readonly [scenario: Scenario, study: boolean];

const parts: Readonly<Record<string, readonly Work[]>> = {
  diagnosis: scenarios.map((scenario) => [scenario, false]),
  remedies: sickScenarios.map((scenario) => [scenario, true]),
  hard: hardScenarios.map((scenario) => [scenario, true]),
  unseen: unseenScenarios.map((scenario) => [scenario, true]),
  published: published.map(({ name, half, experiment, labels, twin }) => {
    const sickness = twin === undefined ? null : { rules: labels.flat(), layers: null, twin };
    return [{ name: `published/${name}`, half, network: 'dense', experiment, sickness }, true];
  }),
};

/** @param slice as "2/8": the second of eight parts, of which each holds every kind */
function worksOf(part: string, slice: string): Work[] {
  const [which = 1, of = 1] = slice.split('/').map(Number);
  const works = part === 'all' ? ['diagnosis', 'remedies'].flatMap((one) => parts[one] ?? []) : parts[part];
  if (works === undefined)
    throw new Error(`there is no ${part}: name one of ${Object.keys(parts).join(', ')}, page, counts`);
  return works.filter(([{ name }]) => name.includes(NAMES)).filter((_, i) => i % of === which - 1);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    slice: { type: 'string', default: '1/1' },
    outcomes: { type: 'string' },
    add: { type: 'boolean', default: false },
    names: { type: 'string', default: '' },
    seconds: { type: 'string', default: '' },
  },
});
const [part = 'all', ...files] = positionals;
/** The threads of this program have its environment, not its arguments. */
const NAMES = process.env.EVALUATE_NAMES ?? values.names;

/** With another budget than the service's default, or its own. */
const SECONDS = process.env.EVALUATE_SECONDS ?? values.seconds;
function budgeted(scenario: Scenario): Scenario {
  if (SECONDS === '') return scenario;
  const remedies = {
    min_duration_s: Number(SECONDS),
    ...(scenario.experiment.remedies as object | undefined),
  };
  return { ...scenario, experiment: { ...scenario.experiment, remedies } };
}

async function work(index: number): Promise<Task> {
  const [scenario, study] = worksOf(
    process.env.EVALUATE_PART ?? part,
    process.env.EVALUATE_SLICE ?? values.slice,
  )[index] as Work;
  return study ? { cure: await cureScenario(budgeted(scenario)) } : { outcome: await runScenario(scenario) };
}

function evaluateDiagnosis(outcomes: readonly Outcome[]): boolean {
  const text = renderEvaluation(
    outcomes,
    scenarios.length,
    curesOf(readFileSync(page('evaluation'), 'utf8')),
  );
  writeFileSync(page('evaluation'), text);
  process.stdout.write(`\n${text}\n`);
  const held = judge(outcomes.filter(({ half }) => half === 'judge'));
  return (
    fraction(held.false_alarms) <= BAR.false_alarms &&
    fraction(held.recall) >= BAR.recall &&
    fraction(held.located) >= BAR.located &&
    fraction(held.first) >= BAR.first &&
    outcomes.every((outcome) => invalidity(outcome) === null)
  );
}

function evaluateRemedies(cures: readonly CureOutcome[]): boolean {
  const text = withMeasurement(readFileSync(page('remedies'), 'utf8'), cures);
  writeFileSync(page('remedies'), text);
  const evaluation = readFileSync(page('evaluation'), 'utf8');
  writeFileSync(page('evaluation'), withCures(evaluation, cureTable(cures)));
  process.stdout.write(`\n${text}\n`);
  const { cured, controls, within_best, stays_better } = judgeCures(cures);
  return (
    fraction(cured) >= CURE_BAR.cured &&
    fraction(controls) <= CURE_BAR.controls &&
    fraction(within_best) >= CURE_BAR.within_best &&
    fraction(stays_better) >= CURE_BAR.stays_better
  );
}

function evaluateHard(cures: readonly CureOutcome[]): boolean {
  process.stdout.write(`\n${hardTable(cures)}\n`);
  return fraction(judgeHard(cures.filter(({ half }) => half === 'judge')).cured) >= CURE_BAR.cured;
}

function evaluatePublished(cures: readonly CureOutcome[]): boolean {
  process.stdout.write(`\n${publishedTable(cures)}\n`);
  return cures.filter(({ holds }) => holds === true).length >= CURE_BAR.cured * cures.length;
}

/** Parts whose outcomes make no page. */
const ASIDE = ['hard', 'unseen', 'published'];

async function main(): Promise<void> {
  const started = performance.now();
  process.env.EVALUATE_PART = part;
  process.env.EVALUATE_SLICE = values.slice;
  process.env.EVALUATE_NAMES = values.names;
  process.env.EVALUATE_SECONDS = values.seconds;
  const { outcomes: file } = values;
  const keep = ({ outcome, cure }: Task) => {
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(outcome ?? cure)}\n`);
  };
  const answers = await runOnAllCores<Task>(import.meta.url, worksOf(part, values.slice).length, keep);
  const outcomes = answers.flatMap(({ outcome }) => outcome ?? []);
  const cures = answers.flatMap(({ cure }) => cure ?? []);
  const isWhole = values.slice === '1/1' && values.names === '';
  const reached = [
    ...(outcomes.length > 0 && isWhole ? [evaluateDiagnosis(outcomes)] : []),
    ...(cures.length > 0 && isWhole && !ASIDE.includes(part) ? [evaluateRemedies(cures)] : []),
    ...(part === 'hard' || part === 'unseen' ? [evaluateHard(cures)] : []),
    ...(part === 'published' ? [evaluatePublished(cures)] : []),
  ];
  process.stdout.write(`(${((performance.now() - started) / 60_000).toFixed(1)} minutes)\n`);
  if (reached.includes(false)) process.exitCode = 1;
}

const linesOf = (): string[] => files.flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'));

/** JSON has no ∞: null is a training that diverged. */
function readOutcome(line: string): Outcome {
  return JSON.parse(line, (key, value) =>
    key === 'loss_ratio' ? (value ?? Number.POSITIVE_INFINITY) : value,
  ) as Outcome;
}

function makePage(): void {
  const byName = new Map(linesOf().map((line) => [readOutcome(line).name, readOutcome(line)]));
  const outcomes = scenarios.flatMap(({ name }) => byName.get(name) ?? []);
  if (!evaluateDiagnosis(outcomes)) process.exitCode = 1;
}

function count(): void {
  const lines = linesOf();
  const cures = lines.map((line) => JSON.parse(line) as Pick<CureOutcome, 'remedies'>);
  const text = renderCounts(cures, values.add);
  writeFileSync(new URL('../../src/remedies/cure_counts.ts', import.meta.url), text);
}

if (!isMainThread) serve(work);
else if (part === 'counts') count();
else if (part === 'page') makePage();
else await main();
