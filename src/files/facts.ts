/** @file What is known of a file once it was read. */
import type { FileDescription, ReadingOptions } from './description.ts';
import type { ImageFolder } from './images.ts';
import type { NumberFacts } from './number_facts.ts';

/** What training and checks know beyond the description. */
export interface FileFacts {
  readonly description: FileDescription;
  /** By column or array. */
  readonly numbers: Readonly<Record<string, NumberFacts>>;
  readonly images: ImageFolder['images'] | null;
  /** What the sender stated. */
  readonly options: ReadingOptions;
}
