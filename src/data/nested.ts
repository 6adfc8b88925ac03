/** @file Nested lists of numbers, as JSON gives them: their shape, what is wrong with them, their numbers in a row. */
import { isWrittenNumber, shownValue } from '../util/json.ts';
import { sharedNumbers } from '../util/sealed.ts';
import { type DataProblem, sizeOf } from './data_set.ts';

/** After so many the rest is most likely the same mistake again. */
const MAX_PROBLEMS = 10;

/** Shape of a nested list, by the first element of each level: of a number `[]`, of `[[1, 2]]` `[1, 2]`. */
export function shapeOf(value: unknown, maxRank: number): number[] {
  const shape: number[] = [];
  let level = value;
  // One level more than allowed is enough to see that there are too many.
  while (Array.isArray(level) && shape.length <= maxRank) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

type Read =
  | { readonly numbers: Float64Array; readonly problems?: never }
  | { readonly problems: readonly DataProblem[]; readonly numbers?: never };

/** What to send in place of something that is no number: a gap, a truth, a number in quotes, the name of a class. */
function instead(value: unknown): { fix?: string } {
  if (value === null)
    return { fix: 'give a number, or leave the sample out; a table sent to POST /v1/files may have gaps' };
  if (typeof value === 'boolean') return { fix: 'write 1 for true and 0 for false' };
  if (typeof value !== 'string') return {};
  if (isWrittenNumber(value)) return { fix: `write ${value}, without quotes` };
  return { fix: 'write classes as whole numbers from 0; a table sent to POST /v1/files may hold text' };
}

/**
 * The numbers of all elements, row-major; or the elements that do not have this shape, and numbers that float32 cannot
 * hold. One walk does both.
 * @param shape of one element
 */
export function readNumbers(elements: readonly unknown[], shape: readonly number[]): Read {
  const problems: DataProblem[] = [];
  const path: number[] = [];
  const numbers = sharedNumbers(elements.length * sizeOf(shape));
  let position = 0;
  const report = (message: string, advice: { fix?: string } = {}) =>
    problems.push({ path: [...path], message, ...advice });

  const visitNumber = (value: unknown) => {
    if (Array.isArray(value)) report('must be a number, as the first one has it');
    else if (typeof value !== 'number')
      report(`must be a number, but is ${shownValue(value)}`, instead(value));
    else if (!Number.isFinite(Math.fround(value)))
      report('must be a finite number within the range of float32 (±3.4e38)');
    else numbers[position++] = value;
  };
  const visitList = (value: unknown, depth: number) => {
    const length = shape[depth];
    if (!Array.isArray(value)) report(`must be a list of ${length}, as the first one has it`);
    else if (value.length !== length)
      report(
        `has ${value.length} element${value.length === 1 ? '' : 's'}, where the first one has ${length}`,
      );
    else visitAll(value, depth + 1);
  };
  const visitAll = (values: readonly unknown[], depth: number) => {
    for (let i = 0; i < values.length && problems.length < MAX_PROBLEMS; i++) {
      path.push(i);
      if (depth === shape.length) visitNumber(values[i]);
      else visitList(values[i], depth);
      path.pop();
    }
  };

  visitAll(elements, 0);
  return problems.length > 0 ? { problems } : { numbers };
}
