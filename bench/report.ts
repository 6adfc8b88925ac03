/** @file The measurements as Markdown. */

import type { Growth } from './growth.ts';
import type { Phases } from './phases.ts';
import { median, ratio } from './rounds.ts';
import type { Scaling } from './scaling.ts';
import { type Column, PEERS, type StepTimes, wantedOf } from './steps.ts';
import type { StudyTimes } from './study.ts';

const PROBED_AT_MOST = 1.3;
const EVERY_10_AT_MOST = 1.05;
const SCALING_AT_LEAST = 1.85;
const CORES_AT_MOST = 1.05;
const FIRST_STEP_AT_MOST_MS = 150;
const PREPARATION_AT_MOST = 0.1;

const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(3) : ms.toFixed(1));

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const atLeast = (value: number, bound: number, digits = 2): string =>
  `${value.toFixed(digits)} (≥ ${bound}) ${value >= bound ? '✓' : '✗'}`;

const atMost = (value: number, bound: number, digits = 2): string =>
  `${value.toFixed(digits)} (≤ ${bound}) ${value <= bound ? '✓' : '✗'}`;

const peerTitles = { pytorch: 'PyTorch', openblas: 'PyTorch, OpenBLAS', tfjs: 'tfjs wasm' } as const;

function stepRow({ network, rounds }: StepTimes, peers: readonly (typeof PEERS)[number][]): string[] {
  const ours = rounds.get('statistics') ?? [];
  const cells = peers.flatMap((peer) => {
    const wanted = wantedOf(network, peer);
    const found = rounds.get(peer);
    if (wanted === null || found === undefined) return ['–', '–'];
    return [milliseconds(median(found)), atLeast(ratio(found, ours), wanted)];
  });
  return [network.name, milliseconds(median(ours)), ...cells];
}

/** Every step measured, by everybody who was there. */
export function stepTable(times: readonly StepTimes[]): string {
  const peers = PEERS.filter((peer) => times.some(({ rounds }) => rounds.has(peer)));
  const heads = peers.flatMap((peer) => [peerTitles[peer], '/ ours']);
  return table(
    ['network', 'GradClinic', ...heads],
    times.map((row) => stepRow(row, peers)),
  );
}

function probeRow({ network, rounds }: StepTimes): string[] {
  const of = (column: Column) => rounds.get(column) ?? [];
  return [
    network.name,
    milliseconds(median(of('unprobed'))),
    milliseconds(median(of('statistics'))),
    milliseconds(median(of('probed'))),
    atMost(ratio(of('probed'), of('unprobed')), PROBED_AT_MOST),
    atMost(ratio(of('every 10'), of('unprobed')), EVERY_10_AT_MOST, 3),
  ];
}

/** What measuring costs this engine. */
export const probeTable = (times: readonly StepTimes[]): string =>
  table(
    ['network', 'unprobed', 'five statistics', 'probed', 'probed / unprobed', 'every 10th / unprobed'],
    times.map(probeRow),
  );

export const phaseTable = (phases: readonly Phases[]): string =>
  table(
    ['network', 'forward', 'backward', 'around', 'statistics', 'update', 'sum', 'floor', 'sum / floor'],
    phases.map(({ name, forward, backward, around, statistics, update, floor }) => {
      const parts = [forward, backward, around, statistics, update];
      const sum = parts.reduce((total, part) => total + part, 0);
      return [name, ...[...parts, sum, floor].map(milliseconds), (sum / floor).toFixed(2)];
    }),
  );

export const scalingLine = ({ experiment, one, two, factor, attainable, cores, work }: Scaling): string =>
  `Trials per second of \`examples/${experiment}\`: ${one.toFixed(2)} with one worker thread, ${two.toFixed(2)} with two; ` +
  `factor ${atLeast(factor, SCALING_AT_LEAST)}. A loop of plain arithmetic gained a factor of ${attainable.toFixed(2)} by a second thread ` +
  `in the same rounds: that is all this machine can gain. A training takes ${atMost(cores, CORES_AT_MOST)} cores; a trial ` +
  `beside another takes ${work.toFixed(2)} times the CPU time of one alone, so that two free cores would give ${(2 / work).toFixed(2)}.`;

export const startupLine = (network: string, first: number, again: number): string =>
  `From a checked experiment to the end of the first step, ${network}: ${atMost(first, FIRST_STEP_AT_MOST_MS, 0)} ms in a new ` +
  `process, ${again.toFixed(0)} ms the second time in it.`;

/** PyTorch's time for a whole study is that of the sampled trials, two at a time, times the trials that the study took. */
export const studyTable = (studies: readonly StudyTimes[]): string =>
  table(
    ['study', 'trials', 's', 'PyTorch, s', '/ ours', 'a trial, s', 'PyTorch', '/ ours', 'preparation'],
    studies.map(({ name, wanted, trials, seconds, ours, pytorch, sampled, preparation }) => {
      const peer = (pytorch * trials) / Math.min(2, trials);
      return [
        `\`${name}.json\``,
        String(trials),
        seconds.toFixed(1),
        peer.toFixed(1),
        atLeast(peer / seconds, wanted),
        `${ours.toFixed(2)} (of ${sampled})`,
        pytorch.toFixed(2),
        (pytorch / ours).toFixed(2),
        atMost(preparation, PREPARATION_AT_MOST),
      ];
    }),
  );

export const growthTable = (growths: readonly Growth[]): string =>
  table(
    ['grows', 'the rest', 'milliseconds', 'exponent', 'of the last three'],
    growths.map(({ name, fixed, points, exponent, last }) => [
      name,
      fixed,
      points.map(({ at, ms }) => `${at}: ${milliseconds(ms)}`).join(', '),
      exponent.toFixed(2),
      last.toFixed(2),
    ]),
  );
