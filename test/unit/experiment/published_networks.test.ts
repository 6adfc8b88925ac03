/**
 * @file Which published networks fit: a list of eighty, drawn up before anybody looked at what the service has, by which it has been extended
 * since; and two, of twenty and of forty, that were drawn up afterwards, counted at the first try. Those whose fit can be doubted are written out at
 * small width, and accepted.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';

interface Published {
  readonly name: string;
  readonly source: string;
  readonly kind: string;
  /** What it needs that the service lacks; it fits where nothing is missing. */
  readonly missing?: string;
  /** What it needs that was added because of this list. */
  readonly first?: string;
  readonly network?: Experiment['network'];
  readonly loss?: unknown;
  readonly training?: object;
  /** Of one sample. */
  readonly target?: unknown;
}

const listed = (file: string): readonly Published[] =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const published = listed('published_networks.json');
const second = listed('published_networks_second.json');
const third = listed('published_networks_third.json');
const fitting = (list: readonly Published[]) => list.filter(({ missing }) => missing === undefined).length;

const SAMPLES = 4;

/** Between 0 and 1, others in every sample. */
const numbers = ([length, ...rest]: readonly number[], seed: number): unknown =>
  length === undefined
    ? 0.5 + 0.4 * Math.sin(seed)
    : Array.from({ length }, (_, i) => numbers(rest, 31 * seed + i));

const tokens = ([length]: readonly number[], seed: number): number[] =>
  Array.from({ length: length ?? 1 }, (_, i) => (seed + i) % 20);

type Input = { readonly shape: readonly number[]; readonly dtype?: string };

const samplesOf = ({ shape, dtype }: Input): unknown[] =>
  Array.from({ length: SAMPLES }, (_, i) => (dtype === 'token' ? tokens(shape, i) : numbers(shape, i + 1)));

function bodyOf({ network, loss, target, training }: Published) {
  const { input, inputs } = network as { input?: Input; inputs?: Record<string, Input> };
  const given =
    input === undefined
      ? Object.fromEntries(Object.entries(inputs ?? {}).map(([name, one]) => [name, samplesOf(one)]))
      : samplesOf(input);
  return {
    network,
    data: {
      type: 'inline',
      inputs: given,
      targets: target === 'inputs' ? target : new Array<unknown>(SAMPLES).fill(target),
      validation_split: 0,
    },
    training: { loss, optimizer: 'adam', steps: 2, batch_size: SAMPLES, ...training },
  };
}

it.each(
  [...published, ...second, ...third]
    .filter(({ network }) => network !== undefined)
    .map((one) => [one.name, one] as const),
)('%s is accepted', (_name, one) => {
  const parsed = parseExperiment(bodyOf(one));
  expect(parsed.ok ? [] : parsed.error).toEqual([]);
});

it('the documentation tells how many fit', () => {
  const text = readFileSync(new URL('../../../docs/networks.md', import.meta.url), 'utf8');
  expect(text).toContain(`${fitting(published)} of ${published.length} published networks`);
  expect(text).toContain(`${fitting(second)} of ${second.length} more`);
  const atFirst = fitting(third.filter(({ first }) => first === undefined));
  expect(text).toContain(`${atFirst} of ${third.length} more`);
  expect(text).toContain(`${fitting(third)} of these ${third.length}`);
});
