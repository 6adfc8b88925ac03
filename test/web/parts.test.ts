/** @file Parts of the pages that compute: what they say of numbers, places and scales. */
import { expect, it } from 'vitest';
import { changesOf, type Effect, type Report } from '../../client/index.ts';
import { roundTicks, shareSpan, spanOf } from '../../web/charts/axis.ts';
import { decadeTexts, decadeTicks } from '../../web/charts/decades.ts';
import { heatOf, logScale, panned, pixelsOf, ranked, sidedScale, zoomed } from '../../web/charts/heat.ts';
import { brokenInto, directEdges, layered } from '../../web/charts/layered.ts';
import { type Curve, tableOf } from '../../web/charts/table.ts';
import { colourWords, SPECIAL } from '../../web/lib/colours.ts';
import {
  ago,
  armWords,
  duration,
  firstSentence,
  number,
  runWords,
  together,
  words,
} from '../../web/lib/format.ts';
import { brokenAt } from '../../web/lib/json_places.ts';
import { bounded } from '../../web/lib/live_curves.ts';
import { linesOf } from '../../web/pages/live_lines.ts';
import { bandOf } from '../../web/report/band.ts';
import { goalOf } from '../../web/report/goal.ts';
import { explainedBy, outcomesOf } from '../../web/report/story.ts';

const grid = (values: (number | null)[][], nonFinite: Record<string, 'nan' | 'inf'> = {}) => ({
  run: 'baseline/0',
  tensor: 'kernel.gradient',
  steps: values[0]?.map((_, i) => i * 10) ?? [],
  rows: values.map((row, i) => ({
    layer: `dense_${i + 1}`,
    metric: 'rms',
    values: row,
    non_finite: nonFinite,
  })),
});

it.each([
  [0, '0'],
  [0.6953, '0.695'],
  [-0.0123, '−0.0123'],
  [3.14e-12, '3.1·10⁻¹²'],
  [1e6, '10⁶'],
  [null, '–'],
  [Number.NaN, 'NaN'],
])('writes %s as %s', (value, text) => {
  expect(number(value)).toBe(text);
});

it.each([
  [-300, 2, 'whole decades, few of them'],
  [-45.2, -31.7, 'below what float32 holds'],
  [-1.2, 0.3, '1, 2 and 5 of each'],
  [-0.2, -0.17, 'even numbers'],
])('puts few ticks between the logarithms %d and %d: %s', (low, high) => {
  const ticks = decadeTicks(low, high);
  expect(ticks.length).toBeLessThan(9);
  expect(ticks.length).toBeGreaterThan(2);
  for (const tick of ticks) expect(tick >= low && tick <= high).toBe(true);
  expect(new Set(decadeTexts(ticks)).size).toBe(ticks.length);
});

it('names what JSON could not carry', () => {
  expect(number(null, 'inf')).toBe('∞');
});

it('writes names and lists of things to do as people do', () => {
  expect(words('use_relu')).toBe('Use ReLU');
  expect(words('vanishing_gradient')).toBe('Vanishing gradient');
  // A name that every object has is no name of a function.
  expect(words('constructor')).toBe('Constructor');
  expect(together(['Use Adam'])).toBe('Use Adam');
  expect(together(['Standardize the inputs', 'Use ReLU'])).toBe('Standardize the inputs and use ReLU');
  expect(together(['A', 'Use ReLU', 'Clip'])).toBe('A, use ReLU, and clip');
});

it('breaks a long network into lines, each as high as its widest layer', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({
    id: String(i),
    from: i === 0 ? [] : [String(i - 1)],
  }));
  const placed = layered([...chain, { id: 'beside', from: ['6'] }]);
  const { rows, lineOf } = brokenInto(placed, 4);
  expect(rows).toEqual([1, 2, 1]);
  expect(lineOf(7)).toEqual({ line: 1, at: 3 });
});

it('tells times and sentences', () => {
  expect(duration(90)).toBe('90 s');
  expect(ago(new Date(1000).toISOString(), 601_000)).toBe('10 min ago');
  expect(firstSentence('Less than 0.001 of it. More.')).toBe('Less than 0.001 of it.');
});

it('puts heat maps on whole decades, never fewer than three, so that what vanished looks vanished', () => {
  const [flat, deep] = [heatOf(grid([[0.5, 0.9]]), 'rms'), heatOf(grid([[3e-12, 0.02]]), 'rms')];
  expect(logScale([flat])).toMatchObject({ low: -3, high: 0 });
  expect(logScale([flat, deep])).toMatchObject({ low: -12, high: 0 });
  expect(sidedScale([deep], 1e-3)).toMatchObject({ low: -9, high: 3 });
});

it('gives zero, infinity and what was not measured colours of their own', () => {
  const heat = heatOf(grid([[0, null, null, 1]], { 1: 'inf' }), 'rms');
  const scale = logScale([heat]);
  const words = colourWords('viridis');
  expect([...pixelsOf(ranked(heat, scale), { from: 0, to: 4 }, 4, 1)]).toEqual([
    SPECIAL.zero >>> 0,
    SPECIAL.nonFinite >>> 0,
    SPECIAL.missing,
    words.at(-1),
  ]);
});

it('shows what lasted for one step, however many steps and layers share a pixel', () => {
  const row = (value: number | null) => Array.from({ length: 1000 }, (_, i) => (i === 501 ? value : 0.001));
  const spike = heatOf(grid([row(0.001), row(1)]), 'rms');
  const scale = logScale([spike]);
  const [low, high] = [colourWords('viridis')[0], colourWords('viridis').at(-1)];
  const all = { from: 0, to: 1000 };
  expect([...pixelsOf(ranked(spike, scale), all, 4, 2)]).toEqual([low, low, low, low, low, low, high, low]);
  expect([...pixelsOf(ranked(spike, scale), all, 4, 1)]).toEqual([low, low, high, low]);
  const broken = heatOf(grid([row(null)], { 501: 'nan' }), 'rms');
  expect(pixelsOf(ranked(broken, scale), all, 4, 1)[2]).toBe(SPECIAL.nonFinite >>> 0);
  // Fewer steps than pixels: each has as many.
  const two = [...pixelsOf(ranked(spike, scale), { from: 500, to: 502 }, 4, 2)];
  expect(two.slice(4)).toEqual([low, low, high, high]);
});

it('keeps the view within the steps', () => {
  const all = { from: 0, to: 100 };
  expect(panned({ from: 10, to: 30 }, -50, 100)).toEqual({ from: 0, to: 20 });
  expect(panned({ from: 10, to: 30 }, 500, 100)).toEqual({ from: 80, to: 100 });
  expect(zoomed(all, 2, 50, 100)).toEqual(all);
  expect(zoomed(all, 0.5, 100, 100)).toEqual({ from: 50, to: 100 });
});

const curve = (y: (number | null)[]): Curve => ({
  ...{ label: 'a', colour: 'series-1', x: y.map((_, i) => 10 * i), y },
});

it('draws what is exactly 0 below all others on a logarithmic axis, at a tick that says so', () => {
  const { curves, yAxis } = tableOf([curve([1, 1e-3, 0])], [], { log: true, logX: false });
  const drawn = curves[0]?.y as number[];
  expect(drawn.slice(0, 2)).toEqual([0, -3]);
  expect(drawn[2]).toBeLessThan(-3.2);
  const ticks = yAxis.ticks(-4, 0.2);
  expect(ticks[0]).toBe(drawn[2]);
  expect(yAxis.texts(ticks)[0]).toBe('0');
  expect(yAxis.texts(ticks).slice(1)).toEqual(decadeTexts(ticks.slice(1)));
  // Nothing else: no number is made up around it.
  const dead = tableOf([curve([0, 0])], [], { log: true, logX: false });
  expect(dead.curves[0]?.y).toEqual([0, 0]);
  expect(dead.yAxis.texts(dead.yAxis.ticks(-0.1, 0.1))).toEqual(['0']);
  const negative = tableOf([curve([1, -2])], [], { log: true, logX: false }).yAxis;
  expect(negative.texts(negative.ticks(-1, 0.1))[0]).toBe('≤ 0');
});

it.each([
  [0, 2, [0, 2]],
  [0, 0, [-0.5, 0.5]],
  [1.0000000027, 1.0000000457, [0.9995, 1.0005]],
  [-5, -5, [-5.0025, -4.9975]],
  [1e300, 1e300, [0.9995e300, 1.0005e300]],
])('draws values between %d and %d on an axis whose ticks can be told apart', (low, high, span) => {
  const [from, to] = spanOf(low, high);
  const size = Math.max(1, Math.abs(high));
  expect(from / size).toBeCloseTo((span[0] as number) / size, 6);
  expect(to / size).toBeCloseTo((span[1] as number) / size, 6);
  expect(from <= low && high <= to).toBe(true);
});

it.each([
  [1, 1, [0.9, 1]],
  [0, 0, [0, 0.1]],
  [0.47, 0.53, [0.43, 0.53]],
  [0.2, 1, [0.2, 1]],
])('draws an accuracy between %d and %d on an axis that ends at nothing and at all', (low, high, span) => {
  shareSpan(low, high).forEach((end, i) => {
    expect(end).toBeCloseTo(span[i] as number, 12);
  });
});

it.each([
  [0, 0.069, [0, 0.02, 0.04, 0.06]],
  [-1.5, 0.1, [-1.5, -1, -0.5, 0]],
  [0, 3, [0, 1, 2, 3]],
])('puts round ticks between %d and %d', (low, high, ticks) => {
  const found = roundTicks(low, high);
  expect(found).toHaveLength(ticks.length);
  found.forEach((tick, i) => {
    expect(tick).toBeCloseTo(ticks[i] as number, 12);
  });
});

it('tells ticks apart, and puts none between two steps', () => {
  const { xAxis, yAxis } = tableOf([curve([1, 1.001])], [], { log: false, logX: false });
  expect(yAxis.texts([0.9995, 1, 1.0005])).toEqual(['0.9995', '1', '1.0005']);
  expect(yAxis.texts([0, 0.25, 0.5])).toEqual(['0', '0.25', '0.5']);
  expect(xAxis.texts([0, 2.5, 5])).toEqual(['0', '', '5']);
  const doses = tableOf([{ ...curve([1, 2]), x: [0.01, 0.1] }], [], { log: false, logX: false });
  expect(doses.xAxis.texts([0.02, 0.04])).toEqual(['0.02', '0.04']);
});

it('marks where a curve stops being finite, and keeps the number to be read', () => {
  const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
  const { marks, measured, curves } = tableOf([curve([1, inf, nan, 2, nan])], [], {
    log: false,
    logX: false,
  });
  expect(marks).toEqual([
    { curve: 0, x: 10 },
    { curve: 0, x: 40 },
  ]);
  expect(measured[0]).toEqual([1, inf, nan, 2, nan]);
  expect(curves[0]?.y).toEqual([1, null, null, 2, null]);
});

it('says of seeds of which one is no longer finite that their mean is not', () => {
  const of = (values: (number | null)[], broken: Record<string, 'nan' | 'inf'> = {}) => ({
    ...{ run: 'baseline/0', tensor: null, steps: [0, 1] },
    rows: [{ layer: null, metric: 'loss', values, non_finite: broken }],
  });
  const band = bandOf([of([1, null], { 1: 'inf' }), of([3, 5])], 'loss', 'as it is', 'series-1');
  expect(band).toMatchObject({ y: [2, Number.POSITIVE_INFINITY], low: [1, 5], high: [3, 5] });
});

it('halves the points of a running training without losing a spike', () => {
  const losses = Array.from({ length: 1200 }, (_, i) => (i === 601 ? 9 : i === 803 ? null : 1));
  const live = bounded({ steps: losses.map((_, i) => i), losses });
  expect(live.steps.length).toBeLessThanOrEqual(600);
  expect(live.losses[live.steps.indexOf(601)]).toBe(9);
  expect(live.losses[live.steps.indexOf(803)]).toBe(null);
});

it('draws a graph by the longest way, and only the arrows that no other ones imply', () => {
  const nodes = [
    { id: 'a', from: [] },
    { id: 'b', from: ['a'] },
    { id: 'c', from: ['a', 'b'] },
  ];
  expect(directEdges(nodes)[2]?.from).toEqual(['b']);
  const { places, columns } = layered(nodes);
  expect(columns).toBe(3);
  expect(places.get('c')).toEqual({ column: 2, row: 0 });
  // A cycle, which no report has, ends all the same.
  expect(
    layered([
      { id: 'x', from: ['y'] },
      { id: 'y', from: ['x'] },
    ]).columns,
  ).toBeGreaterThan(0);
});

it('reads a patch as before and after, where each operation finds what those before it left', () => {
  const [first, second] = [{ units: 1 }, { units: 2, activation: 'relu' }];
  const experiment = { layers: [first, second], optimizer: { type: 'sgd', rate: 0.1, momentum: 0 } };
  const norm = { type: 'layer_norm' };
  expect(
    changesOf(experiment, [
      { op: 'remove', path: '/layers/0' },
      { op: 'replace', path: '/layers/0/activation', value: 'elu' },
      { op: 'add', path: '/layers/-', value: norm },
      { op: 'remove', path: '/optimizer/momentum' },
      { op: 'replace', path: '/optimizer/type', value: 'adam' },
      { op: 'add', path: '/optimizer/beta', value: 0.9 },
    ]),
  ).toEqual([
    { path: '/layers/0', before: first, after: undefined },
    { path: '/layers/0/activation', before: 'relu', after: 'elu' },
    { path: '/layers/-', before: undefined, after: norm },
    { path: '/optimizer', before: experiment.optimizer, after: { type: 'adam', rate: 0.1, beta: 0.9 } },
  ]);
});

it('finds where text stops being JSON, and nothing in what is JSON', () => {
  expect(brokenAt('{\n  "a": 1\n  "b": 2 }')).toBe(13);
  expect(brokenAt('{ "a": [1, 2 ')).toBe(12);
  const whole = JSON.stringify({ a: [1, -2e3, {}], b: [[], true, null], 'c d': 'e"{' }, null, 1);
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  for (let at = 0; at <= whole.length; at++)
    for (const put of ['', ',', '}', ']', '"', ':', '[', '1'])
      for (const text of [
        whole.slice(0, at) + put + whole.slice(at),
        whole.slice(0, at) + put + whole.slice(at + 1),
      ])
        expect([text, brokenAt(text) === null]).toEqual([text, isJson(text)]);
});

it('tells arms and runs in words', () => {
  expect(armWords('screening/standardize_inputs+use_relu')).toBe('Screening: Standardize inputs + Use ReLU');
  expect(runWords('control_reseed/1000003')).toBe('Control reseed, seed 1000003');
});

it('gives each of many trainings that run a colour that says what it is', () => {
  const curve = { steps: [0], total_steps: null, losses: [1] };
  const runs = ['baseline/0', 'baseline/1', ...Array.from({ length: 9 }, (_, i) => `use_relu/${i}`)];
  const curves = new Map(runs.map((run) => [run, curve]));
  const lines = linesOf(curves, false);
  const named = lines.filter(({ unnamed }) => unnamed !== true);
  expect(named.map(({ label }) => label)).toEqual(['other trainings', 'now: Use ReLU, seed 8', 'as it is']);
  expect(new Set(named.map(({ colour }) => colour)).size).toBe(3);
  expect(linesOf(curves, true).some(({ label }) => label.startsWith('now'))).toBe(false);
});

it('counts what a root explains, by way of others too', () => {
  const check = (rule: string, ...caused_by: string[]) => ({ rule, caused_by, status: 'found' });
  const checks = [check('a'), check('b', 'a'), check('c', 'b'), check('d')];
  expect(explainedBy({ checks } as never, 'a')).toBe(2);
});

it('shows the losses on the targets’ own scale where one side has standardized them, and else the plain ones', () => {
  const effect = (metric: string) =>
    ({
      metric,
      baseline: [4, 6],
      treated: [1, 1],
      mean_difference: -4,
      confidence_interval: [-5, -3],
    }) as Effect;
  const shown = (...metrics: string[]) =>
    outcomesOf(metrics.map(effect)).map(({ metric, before }) => [metric, before]);
  expect(shown('final_loss_ratio', 'final_loss_original_scale')).toEqual([['final_loss_original_scale', 5]]);
  expect(shown('final_loss_ratio', 'final_loss', 'final_loss_original_scale')).toEqual([['final_loss', 5]]);
});

it('shows first what the change was chosen by: beside it the training loss may rise', () => {
  const names = (...metrics: string[]) =>
    outcomesOf(metrics.map((metric) => ({ metric, baseline: [5], treated: [1] }) as unknown as Effect)).map(
      ({ metric }) => metric,
    );
  expect(names('validation_loss_ratio', 'final_loss', 'validation_loss')).toEqual([
    'validation_loss',
    'final_loss',
  ]);
  expect(names('missed_rare_class', 'final_loss', 'validation_loss')).toEqual([
    'missed_rare_class',
    'final_loss',
    'validation_loss',
  ]);
  expect(names('final_loss_ratio', 'final_loss', 'validation_loss')).toEqual([
    'final_loss',
    'validation_loss',
  ]);
});

it('plots the goal that most arms have, which one that diverged has as well', () => {
  const arm = (...metrics: string[]) => ({
    verification: { effects: metrics.map((metric) => ({ metric })) },
  });
  const report = {
    remedies: [arm('final_loss_ratio', 'final_loss'), arm('final_loss_ratio')],
    combinations: [arm('validation_loss_ratio', 'final_loss')],
    controls: [],
  };
  expect(goalOf(report as unknown as Report)).toBe('final_loss_ratio');
});
