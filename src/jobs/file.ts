/** @file A file as clients see it, and what may be done with the files of one owner. */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Experiment } from '../experiment/index.ts';
import { descriptionSchema, type ReadingOptions } from '../files/index.ts';
import type { ImportTaskResult } from './model_importer.ts';

export const fileSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    bytes: z.int(),
    sha256: z.string(),
    created_at: z.iso.datetime(),
    ...descriptionSchema.shape,
  })
  .meta({ id: 'File' });

export type StoredFile = z.output<typeof fileSchema>;

export interface FilePage {
  readonly data: StoredFile[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export interface FileUpload {
  readonly name: string;
  readonly options: ReadingOptions;
}

export type UploadOutcome =
  | { readonly kind: 'stored'; readonly file: StoredFile }
  /** The owner's files together would be too much. */
  | { readonly kind: 'over_quota'; readonly used: number };

/** The parts of an experiment that name files. */
export type FileUse = Pick<Experiment, 'data' | 'training'>;

/** The files of one owner. */
export interface FileService {
  /** @throws FileRefused */
  upload(content: Readable, upload: FileUpload): Promise<UploadOutcome>;
  find(id: string): Promise<StoredFile | null>;
  /** Newest first. Throws `InvalidCursor` for a cursor that this service did not make. */
  list(limit: number, cursor: string | undefined): Promise<FilePage>;
  content(id: string): Promise<Readable | null>;
  remove(id: string): Promise<'removed' | 'not_found' | 'in_use'>;
  /** Makes files usable in this process. @returns those that the owner does not have */
  provide(ids: readonly string[]): Promise<string[]>;
  /** Makes all that an experiment reads usable. @throws FileRefused */
  bring(use: FileUse): Promise<void>;
  /**
   * A model of another framework; nothing of it is kept.
   * @param openSize of axes of the inputs whose size the file leaves open @throws FileRefused where it is too large
   */
  readModel(content: Readable, openSize: number | null): Promise<ImportTaskResult>;
}
