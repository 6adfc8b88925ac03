/** @file Progression of diabetes (regression), in raw units. */
import { defineTable } from '../table.ts';

export const diabetes = defineTable({
  type: 'diabetes',
  title: 'Diabetes',
  description:
    'Ten measurements of 442 patients → progression of the disease one year later (a score, 25–346). Columns, in raw units: ' +
    'age (years), sex (1 or 2), body mass index (kg/m²), mean arterial pressure (mmHg), total cholesterol, LDL, HDL ' +
    '(mg/dL), total cholesterol / HDL, logarithm of triglycerides, blood glucose (mg/dL).',
  sources: [
    'B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Least angle regression, Annals of Statistics 32, 2004',
  ],
  file: 'diabetes.csv',
  rows: 442,
  inputShape: [10],
  classes: null,
});
