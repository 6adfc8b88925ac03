/** @file The script of a report file: draws what the file carries. Asks nobody for anything. */
import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/base.css';
import './styles/report.css';
import type { Grid, Job, Report, SearchReport } from '../client/index.ts';
import { toggleTheme } from './lib/theme.ts';
import { gridsInFile, type JobData } from './report/data.ts';
import { ReportView } from './report/view.tsx';
import { download, prettyJson } from './ui/parts.tsx';

interface FileData {
  readonly job: Job;
  readonly report: Report | SearchReport;
  readonly grids: readonly Grid[];
}

function start(): void {
  const [element, root] = [document.getElementById('data'), document.getElementById('root')];
  if (element === null || root === null) return;
  const { job, report, grids } = JSON.parse(element.textContent ?? '') as FileData;
  const data: JobData = {
    job,
    report,
    runs: [...new Set(grids.map(({ run }) => run))],
    grid: gridsInFile(grids),
  };
  const save = (what: unknown, name: string) =>
    download(`${job.id}-${name}.json`, prettyJson(what), 'application/json');
  const actions = (
    <>
      <button type="button" class="button small" onClick={() => save(report, 'report')}>
        Download report
      </button>
      <button type="button" class="button small" onClick={() => save(grids, 'series')}>
        Download series
      </button>
    </>
  );
  render(
    <>
      <div class="file-bar">
        <span class="brand">GradClinic</span>
        <span class="muted">report of {job.finished_at?.slice(0, 16).replace('T', ' ') ?? ''} UTC</span>
        <button type="button" class="link" onClick={toggleTheme}>
          Light or dark
        </button>
      </div>
      <main class="page">
        <ReportView data={data} actions={actions} />
      </main>
    </>,
    root,
  );
}

start();
