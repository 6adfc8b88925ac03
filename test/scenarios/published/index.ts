/** @file What people could not train, by theme. */
import { further } from './further.ts';
import { later } from './later.ts';
import { latest } from './latest.ts';
import { networks } from './networks.ts';
import { newest } from './newest.ts';
import { outputsOfClasses } from './outputs_of_classes.ts';
import { outputsOfTwoClasses } from './outputs_of_two_classes.ts';
import { outputsOfValues } from './outputs_of_values.ts';
import type { Published } from './parts.ts';
import { rates } from './rates.ts';
import { recent } from './recent.ts';
import { recentTrainings } from './recent_trainings.ts';
import { scales } from './scales.ts';
import { scalesOfTables } from './scales_of_tables.ts';
import { sequences } from './sequences.ts';
import { starts } from './starts.ts';
import { steps } from './steps.ts';
import { tasks } from './tasks.ts';
import { trainings } from './trainings.ts';

export type { Published };
export const published: readonly Published[] = [
  ...outputsOfClasses,
  ...outputsOfTwoClasses,
  ...outputsOfValues,
  ...scales,
  ...scalesOfTables,
  ...rates,
  ...steps,
  ...networks,
  ...trainings,
  ...sequences,
  ...starts,
  ...tasks,
  ...later,
  ...latest,
  ...further,
  ...newest,
  ...recent,
  ...recentTrainings,
];
