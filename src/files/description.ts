/** @file What is known of a file without its numbers: kind, format, columns, arrays or classes. */
import { z } from 'zod';

export const fileKinds = ['table', 'arrays', 'images', 'weights', 'model'] as const;
export type FileKind = (typeof fileKinds)[number];

const columnSchema = z.object({
  name: z.string(),
  type: z.enum(['number', 'boolean', 'text', 'date']),
  missing: z.int().describe('Cells without a value'),
  first_missing_line: z
    .int()
    .nullable()
    .describe('The line of the first of them (in Parquet files: the row)'),
  distinct: z.int().nullable().describe('Number of different values; null if there are more than 10,000'),
  min: z.number().nullable().describe('`min`, `max`, `mean` and `std` are for columns of numbers'),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  categories: z.array(z.string()).describe('For columns of text: the 20 most frequent texts'),
  notes: z.array(z.string()).describe('What deserves a look: constant columns, ids, dates, odd cells'),
});

const arraySchema = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  dtype: z.string().describe('As in the file'),
  notes: z.array(z.string()),
});

const classSchema = z.object({ name: z.string(), images: z.int() });

/** What reading the file told. */
export const descriptionSchema = z.object({
  kind: z.enum(fileKinds),
  format: z.string().describe('csv, tsv, json_lines, parquet, npy, npz, safetensors, zip, keras, onnx, …'),
  rows: z.int().nullable().describe('Rows of a table, or images in the folders'),
  columns: z.array(columnSchema).optional(),
  arrays: z.array(arraySchema).optional(),
  classes: z
    .array(classSchema)
    .optional()
    .describe('Names of the image folders; their order gives the class index'),
  found: z
    .record(z.string(), z.union([z.string(), z.boolean(), z.number()]))
    .describe('What was detected, such as delimiter, header, encoding'),
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
