/** @file The data of the ninth set of sick experiments (see unseen_ninth.ts). */
import { at, bell, chance, even, rows } from './numbers.ts';
import { type Config, type Task, tasks } from './scenario.ts';

const { moons, iris, friedman } = tasks;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const mapOf = <T>(side: number, value: (y: number, x: number) => T): T[][] =>
  range(side).map((y) => range(side).map((x) => value(y, x)));

/** Grey pictures of 0 to 255: stripes across, stripes down, a chequered board. */
export const textures = (more: Config = {}): Task => {
  const isBright = (kind: number, y: number, x: number) =>
    (kind === 0 ? y : kind === 1 ? x : x + y) % 2 === 0;
  const inputs = range(360).map((i) => [
    mapOf(8, (y, x) => {
      const grey = 128 + (isBright(i % 3, y, x) ? 50 : -50) + 40 * bell(i * 64 + y * 8 + x + 900_000);
      return Math.min(255, Math.max(0, Math.round(grey)));
    }),
  ]);
  const targets = inputs.map((_, i) => i % 3);
  return { ...iris, data: { type: 'inline', inputs, targets, ...more }, shape: [1, 8, 8], outputs: 3 };
};

/** Pictures with a bright square somewhere in the noise, and where it lies. */
export const squares = (loss: string, more: Config = {}): Task => {
  const place = (i: number) => [Math.floor(6 * chance(i + 61_000)), Math.floor(6 * chance(i + 62_000))];
  const isInside = (i: number, y: number, x: number) => {
    const [top = 0, left = 0] = place(i);
    return y >= top && y < top + 3 && x >= left && x < left + 3;
  };
  const inputs = range(300).map((i) => [
    mapOf(8, (y, x) => 40 * (Number(isInside(i, y, x)) * 1.5 + bell(i * 64 + y * 8 + x + 300_000))),
  ]);
  const targets = inputs.map((_, i) => [mapOf(8, (y, x) => Number(isInside(i, y, x)))]);
  return {
    ...friedman,
    data: { type: 'inline', inputs, targets, ...more },
    shape: [1, 8, 8],
    loss,
  };
};

/** Fourteen steps with two bumps, one on each channel: whether that of the first channel comes first. */
export const order: Task = (() => {
  const inputs = range(480).map((i) => {
    const [early, late] = [Math.floor(6 * chance(i + 100)), 7 + Math.floor(6 * chance(i + 5100))];
    return range(14).map((t) =>
      [0, 1].map((c) => Number(t === (c === i % 2 ? early : late)) + 0.1 * bell(i * 28 + t * 2 + c + 40_000)),
    );
  });
  return {
    ...moons,
    data: { type: 'inline', inputs, targets: inputs.map((_, i) => 1 - (i % 2)) },
    shape: [14, 2],
  };
})();

export const adding: Task = {
  ...friedman,
  data: { type: 'adding_problem', samples: 800, length: 8 },
  shape: [8, 2],
};

/** Ten readings around five thousand that rise for months, and the next one. */
export const meter = (more: Config = {}): Task => {
  const reading = (t: number) => 5000 + 2 * t + 400 * Math.sin(t / 3) + 30 * bell(t + 77_000);
  const inputs = range(500).map((i) => range(10).map((t) => [reading(i + t)]));
  const targets = inputs.map((_, i) => reading(i + 10));
  return {
    ...friedman,
    data: { type: 'inline', inputs, targets, ...more },
    shape: [10, 1],
    loss: 'huber',
  };
};

/** Ten words; whether the word that stands first comes again. */
export const again: Config = (() => {
  const inputs = range(700).map((i) => {
    const others = range(9).map((j) => 1 + Math.floor(8 * chance(i * 9 + j + 2000)));
    const first = 1 + Math.floor(8 * chance(i + 810_000));
    const free = others.map((word) => (word === first ? 1 + (first % 8) : word));
    const spot = Math.floor(9 * chance(i + 820_000));
    return [first, ...free.map((word, j) => (i % 2 === 1 && j === spot ? first : word))];
  });
  return { type: 'inline', inputs, targets: inputs.map((_, i) => i % 2) };
})();
/** Every sample is its own target. */
export const itself = (data: Config, features: number): Task => ({
  ...friedman,
  data: { ...data, targets: 'inputs' },
  shape: [features],
  outputs: features,
});
/** Twelve sensors in hundreds, moved by three causes. */
export const sensors = (more: Config = {}): Task => {
  const causes = rows(500, 3);
  const inputs = causes.map((row, i) =>
    range(12).map(
      (j) =>
        300 +
        100 * (at(row, j % 3) + 0.6 * at(row, (j + 1) % 3) * Math.cos(j)) +
        10 * bell(i * 12 + j + 5_000_000),
    ),
  );
  return itself({ type: 'inline', inputs, ...more }, 12);
};

/** Incomes: most are small, some are large. */
export const incomes = (more: Config = {}): Task => {
  const inputs = rows(600, 5).map((row) => row.map((x, j) => 40 + (j + 1) * 10 * x));
  const targets = inputs.map((row) => {
    const [a, b, c] = [(at(row, 0) - 40) / 10, (at(row, 1) - 40) / 20, (at(row, 2) - 40) / 30];
    return 20_000 * Math.exp(0.5 * a + 0.4 * b - 0.3 * c);
  });
  return { ...friedman, data: { type: 'inline', inputs, targets, ...more }, shape: [5] };
};

/** Delays in minutes, and how long nine of ten take at most. */
export const delays = (more: Config = {}): Task => {
  const inputs = even(600, 4, 0, 1);
  const targets = inputs.map((row, i) => 60 + 200 * at(row, 0) * at(row, 1) + 20 * chance(i + 930_000));
  return {
    ...friedman,
    data: { type: 'inline', inputs, targets, ...more },
    shape: [4],
  };
};

/** Ninety patients, thirty measurements, of which two tell something. */
export const patients: Task = (() => {
  const inputs = rows(90, 30);
  const targets = inputs.map((row, i) => Number(at(row, 3) - at(row, 17) + 0.5 * bell(i + 66_000) > 0));
  return { ...moons, data: { type: 'inline', inputs, targets, validation_split: 0.4 }, shape: [30] };
})();

/** Vehicles an hour, by readings in the hundreds. */
export const traffic = (more: Config = {}): Task => {
  const inputs = rows(600, 4).map((row) => row.map((x) => 300 + 100 * x));
  const targets = inputs.map((row, i) => {
    const mean = 3 * Math.exp(0.7 * ((at(row, 0) - 300) / 100) - 0.5 * ((at(row, 1) - 300) / 100));
    return Math.max(0, Math.round(mean + 0.5 * Math.sqrt(mean) * bell(i + 44_000)));
  });
  return { ...friedman, data: { type: 'inline', inputs, targets, ...more }, shape: [4], loss: 'poisson' };
};
