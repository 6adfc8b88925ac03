/** @file Puts a file of the user's own into an experiment: uploads it, and names it in `data`. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Client } from '../client/index.ts';
import { streamed } from './calls.ts';
import { ask } from './connection.ts';
import { Refusal } from './program.ts';

export interface DataArguments {
  /** Path of the file. */
  readonly data: string;
  /** Columns or an array, separated by commas. */
  readonly targets: string | undefined;
  readonly inputs: string | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Options that every data set has stay as the experiment says. */
const COMMON = [
  'standardize',
  'standardize_targets',
  'scale',
  'validation_split',
  'shuffle',
  'missing',
  'size',
  'channels',
];

const namesOf = (text: string): string | string[] => {
  const names = text.split(',').map((name) => name.trim());
  return names.length === 1 ? (names[0] as string) : names;
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(`the experiment is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * @param text the experiment, whose `data` may be missing
 * @returns the experiment with the uploaded file as its data
 * @throws Refusal where the service refuses the file
 */
export async function withData(
  text: string,
  { data, targets, inputs }: DataArguments,
  client: Client,
): Promise<string> {
  const experiment = parse(text);
  if (!isObject(experiment)) throw new Refusal('the experiment is no JSON object');
  const file = await ask(
    client.POST('/v1/files', {
      params: { query: { name: basename(data) } },
      ...streamed(createReadStream(data)),
    }),
  );
  console.error(
    `${basename(data)}: ${file.kind}${file.rows === null ? '' : `, ${file.rows} rows`} (${file.id})`,
  );
  const kept = isObject(experiment.data) ? experiment.data : {};
  return JSON.stringify({
    ...experiment,
    data: {
      ...Object.fromEntries(COMMON.filter((key) => key in kept).map((key) => [key, kept[key]])),
      type: 'file',
      file: file.id,
      ...(targets === undefined ? {} : { targets: namesOf(targets) }),
      ...(inputs === undefined ? {} : { inputs: namesOf(inputs) }),
    },
  });
}
