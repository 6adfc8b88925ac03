/** @file The loss of several outputs as code: each cut out of the prediction and of the targets, which stand side by side. */
import type { LossPart } from './loss.ts';

const listed = (sizes: readonly number[]): string => sizes.join(', ');

/** Rows of classes for the libraries' losses of classes; the output's own shape for others. */
function shapesOf({ loss, shape }: LossPart): { readonly p: string; readonly t: string } {
  const last = shape.at(-1) ?? 1;
  if (loss.target === 'classes') return { p: `-1, ${last}`, t: '-1' };
  return { p: listed([-1, ...shape]), t: listed([-1, ...shape.with(-1, last / loss.copies)]) };
}

const columns = ({ at, size, from, given }: LossPart): { readonly p: string; readonly t: string } => ({
  p: `p[:, ${at}:${at + size}]`,
  t: `t[:, ${from}:${from + given}]`,
});

const summed = (terms: readonly string[], of: string): string => `lambda ${of}: ${terms.join(' + ')}`;

const weighed = (weight: number, term: string): string => (weight === 1 ? term : `${weight} * ${term}`);

/** One expression over `p` [batch, outputs] and `t` [batch, targets]. */
export const jointTorch = (parts: readonly LossPart[]): string =>
  summed(
    parts.map((part) => {
      const [cut, shape] = [columns(part), shapesOf(part)];
      const target = `${cut.t}.reshape(${shape.t})${part.loss.target === 'classes' ? '.long()' : ''}`;
      const { pytorch } = part.loss;
      const called = pytorch.startsWith('lambda') ? `(${pytorch})` : pytorch;
      return weighed(part.weight, `${called}(${cut.p}.reshape(${shape.p}), ${target})`);
    }),
    'p, t',
  );

export const jointKeras = (parts: readonly LossPart[]): string =>
  summed(
    parts.map((part) => {
      const [cut, shape] = [columns(part), shapesOf(part)];
      const { keras } = part.loss;
      const called = keras.startsWith('"')
        ? `keras.losses.${keras.replaceAll('"', '')}`
        : keras.startsWith('lambda')
          ? `(${keras})`
          : keras;
      const [t, p] = [
        `keras.ops.reshape(${cut.t}, (${shape.t},))`,
        `keras.ops.reshape(${cut.p}, (${shape.p}))`,
      ];
      return weighed(part.weight, `keras.ops.mean(${called}(${t}, ${p}))`);
    }),
    't, p',
  );
