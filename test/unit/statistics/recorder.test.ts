/** @file The memory of a recorder: a record may have a quarter of a gigabyte. */
import { expect, it } from 'vitest';
import { Recorder } from '../../../src/statistics/index.ts';
import { memoryBefore } from '../memory.ts';

const [TABLES, ROWS, WIDTH] = [40, 3000, 17];
const BYTES = TABLES * ROWS * WIDTH * Float64Array.BYTES_PER_ELEMENT;

const taken = () => process.memoryUsage().arrayBuffers;

it('takes half as much again as its numbers while it fills, and leaves the series alone at its end', () => {
  const before = memoryBefore().arrayBuffers;
  const recorder = new Recorder();
  const tables = Array.from({ length: TABLES }, (_, i) => recorder.tensor(`layer ${i}`, 'output'));
  expect(tables[0]?.metrics).toHaveLength(WIDTH);
  for (let step = 0; step < ROWS; step++)
    tables.forEach((table, i) => {
      const { values, offset } = table.row(step);
      values.fill(step + i, offset, offset + WIDTH);
    });
  expect(taken() - before).toBeLessThan(1.55 * BYTES);
  const series = recorder.finish();
  // With the steps, an Int32 for each row of a table.
  expect(taken() - before).toBeLessThan(1.1 * BYTES);
  expect(series).toHaveLength(TABLES * WIDTH);
  for (const [i, { layer, values, steps }] of series.entries()) {
    const table = Math.floor(i / WIDTH);
    expect([layer, steps.length, values[0], values.at(-1)]).toEqual([
      `layer ${table}`,
      ROWS,
      table,
      ROWS - 1 + table,
    ]);
  }
});
