/** @file What is known of a file without its numbers: kind, format, columns, arrays or classes. */
import { z } from 'zod';

export const fileKinds = ['table', 'arrays', 'images', 'weights', 'model'] as const;
export type FileKind = (typeof fileKinds)[number];

const columnSchema = z.object({
  name: z.string(),
  type: z.enum(['number', 'boolean', 'text', 'date']),
  missing: z.int().describe('Cells without a value'),
  first_missing_line: z.int().nullable().describe('Line (of Parquet: row) of the first of them'),
  distinct: z.int().nullable().describe('Different values; null where there are more than 10,000'),
  min: z.number().nullable().describe('Of numbers, as are max, mean, std'),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  categories: z.array(z.string()).describe('Of text: the first 20 by number of rows'),
  notes: z.array(z.string()).describe('What to look at: constant columns, ids, dates, odd cells'),
});

const arraySchema = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  dtype: z.string().describe('As the file has it'),
  notes: z.array(z.string()),
});

const classSchema = z.object({ name: z.string(), images: z.int() });

/** What reading the file told. */
export const descriptionSchema = z.object({
  kind: z.enum(fileKinds),
  format: z.string().describe('csv, tsv, json_lines, parquet, npy, npz, safetensors, zip, keras, onnx, …'),
  rows: z.int().nullable().describe('Of a table; images of a folder'),
  columns: z.array(columnSchema).optional(),
  arrays: z.array(arraySchema).optional(),
  classes: z.array(classSchema).optional().describe('Folders of images; their order is the class index'),
  found: z
    .record(z.string(), z.union([z.string(), z.boolean(), z.number()]))
    .describe('What was found out, such as delimiter, header, encoding'),
  notes: z.array(z.string()),
});

export type ColumnDescription = z.output<typeof columnSchema>;
export type ArrayDescription = z.output<typeof arraySchema>;
export type FileDescription = z.output<typeof descriptionSchema>;

/** What the sender may state instead of leaving it to be found out. */
export interface ReadingOptions {
  readonly delimiter?: string | undefined;
  readonly header?: boolean | undefined;
  readonly kind?: FileKind | undefined;
  /** Texts that stand for a missing value in a table, beside what always does. */
  readonly missing?: readonly string[] | undefined;
}
