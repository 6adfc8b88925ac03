/** @file Parquet that is written piece by piece is one file, whatever the pieces. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import { PARQUET_START, parquetEnd, parquetPiece } from '../../../src/http/readings/parquet.ts';

const rows = Array.from({ length: 1000 }, (_, i) => ({
  run: `a,"b/${i % 3}`,
  step: i,
  layer: i % 7 === 0 ? null : `dense_${i % 5}`,
  tensor: i % 2 === 0 ? null : 'kernel.gradient',
  metric: 'rms',
  value: [i / 3, Number.NaN, Infinity, -Infinity, -0, 5e-324][i % 6] as number,
}));

it.each([1, 7, 300, 1000])('reads back what was written %i rows at a time', async (size) => {
  const parts: Uint8Array[] = [PARQUET_START];
  const groups = [];
  let place = PARQUET_START.length;
  for (let i = 0; i < rows.length; i += size) {
    const { bytes, group } = parquetPiece(rows.slice(i, i + size), place);
    parts.push(bytes);
    groups.push(group);
    place += bytes.length;
  }
  const bytes = new Uint8Array(Buffer.concat([...parts, parquetEnd(groups, place)]));
  const file = bytes.buffer;
  expect(await parquetReadObjects({ file })).toEqual(rows);
  expect(parquetMetadata(file).row_groups).toHaveLength(Math.ceil(rows.length / size));
  expect(await parquetReadObjects({ file, rowStart: 500, rowEnd: 501 })).toEqual([rows[500]]);
});
