/** @file Targets that a loss cannot read: what it reads, what they are instead, and what makes them readable. */
import { type DataDescription, MAX_CLASSES } from '../data/index.ts';
import { type Loss, lossKind } from '../network/index.ts';
import type { Problem } from './problems.ts';

const text = (shape: readonly number[]) => `[${shape.join(', ')}]`;

/** Losses that read targets of this kind. */
export const suitableLosses = (kind: Loss['target']): string =>
  lossKind.types.filter((type) => lossKind.resolve(type).target === kind).join(', ');

export const classUnits = (classes: number): string => `${classes} classes need ${classes} units`;

/** What makes probabilities of inputs that are their own targets, where a factor does. */
function scaleNeeded({ target }: Loss, { input_range, target_shape, input_shape }: DataDescription): string {
  const givesBack = text(target_shape) === text(input_shape);
  if (target !== 'binary' || !givesBack || input_range === undefined || input_range[0] < 0) return '';
  return `give "scale": ${Number((1 / input_range[1]).toPrecision(6))} without standardize, so that they lie between 0 and 1; or `;
}

/** "write -1 as 0, 1 as 1": the different targets as classes from 0, in ascending order. */
const asClasses = (distinct: readonly number[]): string =>
  `write ${distinct.map((value, index) => `${value} as ${index}`).join(', ')}`;

/** How few targets may be meant as classes that are numbered in another way; empty where they are numbered from 0. */
function otherNumbers({ target_facts, target_shape }: DataDescription): readonly number[] {
  const distinct = target_facts?.distinct ?? [];
  const fromZero = distinct.every((value, index) => value === index);
  return target_shape.length > 1 || distinct.length < 2 || fromZero ? [] : distinct;
}

/** For a network with fewer units than the highest class asks for: what else may be meant where not all of them occur. */
export function renumbered(loss: Loss, data: DataDescription): string {
  const distinct = loss.target === 'classes' ? otherNumbers(data) : [];
  if (distinct.length === 0) return '';
  return `; or, if the ${distinct.length} that occur are all there are, number them from 0: ${asClasses(distinct)}`;
}

function whatTheyAre(loss: Loss, { classes, target_facts, target_shape }: DataDescription): string {
  if (classes !== null) return `these are ${classes} classes`;
  if (target_facts === undefined) return `these are numbers of the shape ${text(target_shape)}`;
  const { low, high, whole } = target_facts;
  const fits = loss.target === 'classes' ? whole && low >= 0 && high < MAX_CLASSES : low >= 0 && high <= 1;
  if (fits) return `each of these has the shape ${text(target_shape)}`;
  return `these are ${whole ? 'whole' : 'fractional'} numbers from ${low} to ${high}`;
}

const READS: Readonly<Record<Loss['target'], string>> = {
  classes: `classes as whole numbers from 0 to ${MAX_CLASSES - 1}, one for each sample or time step`,
  binary: 'numbers from 0 to 1',
  values: 'numbers that are amounts',
  mixed: 'targets of several kinds',
};

/** @param data whose targets `loss` cannot read */
export function unreadableTargets(loss: Loss, data: DataDescription): Problem {
  const message = `${loss.type} reads ${READS[loss.target]}, but ${whatTheyAre(loss, data)}`;
  const kind = data.classes === null ? 'values' : 'classes';
  const others = `use one of: ${suitableLosses(kind)}${data.classes === null ? '' : `; ${classUnits(data.classes)}`}`;
  const distinct = data.classes === null ? otherNumbers(data) : [];
  const areClasses = loss.target === 'classes' || (loss.target === 'binary' && distinct.length === 2);
  if (distinct.length > 0 && areClasses)
    return {
      pointer: '/data/targets',
      message,
      fix: `if they stand for ${distinct.length} classes, ${asClasses(distinct)}; if they are amounts, ${others}`,
    };
  return { pointer: '/training/loss', message, fix: scaleNeeded(loss, data) + others };
}
