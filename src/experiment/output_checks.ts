/** @file Whether several outputs, their losses and the targets of a sample fit each other. */
import type { DataDescription, TargetColumn } from '../data/index.ts';
import type { Loss, LossPart, PlacedLayer } from '../network/index.ts';
import type { Plan } from './plan.ts';
import type { Problem } from './problems.ts';

const text = (shape: readonly number[]) => `[${shape.join(', ')}]`;

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** The network and the losses: as many outputs, of the same shapes. */
function checkShapes(parts: readonly LossPart[], last: PlacedLayer | undefined, { layers }: Plan): Problem[] {
  const ends = layers.find(({ name }) => name === last?.name)?.input_shapes ?? [];
  if (last?.type !== 'outputs')
    return [
      {
        pointer: last?.pointer ?? '/network/layers',
        message: `the loss is one of ${parts.length} outputs, but the network has one`,
        fix: 'end it with { "type": "outputs", "inputs": ["…", "…"] }, which names the layers that give them',
      },
    ];
  if (ends.length !== parts.length)
    return [
      {
        pointer: '/training/loss/outputs',
        message: `has ${parts.length} losses for ${counted(ends.length, 'output')}`,
        fix: `give one for each input of "${last.name}", in their order`,
      },
    ];
  return parts.flatMap(({ shape }, i) =>
    shape.join() === ends[i]?.join()
      ? []
      : [
          {
            pointer: `/training/loss/outputs/${i}/shape`,
            message: `is ${text(shape)}, but the network gives ${text(ends[i] ?? [])}`,
            fix: 'leave it out',
          },
        ],
  );
}

/** Why these targets cannot be read so; null where they can. */
function misread({ loss, shape }: LossPart, { low, high, whole }: TargetColumn): string | null {
  const classes = shape.at(-1) ?? 1;
  if (loss.target === 'classes' && (!whole || low < 0 || high >= classes))
    return `${loss.type} over ${counted(classes, 'unit')} reads whole numbers from 0 to ${classes - 1}`;
  if (loss.target === 'binary' && (low < 0 || high > 1)) return `${loss.type} reads numbers between 0 and 1`;
  return null;
}

function checkColumns(parts: readonly LossPart[], columns: readonly TargetColumn[]): Problem[] {
  return parts.flatMap((part, i) => {
    const own = columns.slice(part.from, part.from + part.given);
    const at = own.findIndex((column) => misread(part, column) !== null);
    const wrong = own[at];
    if (wrong === undefined) return [];
    const range = `${wrong.low} to ${wrong.high}${wrong.whole ? '' : ', not all of them whole'}`;
    return [
      {
        pointer: '/data/targets',
        message: `number ${part.from + at} of each target is for output ${i}: ${misread(part, wrong)}, and it goes from ${range}`,
        fix: 'give the targets in the order of the outputs, or another loss or more units to this one',
      },
    ];
  });
}

/** Nothing for a loss of one output. */
export function checkParts(
  { parts }: Loss,
  data: DataDescription,
  placed: readonly PlacedLayer[],
  plan: Plan,
): Problem[] {
  if (parts === null) return [];
  const problems = checkShapes(parts, placed.at(-1), plan);
  if (problems.length > 0) return problems;
  const needed = parts.reduce((sum, { given }) => sum + given, 0);
  const { target_shape: shape, target_columns: columns } = data;
  if (shape.length !== 1 || shape[0] !== needed || columns === undefined) {
    const each = parts.map(({ given }, i) => `${given} for output ${i}`).join(', ');
    return [
      {
        pointer: '/data/targets',
        message: `have the shape ${text(shape)}, but these outputs read ${text([needed])}: ${each}`,
        fix: "give every sample's targets as one flat list, those of each output after those of the one before",
      },
    ];
  }
  return checkColumns(parts, columns);
}
