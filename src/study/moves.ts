/** @file The order in which a study looks for its recommendation: the first move that can be made is made, then from the top. */
import type { Pursuit } from './pursuit.ts';

export interface Move {
  readonly move: string;
  /** Why it stands where it stands. */
  readonly reason: string;
  /** Whether there was something to do. */
  take(pursuit: Pursuit): Promise<boolean>;
}

export const moves: readonly Move[] = [
  {
    move: 'prove_smallest',
    reason:
      'what may be recommended at once comes first; the smallest, since nothing smaller is then left to prove',
    take: (pursuit) => pursuit.proveSmallest(pursuit.isProvable),
  },
  {
    move: 'complete_smallest',
    reason: 'a single remedy that was enough on one seed is the smallest change that there is',
    take: (pursuit) => pursuit.completeSmallest(),
  },
  {
    move: 'reduce_combination',
    reason:
      'no single one is left: of a combination that is enough, what it does not need is left out before it is judged',
    take: (pursuit) => pursuit.reduceSmallest(),
  },
  {
    move: 'complete_warned',
    reason:
      'on one seed a rule may warn by chance, the more so with few validation samples: two further seeds cost less than a new try',
    take: (pursuit) => pursuit.completeWarned(),
  },
  {
    move: 'begin_next',
    reason:
      'nothing that was trained in full is enough: the next best of what was tried shortly may be, with all steps',
    take: (pursuit) => pursuit.beginNext(),
  },
  {
    move: 'grow_nearest',
    reason: 'nothing that was tried is enough alone: what is nearest gets a remedy for what is still found',
    take: (pursuit) => pursuit.growNearest(),
  },
  {
    move: 'complete_front',
    reason:
      'something is proven: a smaller change that is clearly better on samples that were not trained on takes its place',
    take: (pursuit) => pursuit.completeFront(),
  },
  {
    move: 'prove_further',
    reason:
      'what is to be recommended is held against more seeds while there is budget for another: where it fails there, the next best has its turn',
    take: (pursuit) => pursuit.proveFurther(),
  },
  {
    move: 'compare_with_all',
    reason:
      'something is proven, held against one control: the others cost as much as two baselines, and are worth it only now',
    take: (pursuit) => pursuit.compareWithAll(),
  },
  {
    move: 'lower_aim',
    reason: 'nothing comes near to the reference learner: the best of what there is, is better than nothing',
    take: async (pursuit) => pursuit.lowerAim(),
  },
  {
    move: 'prove_clear',
    reason:
      'nothing has a better loss: what clears the findings is still healthier, and is told to be no more than that',
    take: (pursuit) => pursuit.proveClear(),
  },
  {
    move: 'judge_others',
    reason:
      'nothing is left to do for the recommendation: the report still says what each of the best remedies does, which may show a better one',
    take: (pursuit) => pursuit.judgeOthers(),
  },
];
