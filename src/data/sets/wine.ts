/** @file Chemical analysis of wines, unscaled. */
import { defineTable } from '../table.ts';

export const wine = defineTable({
  type: 'wine',
  title: 'Wine',
  description:
    'Thirteen constituents of 178 Italian wines → cultivar: class_0 (59), class_1 (71), class_2 (48). Columns, in raw units: ' +
    'alcohol (% by volume), malic acid, ash, alcalinity of ash, magnesium, total phenols, flavanoids, nonflavanoid ' +
    'phenols, proanthocyanins, color intensity, hue, OD280/OD315 of diluted wines, proline. Their scales differ ' +
    'by more than a thousand (proline 278–1680); the table is sorted by class.',
  sources: [
    'M. Forina et al., PARVUS: an extendible package for data exploration, classification and correlation, 1988',
    'UCI Machine Learning Repository, Wine, CC BY 4.0',
  ],
  file: 'wine.csv',
  rows: 178,
  inputShape: [13],
  classes: 3,
});
