/** @file Names for what the OpenAPI document describes; nothing is described a second time. */
import type { components } from './schema.d.ts';

type Schemas = components['schemas'];

export type Job = Schemas['Job'];
export type Report = Schemas['Report'];
export type SearchReport = Schemas['SearchReport'];
export type Check = Schemas['Check'];
export type Problem = Schemas['Problem'];
export type Grid = Schemas['Grid'];
export type GridRow = Grid['rows'][number];
export type Run = Schemas['Runs']['data'][number];
export type JobEvent = Schemas['JobEvent'];
export type Evidence = Check['evidence'][number];
export type Remedy = Report['remedies'][number];
export type Control = Report['controls'][number];
export type Effect = Remedy['verification']['effects'][number];
export type Patch = Remedy['patch'];
export type Recommendation = NonNullable<Report['recommendation']>;
export type LayerRow = Report['baseline']['layers'][number] & { readonly inputs?: readonly string[] };

export const isSearch = (report: Report | SearchReport): report is SearchReport => 'kind' in report;
