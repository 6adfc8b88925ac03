/** @file Early stopping: the weights of the lowest validation loss are kept, and the training may end when it stays above. */
import type { Experiment } from '../experiment/index.ts';
import { copyWeights, type Model, setWeights } from './model.ts';

type Options = NonNullable<Experiment['training']['early_stopping']>;

/** All that later checks depend on. */
export interface StoppingState {
  readonly best: number;
  /** Null before the first check. */
  readonly weights: ReturnType<typeof copyWeights> | null;
  readonly waited: number;
}

/** Source: Prechelt 1998, Early stopping — but when? */
export class EarlyStopping {
  readonly #options: Options;
  readonly #model: Model;
  readonly #validationLoss: () => Promise<number>;
  #best = Number.POSITIVE_INFINITY;
  #weights: StoppingState['weights'] = null;
  #waited = 0;

  /** @param validationLoss of the present weights, without penalty */
  constructor(options: Options, model: Model, validationLoss: () => Promise<number>) {
    this.#options = options;
    this.#model = model;
    this.#validationLoss = validationLoss;
  }

  /**
   * @param done updates that were made
   * @returns whether the training is to end
   */
  async observe(done: number): Promise<boolean> {
    const { check_every, patience } = this.#options;
    if (done % check_every !== 0) return false;
    const loss = await this.#validationLoss();
    if (loss < this.#best) {
      this.#best = loss;
      this.#weights = copyWeights(this.#model);
      this.#waited = 0;
      return false;
    }
    this.#waited++;
    return patience !== null && this.#waited >= patience;
  }

  get state(): StoppingState {
    return { best: this.#best, weights: this.#weights, waited: this.#waited };
  }

  set state({ best, weights, waited }: StoppingState) {
    this.#best = best;
    this.#weights = weights;
    this.#waited = waited;
  }

  /** Puts the best weights back, running averages included; those of the end where nothing was ever measured. */
  restore(): void {
    if (this.#weights !== null) setWeights(this.#model, this.#weights);
  }
}
