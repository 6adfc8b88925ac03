/** @file The order in which remedies are proposed where nothing is trained: by how often each cured such findings. */
import type { Check } from '../diagnosis/index.ts';
import type { Trace } from '../statistics/index.ts';
import type { RemedyName } from './catalogue/index.ts';
import { cureCounts } from './cure_counts.ts';
import type { Remedy } from './remedy.ts';

/** What is believed before it was tried, and of how many trials that is worth: of what a remedy is made for, and of the rest. */
const [MADE_FOR, OTHERWISE, WORTH] = [0.9, 0.3, 2];
/** A finding that another explains goes with it: it speaks for a remedy a little. */
const EXPLAINED = 0.1;

function rateOf({ remedy, treats }: Remedy<RemedyName>, rule: string): number {
  const treated = treats.find((one) => one === rule);
  if (treated === undefined) return 0;
  const [verified, tried] = cureCounts[treated]?.[remedy] ?? [0, 0];
  const prior = treats[0] === rule ? MADE_FOR : OTHERWISE;
  return (verified + WORTH * prior) / (tried + WORTH);
}

/** @param findings the serious ones, roots first */
export function byCures(
  findings: readonly Check[],
): (a: Remedy<RemedyName>, b: Remedy<RemedyName>) => number {
  const score = (remedy: Remedy<RemedyName>): number =>
    findings.reduce(
      (sum, { rule, caused_by }) => sum + rateOf(remedy, rule) * (caused_by.length === 0 ? 1 : EXPLAINED),
      0,
    );
  return (a, b) => score(b) - score(a);
}

/** Whether a network without an experiment, known by its layers, has what the remedy would bring, or lacks what it changes. */
export function isPointless({ remedy }: Remedy<RemedyName>, { layers }: Pick<Trace, 'layers'>): boolean {
  const has = (pattern: RegExp) => layers.some(({ type }) => pattern.test(type));
  const hidden = layers.filter(({ is_output }) => !is_output).map(({ activation }) => activation);
  const active = hidden.filter((activation) => activation !== null);
  const activation = /^use_(relu|leaky_relu|prelu|elu|selu|gelu|silu)$/.exec(remedy)?.[1];
  if (activation !== undefined) return active.length > 0 && active.every((own) => own === activation);
  const output = layers.findLast(({ is_output }) => is_output) ?? layers.at(-1);
  const there: Readonly<Partial<Record<RemedyName, boolean>>> = {
    add_batch_norm: has(/_norm$/),
    add_layer_norm: has(/_norm$/),
    add_residual_connections: has(/^(residual|add)$/),
    keep_positions: !has(/^global_(average|max)_pool/),
    add_dropout: has(/dropout/),
    reduce_dropout: !has(/dropout/),
    lower_batch_norm_momentum: !has(/^batch_norm$/),
    use_pre_norm: !has(/attention/) || !has(/_norm$/),
    use_lstm: !has(/^simple_rnn$/),
    use_gru: !has(/^simple_rnn$/),
    set_forget_bias: !has(/^lstm$/),
    use_linear_output: output?.activation === null,
  };
  return there[remedy] ?? false;
}
