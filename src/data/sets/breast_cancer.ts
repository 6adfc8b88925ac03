/** @file Breast cancer Wisconsin (diagnostic), unscaled. */
import { defineTable } from '../table.ts';

export const breastCancer = defineTable({
  type: 'breast_cancer',
  title: 'Breast cancer Wisconsin (diagnostic)',
  description:
    'Thirty features of the cell nuclei in 569 images of fine needle aspirates → 0 malignant (212), 1 benign (357). Mean, ' +
    'then standard error, then worst (mean of the three largest) of: radius, texture, perimeter, area, smoothness, ' +
    'compactness, concavity, concave points, symmetry, fractal dimension, in raw units (areas reach 4254).',
  sources: [
    'W. H. Wolberg, W. N. Street, O. L. Mangasarian, 1995',
    'UCI Machine Learning Repository, Breast Cancer Wisconsin (Diagnostic), CC BY 4.0',
  ],
  file: 'breast_cancer.csv',
  rows: 569,
  inputShape: [30],
  classes: 2,
});
