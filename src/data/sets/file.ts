/** @file Data of an uploaded file: a table, arrays, or a folder of images. */
import { z } from 'zod';
import { FILE_ID, fileFacts } from '../../files/index.ts';
import { list } from '../../util/list.ts';
import { defineData } from '../data_set.ts';
import { choiceProblems } from '../file/choice.ts';
import { describeFile, fileSamples } from '../file/samples.ts';
import { selectionProblems } from '../file/selection.ts';

/** Inputs and targets together: 1 GiB as float32. */
const MAX_FILE_NUMBERS = 2 ** 28;

const names = z.union([z.string().max(200), list(z.string().max(200)).min(1).max(4096)]);

export const file = defineData({
  type: 'file',
  title: 'An uploaded file',
  description:
    'Data that were sent to POST /v1/files. Of a table `inputs` and `targets` name columns: inputs are all others unless ' +
    'given (without dates, texts that hardly repeat and columns without a value), a text column becomes one input for each of its texts. Of arrays they name one array each (by default ' +
    'x_train, x, inputs, … and y_train, y, targets, …), samples along the first axis; images with the channels last are turned to ' +
    'channels first. Images take `size`, and are numbers from 0 to 255; their folders are the classes. Targets that are text are ' +
    'classes; whole numbers are classes, in ascending order, where the loss is categorical; one-hot rows likewise.',
  sources: ['POST /v1/files'],
  options: {
    file: z
      .string()
      .regex(
        FILE_ID,
        'must be the id of a file, as POST /v1/files answers it: file_ and 32 hexadecimal digits',
      )
      .describe('Id of the file'),
    inputs: z
      .union([
        names,
        z
          .record(z.string().max(64), names)
          .refine((inputs) => Object.keys(inputs).length > 0, 'at least one input'),
      ])
      .nullable()
      .default(null)
      .describe(
        'Names of columns, or of one array. For a network with several inputs: an object with those of each input, by its name',
      ),
    targets: names
      .nullable()
      .default(null)
      .describe(
        'Names of one or several columns, or of one array. "inputs", if nothing in the file has that name: every sample is its own target (an autoencoder)',
      ),
    target_type: z
      .enum(['auto', 'classes', 'values'])
      .default('auto')
      .describe('How to read the targets; by default as the loss needs them'),
    missing: z
      .enum(['refuse', 'drop', 'mean'])
      .default('refuse')
      .describe(
        'What to do with cells without a value: refuse the file, leave out their rows, or fill in the mean of the column (for text: none of its categories)',
      ),
    size: list(z.int().min(1).max(1024))
      .length(2)
      .nullable()
      .default(null)
      .describe('For images: [height, width]'),
    channels: z
      .union([z.literal(1), z.literal(3)])
      .default(3)
      .describe('For images: 1 is grey, 3 is colour'),
    samples: z
      .int()
      .min(2)
      .nullable()
      .default(null)
      .describe('How many samples to use: the first ones after shuffling; null: all'),
  },
  maxNumbers: MAX_FILE_NUMBERS,
  check(options) {
    const facts = fileFacts(options.file);
    if (facts === null)
      return [
        {
          path: ['file'],
          message: `there is no file ${options.file.slice(0, 100)}`,
          fix: 'upload it with POST /v1/files',
        },
      ];
    const problems = selectionProblems(options, facts);
    if (problems.length > 0) return problems;
    const choice = choiceProblems(options, facts);
    if (choice.length > 0) return choice;
    const { samples } = describeFile({ ...options, samples: null });
    if (samples < 2) return [{ path: ['file'], message: 'fewer than two samples are left' }];
    if (samples >= (options.samples ?? samples)) return [];
    return [
      {
        path: ['samples'],
        message: `the file has ${samples} samples${options.missing === 'drop' ? ' without a missing cell' : ''}`,
        fix: `at most ${samples}, or null for all`,
      },
    ];
  },
  describe: describeFile,
  generate: fileSamples,
});
