/** @file A finished job, drawn: the same for the page and for the file. */
import type { ComponentChildren } from 'preact';
import { isSearch } from '../../client/index.ts';
import { Change } from './change.tsx';
import { Checks } from './checks.tsx';
import { Curves } from './curves.tsx';
import type { JobData } from './data.ts';
import { Hero } from './hero.tsx';
import { LayersOverTime } from './layers_over_time.tsx';
import { Network } from './network.tsx';
import { Remedies } from './remedies.tsx';
import { SearchView } from './search.tsx';

export function ReportView({ data, actions }: { data: JobData; actions: ComponentChildren }) {
  const { job, report } = data;
  if (report === null) return null;
  if (isSearch(report)) return <SearchView {...{ job, report, actions }} />;
  return (
    <>
      <Hero {...{ job, report, actions }} />
      <Curves {...{ data, report }} />
      <LayersOverTime {...{ data, report }} />
      <Change report={report} />
      <Checks report={report} />
      <Remedies report={report} />
      <Network report={report} />
    </>
  );
}
