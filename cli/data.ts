/** @file Puts a file of the user's own into an experiment: uploads it, and names it in `data`. */
import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Client, ServiceError } from './client.ts';

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

/**
 * @param text the experiment, whose `data` may be missing
 * @returns the experiment with the uploaded file as its data
 * @throws ServiceError where the file is not there, or the service refuses it
 */
export async function withData(
  text: string,
  { data, targets, inputs }: DataArguments,
  client: Client,
): Promise<string> {
  const experiment: unknown = JSON.parse(text);
  if (!isObject(experiment)) throw new ServiceError('the experiment is no JSON object');
  if (!existsSync(data)) throw new ServiceError(`there is no file ${data}`);
  const file = await client.upload(basename(data), createReadStream(data));
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
