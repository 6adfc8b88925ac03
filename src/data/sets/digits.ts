/** @file Handwritten digits of 8×8 pixels. */
import { defineTable } from '../table.ts';

export const digits = defineTable({
  type: 'digits',
  title: 'Handwritten digits, 8×8',
  description:
    '1797 grey images of 8×8 pixels, each an integer from 0 to 16, row-major → the digit, 0 to 9. Takes any input shape ' +
    'of 64 numbers: [64], [1, 8, 8], or [8, 8] as a sequence of rows.',
  sources: [
    'E. Alpaydin, C. Kaynak, 1998',
    'UCI Machine Learning Repository, Optical Recognition of Handwritten Digits (test part), CC BY 4.0',
  ],
  file: 'digits.csv.gz',
  rows: 1797,
  inputShape: [64],
  inputRange: [0, 16],
  reshapable: true,
  classes: 10,
});
