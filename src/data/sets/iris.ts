/** @file Fisher's iris flowers. */
import { defineTable } from '../table.ts';

export const iris = defineTable({
  type: 'iris',
  title: 'Iris',
  description:
    'Sepal length, sepal width, petal length, petal width (cm) of 150 flowers → species: 0 setosa, 1 versicolor, ' +
    '2 virginica, 50 of each; the table is sorted by class.',
  sources: [
    'R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7, 1936',
    'UCI Machine Learning Repository, Iris, CC BY 4.0',
  ],
  file: 'iris.csv',
  rows: 150,
  inputShape: [4],
  classes: 3,
});
